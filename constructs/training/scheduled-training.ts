import { CloudSchedulerJob } from "@cdktf/provider-google/lib/cloud-scheduler-job";
import { Fn, TerraformLocal } from "cdktf";
import { Construct } from "constructs";
import { checkpointEnvironment } from "../../trainer/src/checkpoint-config";
import { isHyperdiskOnly } from "../catalog/boot-disks";
import { type AcceleratorCount, machineType } from "../catalog/machine-types";
import { vertexTrainingCatalog } from "../catalog/vertex-training";
import { ConstructError } from "../construct-error";
import { jsonText } from "../kubernetes/json-text";
import type { IAlertChannel } from "../observability/alert-channel";
import { LogAlert } from "../observability/log-alert";
import type { IEncryptionKey } from "../security/encryption-key";
import { ServiceAgent } from "../security/service-agent";
import { type IWorkloadIdentity, WorkloadIdentity } from "../security/workload-identity";
import { checkWorkload, type HardwareRequest } from "../sizing/hardware-request";
import { warnOfWorkload } from "../sizing/hardware-warnings";
import type { IEncryptedBucket } from "../storage/bucket";
import type { CheckpointBucket } from "../storage/checkpoint-bucket";
import { checkScheduledTraining } from "./scheduled-training-checks";

/** How Vertex AI comes by machines. */
export type VertexCapacity = "standard" | "spot" | "flex-start";

export interface ScheduledTrainingProps {
  /** Name of the schedule, of its jobs and of the account that they run as: 6 to 25 characters. */
  readonly name: string;

  /** Project that the jobs run in. */
  readonly project: string;

  /** Key that Vertex AI encrypts the jobs' disks with. They run where it lies. */
  readonly key: IEncryptionKey;

  /** When a job starts, in the form of cron: `0 3 * * *` for every day at three. */
  readonly schedule: string;

  /**
   * Time zone that the schedule is meant in.
   *
   * @default "Etc/UTC"
   */
  readonly timeZone?: string;

  /** Image of the trainer, with tag or digest, that Vertex AI can pull. */
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
   * Environment variables, beside those of checkpoints.
   *
   * @default - no others
   */
  readonly env?: Readonly<Record<string, string>>;

  /** Machine of each node. */
  readonly machineType: string;

  /**
   * GPUs of each node, for machines that GPUs can be added to.
   *
   * @default - those that come with the machine
   */
  readonly accelerator?: AcceleratorCount;

  /**
   * Nodes of a job.
   *
   * @default 1
   */
  readonly nodes?: number;

  /**
   * Disk of each node.
   *
   * @default 100
   */
  readonly bootDiskGiB?: number;

  /** Bucket of the jobs' checkpoints. */
  readonly checkpoints: CheckpointBucket;

  /**
   * Time between two checkpoints: the most work that is lost with a node.
   *
   * @default 600
   */
  readonly checkpointEverySeconds?: number;

  /**
   * Buckets that the jobs read. Vertex AI mounts each at `/gcs/BUCKET`.
   *
   * @default - none
   */
  readonly datasets?: readonly IEncryptedBucket[];

  /**
   * Buckets that the jobs write what they have trained to, at `/gcs/BUCKET`.
   *
   * @default - none
   */
  readonly models?: readonly IEncryptedBucket[];

  /**
   * What the jobs run as.
   *
   * @default - an account of their own, which can write checkpoints and models and read datasets
   */
  readonly identity?: IWorkloadIdentity;

  /**
   * How machines are had: at once or not at all, as Spot ones, or as soon as all of them are free.
   *
   * @default "standard"
   */
  readonly capacity?: VertexCapacity;

  /**
   * Longest time that a job may run.
   *
   * @default 24
   */
  readonly timeoutHours?: number;

  /**
   * Longest time that a job waits for Spot or flex-start machines.
   *
   * @default 24
   */
  readonly waitHours?: number;

  /**
   * Whether the schedule rests.
   *
   * @default false
   */
  readonly paused?: boolean;

  /**
   * Who is told when a job could not be started.
   *
   * @default - nobody: the incident shows in the console alone
   */
  readonly alertTo?: readonly IAlertChannel[];

  /**
   * What is trained. Where the rules that `recommendHardware` goes by speak against the hardware, synth warns.
   *
   * @default - nothing is judged
   */
  readonly workload?: HardwareRequest;
}

const strategies: Readonly<Record<VertexCapacity, string>> = {
  standard: "STANDARD",
  spot: "SPOT",
  "flex-start": "FLEX_START",
};

/**
 * Training on Vertex AI, again and again: Cloud Scheduler asks for a custom job each time. Each job has a folder of
 * checkpoints of its own, from which it goes on where Vertex AI starts it again, and which the next job does not touch.
 */
export class ScheduledTraining extends Construct {
  readonly identity: IWorkloadIdentity;

  /** What asks for jobs: it can do that, and have them run as `identity`. */
  readonly scheduler: WorkloadIdentity;

