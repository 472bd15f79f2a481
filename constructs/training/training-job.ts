import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { machineType } from "../catalog/machine-types";
import { ConstructError } from "../construct-error";
import { RenderedChart } from "../kubernetes/rendered-chart";
import { type IWorkloadIdentity, WorkloadIdentity } from "../security/workload-identity";
import { checkWorkload, type HardwareRequest } from "../sizing/hardware-request";
import { warnOfWorkload } from "../sizing/hardware-warnings";
import type { IEncryptedBucket } from "../storage/bucket";
import type { CheckpointBucket } from "../storage/checkpoint-bucket";
import { jobSet } from "./job-set";
import type { ICheckpointedCapacity, ITrainingCapacity } from "./training-capacity";
import { checkTrainingJob } from "./training-job-checks";
import type { ITrainingQueue } from "./training-queue";
import { graceSecondsOf } from "./training-request";

export interface TrainingJobSettings {
  /**
   * Name of the job, of its release and of its accounts: 6 to 30 characters, or up to 40 where the job is given an
   * `identity`.
   */
  readonly name: string;

  /** Where the job waits for nodes: of a `TrainingQueues`. */
  readonly queue: ITrainingQueue;

  /**
   * How important the job is, as one of its queue's priorities. What is less important makes way, with a checkpoint.
   *
   * @default - the queue's lowest
   */
  readonly priority?: string;

  /** Image of the trainer, with tag or digest. The nodes pull it, as what they run as. */
  readonly image: string;

  /**
   * What to run in place of what the image runs.
   *
   * @default - the image's own
   */
  readonly command?: readonly string[];

  /**
   * Arguments.
   *
   * @default - the image's own
   */
  readonly args?: readonly string[];

  /**
   * Environment variables, beside those of checkpoints and of the job's pods.
   *
   * @default - no others
   */
  readonly env?: Readonly<Record<string, string>>;

  /**
   * Nodes that it runs on, with one pod each: of TPUs a multiple of what makes a slice.
   *
   * @default - a slice of TPUs, and one node of anything else
   */
  readonly nodes?: number;

  /**
   * Processors that a pod asks for.
   *
   * @default - three quarters of the node's; the rest is the node's own and of what mounts buckets
   */
  readonly cpus?: number;

  /**
   * Memory that a pod asks for, and is limited to. Up to half of it can be shared between its processes, in `/dev/shm`.
   *
   * @default - three quarters of the node's
   */
  readonly memoryGiB?: number;

  /**
   * Folder of the bucket that the run's checkpoints lie in. A job of another name with the same run goes on where the
   * former stopped.
   *
   * @default - the job's name
   */
  readonly run?: string;

  /**
   * Time between two checkpoints: the most work that is lost with a node.
   *
   * @default 600
   */
  readonly checkpointEverySeconds?: number;

  /**
   * Time that a pod has for a last checkpoint once it has to go. A Spot node gives its pods 15 seconds, whatever they
   * ask for.
   *
   * @default - 15 on Spot nodes, 120 on others
   */
  readonly graceSeconds?: number;

  /**
   * Buckets that the job reads, by the folder of `/datasets` that each is mounted at.
   *
   * @default - none
   */
  readonly datasets?: Readonly<Record<string, IEncryptedBucket>>;

  /**
   * Disk of each node that keeps what was read of datasets, for the next epoch.
   *
   * @default - nothing is kept, and each epoch reads the buckets
   */
  readonly datasetCacheGiB?: number;

  /**
   * What the job runs as.
   *
   * @default - an account of its own, which can write its checkpoints and read its datasets
   */
  readonly identity?: IWorkloadIdentity;

  /**
   * User that the pods run as, and to whom the mounted buckets belong. 0, root, is for images that cannot do with less:
   * without any of root's capabilities even so.
   *
   * @default 1000
   */
  readonly user?: number;

  /**
   * Whether the container's own file system can be written. `/tmp` can in any case.
   *
   * @default false
   */
  readonly writableRoot?: boolean;

  /**
   * Times that the job starts again after an error of its own. A node that was taken away counts as none.
   *
   * @default 3
   */
  readonly maxRestarts?: number;

  /**
   * Time after which a job that ended is deleted with its pods. Their logs stay in Cloud Logging.
   *
   * @default 86400
   */
  readonly ttlSecondsAfterFinished?: number;

  /**
   * What is trained. Where the rules that `recommendHardware` goes by speak against the hardware, synth warns.
   *
   * @default - nothing is judged
   */
  readonly workload?: HardwareRequest;
}

/**
 * A job has checkpoints: those of the nodes' own bucket, as a `SpotTrainingPool` has one, or of one that is stated.
 */
