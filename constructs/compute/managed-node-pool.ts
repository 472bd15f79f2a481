import { ContainerNodePool } from "@cdktf/provider-google/lib/container-node-pool";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { AcceleratorCount } from "../catalog/machine-types";
import { checkName } from "../catalog/names";
import { ConstructError } from "../construct-error";
import { waitable } from "../kubernetes/same-stack";
import { checkWorkload } from "../sizing/hardware-request";
import { isTraining } from "../sizing/hardware-rules";
import { warnOfWorkload } from "../sizing/hardware-warnings";
import type { ICluster } from "./cluster";
import { checkCombinations } from "./combination-rule";
import { checkNodeNetworks } from "./node-networks";
import type { INodePool, Toleration } from "./node-pool";
import { nodePoolArguments } from "./node-pool-arguments";
import type { NodePoolKind } from "./node-pool-kind";
import type { NodePoolProps } from "./node-pool-props";
import { checkPoolName, keepPoolName } from "./pool-names";
import type { PoolRequest } from "./pool-request";
import { poolRules } from "./pool-rules";

/** Writes a node's logs and metrics. */
const NODE_ROLE = "roles/container.defaultNodeServiceAccount";

/** A node pool that this application creates. */
export abstract class ManagedNodePool extends Construct implements INodePool {
  readonly cluster: ICluster;
  readonly poolName: string;
  readonly machineType: string;
  readonly zones: readonly string[];
  readonly spot: boolean;
  readonly accelerator?: AcceleratorCount;
  readonly nodesPerSlice: number;
  readonly tpuTopology?: string;
  readonly acceleratorResource?: string;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
  readonly resource: ITerraformDependable;

  protected constructor(scope: Construct, id: string, props: NodePoolProps, kind: NodePoolKind) {
    super(scope, id);
    const { cluster } = props;
    const { request } = kind;
    ConstructError.throwIfAny(this, [
      ...checkWorkload("workload", props.workload),
      ...checkName("nodePool", "name", request.name),
      ...checkPoolName("name", request.name, cluster),
      ...(kind.findings ?? []),
      ...checkNodeNetworks("additionalNetworks", kind.networks ?? [], cluster),
      ...checkCombinations([...poolRules, ...kind.rules], request),
    ]);

    keepPoolName(request.name, cluster, this);
    this.cluster = cluster;
    this.poolName = request.name;
    this.machineType = request.machineType;
    this.zones = request.zones;
    this.spot = request.spot;
    if (request.accelerator !== undefined && request.perNode !== undefined)
      this.accelerator = { accelerator: request.accelerator, count: request.perNode };
    this.nodesPerSlice = kind.nodesPerSlice ?? 1;
    this.tpuTopology = request.tpuTopology;
    this.acceleratorResource = kind.acceleratorResource;
    this.nodeSelector = { "cloud.google.com/gke-nodepool": request.name, ...kind.nodeSelector };
    this.tolerations = [...request.taints, ...(kind.googleTaints ?? [])].map(({ key, value, effect }) => ({
      key,
      operator: "Equal",
      value,
      effect,
    }));
    warnOfWorkload(this, props.workload, {
      machineType: this.machineType,
      accelerators: this.accelerator,
      minCpuPlatform: request.minCpuPlatform,
      machines: Math.max(
        this.nodesPerSlice,
        props.workload !== undefined && isTraining(props.workload) ? mostNodes(request) : 1,
      ),
    });
    this.resource = new ContainerNodePool(this, "Resource", {
      ...nodePoolArguments(props, kind),
      dependsOn: waitable(this, [...cluster.ready, ...nodeGrants(props)]),
    });
  }
}

/** What an account of the pool's own needs to be a node's; the cluster grants it to its own. */
function nodeGrants({ identity }: NodePoolProps): ITerraformDependable[] {
  if (identity === undefined) return [];
  const granted = identity.node.tryFindChild(`Project ${NODE_ROLE}`) as ITerraformDependable | undefined;
  return [granted ?? identity.grantProjectRole(NODE_ROLE)];
}

/** Those that can compute one model together. */
function mostNodes({ nodes = 1, autoscaling }: PoolRequest): number {
  return autoscaling?.max ?? nodes;
}
