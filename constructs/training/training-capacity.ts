import type { IConstruct } from "constructs";
import type { INodePool } from "../compute/node-pool";
import type { CheckpointBucket } from "../storage/checkpoint-bucket";

/** Nodes that training jobs run on: those of a node pool, or those that a `CapacityFallback` finds. */
export interface ITrainingCapacity
  extends IConstruct,
    Pick<
      INodePool,
      | "cluster"
      | "machineType"
      | "spot"
      | "accelerator"
      | "acceleratorResource"
      | "nodesPerSlice"
      | "tpuTopology"
      | "nodeSelector"
      | "tolerations"
      | "resource"
    > {}

/** Nodes that come with the bucket that their jobs keep checkpoints in, as those of a `SpotTrainingPool` do. */
export interface ICheckpointedCapacity extends ITrainingCapacity {
  readonly checkpoints: CheckpointBucket;
}
