import { checkpointEnvironment, checkpointVariables } from "../../trainer/src/checkpoint-config";
import { exitCodes } from "../../trainer/src/exit-codes";
import { gkeJobCatalog } from "../catalog/gke-jobs";
import type { Toleration } from "../compute/node-pool";
import type { KubernetesObject } from "../kubernetes/kubernetes-object";
import type { CheckpointBucket } from "../storage/checkpoint-bucket";
import type { ITrainingCapacity } from "./training-capacity";

/** What a job's JobSet is made from. */
export interface JobSetSettings {
  readonly name: string;
  readonly namespace: string;
  readonly queueName: string;
  readonly priority: string;
  readonly pool: ITrainingCapacity;
  readonly nodes: number;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cpus: number;
  readonly memoryGiB: number;
  readonly checkpointBucket: CheckpointBucket;
  readonly run: string;
  readonly checkpointEverySeconds: number;
  readonly graceSeconds: number;
  readonly datasets: readonly { readonly folder: string; readonly bucketName: string }[];
  readonly datasetCacheGiB?: number;
  readonly user: number;
  readonly writableRoot: boolean;
  readonly maxRestarts: number;
  readonly ttlSecondsAfterFinished: number;
}

/** Name of the one kind of pods that a job has, and of the container in each. */
const WORKER = "worker";
const TRAINER = "trainer";

const COORDINATOR_PORT = 29_500;
const CHECKPOINTS = "/checkpoints";
const DATASETS = "/datasets";

/** Variables that a job sets, and nobody else. */
export const reservedVariables: readonly string[] = [
  ...Object.values(checkpointVariables),
  "HOME",
  "JOB_COMPLETION_INDEX",
  "MASTER_ADDR",
  "MASTER_PORT",
  "NNODES",
  "SLICE",
];

/**
 * What follows when a pod has failed. Both rules come by way of the Job's policy for pods, which tells them apart by its
 * message alone. A failure that neither knows is an error of the job's own, and counts: should the message ever change, no
 * job restarts for ever.
 */
const failureRules = [
  {
    // A restart would be refused again.
    name: "refused",
    action: "FailJobSet",
    onJobFailureReasons: ["PodFailurePolicy"],
    onJobFailureMessagePatterns: [`failed with exit code ${exitCodes.refused} matching`],
  },
  {
    name: "preempted",
    action: "RestartJobSetAndIgnoreMaxRestarts",
    onJobFailureReasons: ["PodFailurePolicy"],
    onJobFailureMessagePatterns: [
      "has condition DisruptionTarget matching",
      `failed with exit code ${exitCodes.preempted} matching`,
    ],
  },
] as const;

/**
 * A job's pods, one for each node, as Kueue admits them and JobSet keeps them together: an indexed Job for each slice of
 * TPUs, and one Job of anything else.
 */
export function jobSet(settings: JobSetSettings): KubernetesObject {
  const { name, namespace, pool, nodes, maxRestarts, ttlSecondsAfterFinished } = settings;
  const jobs = pool.nodesPerSlice > 1 ? nodes / pool.nodesPerSlice : 1;
  const pods = nodes / jobs;
  return {
    apiVersion: "jobset.x-k8s.io/v1alpha2",
    kind: "JobSet",
    metadata: {
      name,
      namespace,
      labels: {
        [gkeJobCatalog.queueLabel]: settings.queueName,
        [gkeJobCatalog.priorityLabel]: settings.priority,
      },
      // Two slices in one node pool would be of no use to each other, nor to the network between their chips.
      annotations:
        pool.nodesPerSlice > 1
          ? { [gkeJobCatalog.exclusiveTopologyAnnotation]: gkeJobCatalog.nodePoolLabel }
          : undefined,
    },
    spec: {
      // Kueue starts it.
      suspend: true,
      ttlSecondsAfterFinished,
      coordinator: { replicatedJob: WORKER, jobIndex: 0, podIndex: 0 },
      network: { enableDNSHostnames: true, publishNotReadyAddresses: true },
      successPolicy: { operator: "All" },
      failurePolicy: {
        maxRestarts,
        // No pod of the next attempt starts while one of the last may still write a checkpoint.
        restartStrategy: "BlockingRecreate",
        rules: failureRules,
      },
      replicatedJobs: [
        {
          name: WORKER,
          replicas: jobs,
          template: {
            spec: {
              parallelism: pods,
              completions: pods,
              completionMode: "Indexed",
              // A pod that fails takes the others with it: alone, they wait for it for ever.
              backoffLimit: 0,
              podReplacementPolicy: "Failed",
              podFailurePolicy: {
                rules: [
                  {
                    action: "FailJob",
                    onPodConditions: [{ type: "DisruptionTarget", status: "True" }],
                  },
                  {
                    action: "FailJob",
                    onExitCodes: {
                      containerName: TRAINER,
                      operator: "In",
                      values: [exitCodes.refused, exitCodes.preempted],
                    },
                  },
                ],
              },
              template: podTemplate(settings),
            },
          },
        },
      ],
    },
  };
}

