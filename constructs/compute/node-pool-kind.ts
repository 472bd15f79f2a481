import type { ContainerNodePoolNodeConfig } from "@cdktf/provider-google/lib/container-node-pool";
import type { Finding } from "../construct-error";
import type { CombinationRule } from "./combination-rule";
import type { NodeNetwork } from "./node-networks";
import type { NodeTaint, PoolRequest } from "./pool-request";

/** What a kind of node pool adds to what any is. */
export interface NodePoolKind {
  readonly request: PoolRequest;

  /** Table of what this kind cannot combine, beside that of all kinds. */
  readonly rules: readonly CombinationRule[];

  /** What is not a matter of combinations. */
  readonly findings?: readonly Finding[];

  /** Name of the extended resource that a pod asks for. */
  readonly acceleratorResource?: string;

  /** Labels that GKE puts on the nodes, beside the pool's name. */
  readonly nodeSelector?: Readonly<Record<string, string>>;

  /** Taints that GKE puts there by itself, of those that Kubernetes does not tolerate by itself. */
  readonly googleTaints?: readonly NodeTaint[];

  /** Nodes that make one slice of TPUs. */
  readonly nodesPerSlice?: number;

  /** How nodes lie to one another: the shape of a slice of several. A compact placement follows from the request. */
  readonly sliceTopology?: string;

  /** Further networks, as many as the request names. */
  readonly networks?: readonly NodeNetwork[];

  readonly nodeConfig?: Partial<ContainerNodePoolNodeConfig>;
}
