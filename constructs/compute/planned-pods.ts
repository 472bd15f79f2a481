import type { ISubnet } from "../network/subnet";

/** Pods that a node may run, where this application planned the subnet. */
export function plannedPodsPerNode({ addresses }: ISubnet): number | undefined {
  const { nodes, pods } = addresses?.capacity ?? { nodes: 0, pods: 0 };
  return pods === 0 ? undefined : pods / nodes;
}
