import { gkeJobCatalog } from "../catalog/gke-jobs";
import { checkName } from "../catalog/names";
import { checkWhole } from "../catalog/whole-numbers";
import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import { checkVariables } from "./environment-variables";
import { reservedVariables } from "./job-set";
import type { TrainingJobRequest } from "./training-request";

/** Every reason for which a training job would not start, or would lose work. */
export function checkTrainingJob(request: TrainingJobRequest): Finding[] {
  return [
    ...checkName("jobSet", "name", request.name),
    ...(request.ownIdentity ? checkName("serviceAccount", "name", request.name) : []),
    ...checkName("image", "image", request.image),
    ...checkVariables(request.env, reservedVariables),
    ...checkNodes(request),
    ...checkQueue(request),
    ...checkResources(request),
    ...checkCheckpoints(request),
    ...checkGrace(request),
    ...checkDatasets(request),
    ...checkWhole("user", request.user, 0, 2_147_483_647),
    ...checkWhole("maxRestarts", request.maxRestarts, 0, 1_000),
    ...checkWhole("ttlSecondsAfterFinished", request.ttlSecondsAfterFinished, 0, 2_147_483_647),
    ...checkPriority(request),
  ];
}

function checkNodes({ nodes, pool: { nodesPerSlice } }: TrainingJobRequest): Finding[] {
  // The longest name of a pod ends in four digits.
  const findings = checkWhole("nodes", nodes, 1, 9_999);
  if (findings.length > 0 || nodes % nodesPerSlice === 0) return findings;
  const whole = Math.ceil(nodes / nodesPerSlice) * nodesPerSlice;
  const remedy = `use ${whole}: a slice of TPUs has ${nodesPerSlice} nodes, and none starts without the others`;
  return [{ property: "nodes", received: nodes, remedy }];
}

/** Kueue admits what a capacity has the labels of, and holds back all else without a word. */
function checkQueue({ pool, nodes, capacities }: TrainingJobRequest): Finding[] {
  if (capacities === undefined) return [];
  const own = capacities.find(({ pool: { nodeSelector } }) =>
    Object.entries(nodeSelector).every(([label, value]) => pool.nodeSelector[label] === value),
  );
  if (own === undefined) {
    const remedy = `use one of the queue's, ${capacities.map((one) => one.pool.node.path).join(", ")}, or add it to the queue's capacities: the job would wait for ever`;
    return [{ property: "pool", received: pool.node.path, remedy }];
  }
  if (!(nodes > own.nodesMax)) return [];
  const remedy = `use at most ${own.nodesMax}, or raise nodesMax in the queue's capacities: it hands out no more at a time, and the job would wait for ever`;
  return [{ property: "nodes", received: nodes, remedy }];
}

function checkResources({ cpus, memoryGiB, machine }: TrainingJobRequest): Finding[] {
  return [
    ...checkShare("cpus", cpus, machine?.vcpus ?? 10_000),
    ...checkShare("memoryGiB", memoryGiB, machine?.memoryGiB ?? 100_000),
  ];
}

/** GKE keeps a part of each node for itself. */
function checkShare(property: string, received: number | undefined, ofNode: number): Finding[] {
  if (received === undefined)
    return [{ property, received, remedy: "state it: the catalog does not have the pool's machine type" }];
  return checkWhole(property, received, 1, Math.ceil(ofNode) - 1);
}

function checkCheckpoints(request: TrainingJobRequest): Finding[] {
  const { checkpoints, run, checkpointEverySeconds, pool } = request;
  const findings = [
    ...checkName("trainingRun", "run", run),
    ...checkWhole("checkpointEverySeconds", checkpointEverySeconds, 1, 86_400),
  ];
  if (!pool.cluster.features.bucketMounts)
    findings.push({
      property: "pool",
      received: "a cluster that mounts no buckets",
      remedy: "turn on bucket mounts (GCS FUSE) in the cluster: checkpoints are written through them",
    });
  if (checkpoints === undefined)
    return [
      ...findings,
      {
        property: "checkpoints",
        received: checkpoints,
        remedy: "name a CheckpointBucket: without one, a node that is lost takes all work with it",
      },
    ];
  if (`${run}/` === checkpoints.supersededPrefix)
    findings.push({
      property: "run",
      received: run,
      remedy: "use another name: the bucket empties this folder",
    });
  if (checkpoints.node.tryFindChild(`Run ${run}`) !== undefined)
    findings.push({
      property: "run",
      received: run,
      remedy:
        "use another name: another job writes this run's checkpoints, and each would resume from the other's",
    });
  return findings;
}

function checkGrace({ graceSeconds, checkpointEverySeconds, pool }: TrainingJobRequest): Finding[] {
  const { graceSecondsMax, spotGraceSecondsMax } = gkeJobCatalog;
  const findings = checkWhole("graceSeconds", graceSeconds, 0, graceSecondsMax);
  if (findings.length > 0 || !pool.spot || graceSeconds <= spotGraceSecondsMax) return findings;
  const remedy = `use at most ${spotGraceSecondsMax}, which is what pods get when a Spot node is taken away. A checkpoint that takes longer cannot be counted on then: take one more often than every ${checkpointEverySeconds} s, by checkpointEverySeconds, or use nodes that are not Spot`;
  return [{ property: "graceSeconds", received: graceSeconds, remedy }];
}

function checkDatasets({ datasets, datasetCacheGiB }: TrainingJobRequest): Finding[] {
  const findings = datasets.flatMap((folder) =>
    checkName("kubernetesNamespace", `datasets.${folder}`, folder),
  );
  if (datasetCacheGiB === undefined) return findings;
  findings.push(...checkWhole("datasetCacheGiB", datasetCacheGiB, 1, 100_000));
  if (datasets.length === 0)
    findings.push({
      property: "datasetCacheGiB",
      received: datasetCacheGiB,
      remedy: "leave it out: there are no datasets to keep",
    });
  return findings;
}

function checkPriority({ priority, priorities }: TrainingJobRequest): Finding[] {
  if (priority === undefined || priorities.includes(priority)) return [];
  const remedy = `${didYouMean(priority, priorities)}Use one of the queue's, ${priorities.join(", ")}`;
  return [{ property: "priority", received: priority, remedy }];
}