export type TrainingJobProps = TrainingJobSettings &
  (
    | {
        /** Nodes that it runs on. */
        readonly pool: ICheckpointedCapacity;

        /**
         * Bucket of its checkpoints.
         *
         * @default - the pool's own
         */
        readonly checkpoints?: CheckpointBucket;
      }
    | {
        /** Nodes that it runs on. */
        readonly pool: ITrainingCapacity;

        /** Bucket of its checkpoints. */
        readonly checkpoints: CheckpointBucket;
      }
  );

/**
 * A training job that survives the loss of its nodes. All of its pods start together or none does, and all start again
 * when one of them goes: from the last checkpoint, in a bucket that is mounted into them.
 */
export class TrainingJob extends Construct {
  readonly identity: IWorkloadIdentity;

  /** Bucket that the checkpoints lie in, below the folder of the run. */
  readonly checkpoints: CheckpointBucket;

  readonly run: string;

  /** To wait for. That the job was accepted, and not that it has ended. */
  readonly resource: ITerraformDependable;

  constructor(scope: Construct, id: string, props: TrainingJobProps) {
    super(scope, id);
    const { pool, queue, name, datasets = {} } = props;
    const { nodes = pool.nodesPerSlice, run = name, checkpointEverySeconds = 600 } = props;
    const { maxRestarts = 3, ttlSecondsAfterFinished = 86_400, user = 1_000, env = {} } = props;
    const graceSeconds = props.graceSeconds ?? graceSecondsOf(pool.spot);
    const machine = machineType(pool.machineType);
    const checkpoints = props.checkpoints ?? ("checkpoints" in pool ? pool.checkpoints : undefined);
    const cpus = props.cpus ?? (machine && Math.floor(machine.vcpus * 0.75));
    const memoryGiB = props.memoryGiB ?? (machine && Math.floor(machine.memoryGiB * 0.75));
    const request = {
      name,
      ownIdentity: props.identity === undefined,
      image: props.image,
      env,
      nodes,
      pool,
      checkpoints,
      run,
      checkpointEverySeconds,
      graceSeconds,
      datasets: Object.keys(datasets),
      datasetCacheGiB: props.datasetCacheGiB,
      machine,
      cpus,
      memoryGiB,
      user,
      maxRestarts,
      ttlSecondsAfterFinished,
      priority: props.priority,
      priorities: queue.priorities,
      capacities: queue.capacities,
    };
    ConstructError.throwIfAny(this, [
      ...checkTrainingJob(request),
      ...checkWorkload("workload", props.workload),
    ]);
    if (checkpoints === undefined || cpus === undefined || memoryGiB === undefined)
      throw new Error("what is missing has a finding");
    warnOfWorkload(this, props.workload, {
      machineType: pool.machineType,
      accelerators: pool.accelerator,
      machines: nodes,
    });
    this.checkpoints = checkpoints;
    this.run = run;
    // Another job of the run, whose checkpoints would be taken for this one's, finds this name taken.
    new Construct(checkpoints, `Run ${run}`);

    this.identity =
      props.identity ?? new WorkloadIdentity(this, "Identity", { name, description: `Trains ${run}` });
    const { namespace } = queue;
    const grants = [
      checkpoints.grantWrite(this.identity),
      ...Object.values(datasets).map((bucket) => bucket.grantRead(this.identity)),
      this.identity.bindKubernetes({
        namespace,
        serviceAccount: name,
        workloadPool: pool.cluster.workloadPool,
      }),
    ];
    const chart = new RenderedChart(this, "Chart", {
      cluster: pool.cluster,
      release: name,
      namespace,
      objects: [
        {
          apiVersion: "v1",
          kind: "ServiceAccount",
          metadata: { name, namespace, annotations: this.identity.kubernetesAnnotations },
          // A pod's identity is Google's: it has nothing to say to Kubernetes.
          automountServiceAccountToken: false,
        },
        jobSet({
          name,
          namespace,
          queueName: queue.queueName,
          priority: props.priority ?? queue.priorities[0],
          pool,
          nodes,
          image: props.image,
          command: props.command,
          args: props.args,
          env,
          cpus,
          memoryGiB,
          checkpointBucket: checkpoints,
          run,
          checkpointEverySeconds,
          graceSeconds,
          datasets: Object.entries(datasets).map(([folder, { bucketName }]) => ({ folder, bucketName })),
          datasetCacheGiB: props.datasetCacheGiB,
          user,
          writableRoot: props.writableRoot ?? false,
          maxRestarts,
          ttlSecondsAfterFinished,
        }),
      ],
      // A job that runs cannot be changed. One that is replaced has its grace, and goes on from its checkpoint.
      replacedOnChange: true,
      timeoutSeconds: 300 + graceSeconds,
      waitFor: [pool.resource, queue.resource, ...grants],
    });
    this.resource = chart.resource;
  }
}
