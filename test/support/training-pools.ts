import { TerraformResource, type TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { CheckpointBucket, EncryptionKey } from "../../constructs";
import type { ClusterFeatures, ICluster } from "../../constructs/compute/cluster";
import type { INodePool } from "../../constructs/compute/node-pool";
import type { ITrainingQueue } from "../../constructs/training/training-queue";
import { someCluster } from "./cluster";

class StandInPool extends Construct implements INodePool {
  readonly poolName: string;
  readonly machineType = "g2-standard-8";
  readonly zones: readonly string[];
  readonly spot = false;
  readonly accelerator: INodePool["accelerator"] = { accelerator: "nvidia-l4", count: 1 };
  readonly acceleratorResource: string | undefined = "nvidia.com/gpu";
  readonly nodesPerSlice: number = 1;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: INodePool["tolerations"] = [];
  readonly resource: TerraformResource;

  constructor(
    readonly cluster: ICluster,
    id: string,
  ) {
    super(cluster as unknown as Construct, id);
    this.poolName = id.toLowerCase();
    this.zones = cluster.zones;
    this.nodeSelector = { "cloud.google.com/gke-nodepool": this.poolName };
    this.resource = new TerraformResource(this, "Resource", {
      terraformResourceType: "google_container_node_pool_stand_in",
    });
  }
}

/** A node pool of one L4 on each node, without being one, and with what is chosen of it. */
export function somePool<Choices extends Partial<INodePool>>(
  cluster: ICluster,
  choices?: Choices,
  id = "L4",
): INodePool & Choices {
  return Object.assign(new StandInPool(cluster, id), choices);
}

/** A slice of four machines of TPU v5e. */
export const tpuSlice = {
  machineType: "ct5lp-hightpu-4t",
  accelerator: { accelerator: "tpu-v5-lite-podslice", count: 4 },
  acceleratorResource: "google.com/tpu",
  nodesPerSlice: 4,
  tpuTopology: "4x4",
} as const satisfies Partial<INodePool>;

/** What a job needs beside itself. */
export function trainingGround(stack: TerraformStack, features: Partial<ClusterFeatures> = {}) {
  const cluster = someCluster(stack, { features });
  const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
  const checkpoints = new CheckpointBucket(stack, "Checkpoints", { name: "some-project-checkpoints", key });
  const queue: ITrainingQueue = {
    queueName: "training",
    namespace: "training",
    priorities: ["research", "production"],
    resource: new TerraformResource(stack, "Queue", { terraformResourceType: "helm_release_stand_in" }),
  };
  return { cluster, key, checkpoints, queue };
}