  constructor(scope: Construct, id: string, props: ScheduledTrainingProps) {
    super(scope, id);
    const { name, project, key, schedule, checkpoints, datasets = [], models = [], env = {} } = props;
    const { timeZone = "Etc/UTC", nodes = 1, bootDiskGiB = 100, checkpointEverySeconds = 600 } = props;
    const { capacity = "standard", timeoutHours = 24, waitHours = 24, paused = false } = props;
    const accelerator = props.accelerator ?? machineType(props.machineType)?.attached;
    ConstructError.throwIfAny(this, [
      ...checkScheduledTraining({
        name,
        project,
        schedule,
        timeZone,
        image: props.image,
        env,
        machineType: props.machineType,
        accelerator,
        nodes,
        bootDiskGiB,
        checkpointEverySeconds,
        capacity,
        timeoutHours,
        waitHours,
        statesWait: props.waitHours !== undefined,
      }),
      ...checkWorkload("workload", props.workload),
    ]);
    warnOfWorkload(this, props.workload, {
      machineType: props.machineType,
      accelerators: accelerator,
      machines: nodes,
    });

    this.identity =
      props.identity ?? new WorkloadIdentity(this, "Identity", { name, description: `Trains ${name}` });
    this.scheduler = new WorkloadIdentity(this, "Scheduler", {
      name: `${name}-cron`,
      description: `Starts the training of ${name}`,
    });
    const pool = (replicaCount: number) => ({
      machineSpec: {
        machineType: props.machineType,
        ...(accelerator && {
          acceleratorType: vertexTrainingCatalog.acceleratorTypes[accelerator.accelerator],
          acceleratorCount: accelerator.count,
        }),
      },
      replicaCount: String(replicaCount),
      diskSpec: {
        bootDiskType: isHyperdiskOnly(props.machineType) ? "hyperdisk-balanced" : "pd-ssd",
        bootDiskSizeGb: bootDiskGiB,
      },
      containerSpec: {
        imageUri: props.image,
        command: props.command,
        args: props.args,
        env: Object.entries({
          ...env,
          // Vertex AI fills in the number of each job, and mounts buckets of which the account can read.
          ...checkpointEnvironment({
            uri: `file:///gcs/${checkpoints.bucketName}/${name}/$(CLOUD_ML_JOB_ID)`,
            supersededUri: `file:///gcs/${checkpoints.bucketName}/${checkpoints.supersededPrefix.replace(/\/$/, "")}`,
            keepLast: checkpoints.keepLast,
            everySeconds: checkpointEverySeconds,
          }),
        }).map(([variable, value]) => ({ name: variable, value })),
      },
    });
    const job = new TerraformLocal(
      this,
      "Job",
      jsonText({
        displayName: name,
        jobSpec: {
          workerPoolSpecs: nodes === 1 ? [pool(1)] : [pool(1), pool(nodes - 1)],
          serviceAccount: this.identity.email,
          scheduling: {
            strategy: strategies[capacity],
            timeout: `${timeoutHours * 3_600}s`,
            restartJobOnWorkerRestart: true,
            maxWaitDuration: capacity === "standard" ? undefined : `${waitHours * 3_600}s`,
          },
        },
        labels: { schedule: name },
        encryptionSpec: { kmsKeyName: key.keyIdFor(ServiceAgent.VERTEX_AI) },
      }),
    );
    new CloudSchedulerJob(this, "Resource", {
      name,
      region: key.location,
      description: `Trains ${name} on Vertex AI`,
      schedule,
      timeZone,
      paused,
      attemptDeadline: "180s",
      // To ask twice for what was made is to train twice: an answer has three minutes to come.
      retryConfig: {
        retryCount: 3,
        minBackoffDuration: "60s",
        maxBackoffDuration: "600s",
        maxDoublings: 3,
      },
      httpTarget: {
        httpMethod: "POST",
        uri: `https://${key.location}-aiplatform.googleapis.com/v1/projects/${project}/locations/${key.location}/customJobs`,
        headers: { "Content-Type": "application/json" },
        body: Fn.base64encode(job.asString),
        oauthToken: {
          serviceAccountEmail: this.scheduler.email,
          scope: "https://www.googleapis.com/auth/cloud-platform",
        },
      },
      dependsOn: [
        this.scheduler.grantProjectRole("roles/aiplatform.user"),
        this.identity.grantActAs(this.scheduler),
        checkpoints.grantWrite(this.identity),
        ...datasets.map((bucket) => bucket.grantRead(this.identity)),
        ...models.map((bucket) => bucket.grantWrite(this.identity)),
      ],
    });

    new LogAlert(this, "NotStarted", {
      project,
      title: `The training of ${name} was not started`,
      filter: `resource.type="cloud_scheduler_job" resource.labels.job_id="${name}" severity>=ERROR`,
      severity: "ERROR",
      documentation:
        "Vertex AI refused the job, or did not answer. The entry in Cloud Scheduler's log says why: a quota of GPUs, a permission, an image. Start it by hand once that is repaired: `gcloud scheduler jobs run`.",
      alertTo: props.alertTo,
    });
  }
}
