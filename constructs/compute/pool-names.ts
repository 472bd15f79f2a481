import type { IConstruct } from "constructs";
import type { Finding } from "../construct-error";
import type { ICluster } from "./cluster";

/** Pools of each cluster by name. They may lie in several stacks, so that no scope has all of them beside each other. */
const poolsOf = new WeakMap<ICluster, Map<string, IConstruct>>();

/** Findings on a name that another pool of the cluster has. */
export function checkPoolName(property: string, name: string, cluster: ICluster): Finding[] {
  const other = poolsOf.get(cluster)?.get(name);
  if (other === undefined) return [];
  return [{ property, received: name, remedy: `${other.node.path} has it: state another name` }];
}

/** Keeps a name for a pool that nothing is wrong with. */
export function keepPoolName(name: string, cluster: ICluster, pool: IConstruct): void {
  const pools = poolsOf.get(cluster) ?? new Map<string, IConstruct>();
  poolsOf.set(cluster, pools.set(name, pool));
}
