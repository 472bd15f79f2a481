import type { ITerraformDependable } from "cdktf";
import type { IConstruct } from "constructs";
import type { AcceleratorCount } from "../catalog/machine-types";
import type { ICluster } from "./cluster";
import type { NodeTaint } from "./pool-request";

/** What a pod carries to be let onto a tainted node. */
export interface Toleration {
  readonly key: string;
  readonly operator: "Exists" | "Equal";
  readonly value?: string;
  readonly effect?: NodeTaint["effect"];
}

/** A node pool, as jobs and endpoints that run in it refer to it. */
export interface INodePool extends IConstruct {
  readonly cluster: ICluster;
  readonly poolName: string;
  readonly machineType: string;
  readonly zones: readonly string[];
  readonly spot: boolean;

  /** Accelerators of one node, where it has any: what a pod that takes a whole node asks for. */
  readonly accelerator?: AcceleratorCount;

  /** Nodes that make one slice of TPUs; 1 for anything else. */
  readonly nodesPerSlice: number;

  /** Shape of the slice, where the pool is one of TPUs. */
  readonly tpuTopology?: string;

  /** Name of the extended resource that a pod asks for: `nvidia.com/gpu`, `google.com/tpu`. */
  readonly acceleratorResource?: string;

  /** What a pod's `nodeSelector` states to run in this pool. */
  readonly nodeSelector: Readonly<Record<string, string>>;

  /** What a pod has to tolerate to run in this pool, where Kubernetes does not add it by itself. */
  readonly tolerations: readonly Toleration[];

  /** To wait for. */
  readonly resource: ITerraformDependable;
}