function podTemplate(settings: JobSetSettings) {
  const { pool, user, graceSeconds, datasetCacheGiB } = settings;
  const { bucketMount } = gkeJobCatalog;
  return {
    metadata: {
      annotations: {
        [bucketMount.enabledAnnotation]: "true",
        // What mounts the buckets takes what it needs of what the pod leaves.
        [bucketMount.cpuLimitAnnotation]: "0",
        [bucketMount.memoryLimitAnnotation]: "0",
        // What is written waits there until it is whole, and what was read stays.
        [bucketMount.diskLimitAnnotation]: "0",
        // To empty a node that is not full is not worth starting again.
        [gkeJobCatalog.safeToEvictAnnotation]: "false",
      },
    },
    spec: {
      serviceAccountName: settings.name,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      restartPolicy: "Never",
      terminationGracePeriodSeconds: graceSeconds,
      nodeSelector: { ...pool.nodeSelector },
      tolerations: pool.tolerations.map((toleration: Toleration) => ({ ...toleration })),
      securityContext: {
        runAsUser: user,
        runAsGroup: user,
        fsGroup: user,
        runAsNonRoot: user !== 0,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [container(settings)],
      volumes: [
        bucketVolume("checkpoints", settings.checkpointBucket.bucketName, user, [
          // Each pod sees what others have written, and whose the folder is, at once and not after a minute.
          "metadata-cache:ttl-secs:0",
          "metadata-cache:negative-ttl-secs:0",
        ]),
        ...settings.datasets.map(({ folder, bucketName }) =>
          bucketVolume(`dataset-${folder}`, bucketName, user, [
            // Objects whose names have folders in them, in buckets that know none.
            "implicit-dirs",
            // What a job reads does not change while it reads.
            "metadata-cache:ttl-secs:-1",
            ...(datasetCacheGiB === undefined
              ? []
              : [
                  `file-cache:max-size-mb:${Math.floor((datasetCacheGiB * 1_024) / settings.datasets.length)}`,
                  "file-cache:enable-parallel-downloads:true",
                ]),
          ]),
        ),
        {
          name: "shared-memory",
          emptyDir: { medium: "Memory", sizeLimit: `${Math.max(1, Math.floor(settings.memoryGiB / 2))}Gi` },
        },
        { name: "tmp", emptyDir: {} },
      ],
    },
  };
}

function container(settings: JobSetSettings) {
  const { pool, cpus, memoryGiB } = settings;
  const accelerators =
    pool.accelerator === undefined || pool.acceleratorResource === undefined
      ? {}
      : { [pool.acceleratorResource]: String(pool.accelerator.count) };
  return {
    name: TRAINER,
    image: settings.image,
    command: settings.command,
    args: settings.args,
    env: environment(settings),
    ports: [{ name: "coordinator", containerPort: COORDINATOR_PORT }],
    resources: {
      requests: { cpu: String(cpus), memory: `${memoryGiB}Gi`, ...accelerators },
      limits: { memory: `${memoryGiB}Gi`, ...accelerators },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: !settings.writableRoot,
    },
    volumeMounts: [
      { name: "checkpoints", mountPath: CHECKPOINTS },
      ...settings.datasets.map(({ folder }) => ({
        name: `dataset-${folder}`,
        mountPath: `${DATASETS}/${folder}`,
        readOnly: true,
      })),
      { name: "shared-memory", mountPath: "/dev/shm" },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}

/** What the trainer knows of its checkpoints, and each pod of the others. */
function environment(settings: JobSetSettings) {
  const { name, nodes, run, checkpointBucket, checkpointEverySeconds, graceSeconds } = settings;
  const stated = {
    // Where a library writes that asks nobody.
    HOME: "/tmp",
    ...settings.env,
    ...checkpointEnvironment({
      uri: `file://${CHECKPOINTS}/${run}`,
      supersededUri: `file://${CHECKPOINTS}/${checkpointBucket.supersededPrefix.replace(/\/$/, "")}`,
      keepLast: checkpointBucket.keepLast,
      everySeconds: checkpointEverySeconds,
      graceSeconds,
    }),
    MASTER_ADDR: `${name}-${WORKER}-0-0.${name}`,
    MASTER_PORT: String(COORDINATOR_PORT),
    NNODES: String(nodes),
  };
  return [
    ...Object.entries(stated).map(([variable, value]) => ({ name: variable, value })),
    // The pod's own index in its slice is JOB_COMPLETION_INDEX, which Kubernetes sets.
    {
      name: "SLICE",
      valueFrom: { fieldRef: { fieldPath: "metadata.labels['jobset.sigs.k8s.io/job-index']" } },
    },
  ];
}

function bucketVolume(name: string, bucketName: string, user: number, options: readonly string[]) {
  const readOnly = name !== "checkpoints";
  return {
    name,
    csi: {
      driver: gkeJobCatalog.bucketMount.driver,
      readOnly,
      volumeAttributes: {
        bucketName,
        mountOptions: [`uid=${user}`, `gid=${user}`, ...options].join(","),
      },
    },
  };
}
