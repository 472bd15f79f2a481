import type { IConstruct } from "constructs";
import type { ICluster } from "../compute/cluster";
import type { Finding } from "../construct-error";

/** A name that a cluster has once: of a release, or of an object. */
export interface HelmName {
  /** Property that states it. */
  readonly property: string;
  readonly name: string;
  /** What no two have. */
  readonly key: string;
}

/** Who has the names of each cluster. It may be reached from several stacks. */
const holders = new WeakMap<ICluster, Map<string, string>>();

/** Findings on names that are another release's: Helm takes over nothing that it has not made, and says so at apply. */
export function checkHelmNames(cluster: ICluster, names: readonly HelmName[]): Finding[] {
  return names.flatMap(({ property, name, key }) => {
    const holder = holders.get(cluster)?.get(key);
    if (holder === undefined) return [];
    return [{ property, received: name, remedy: `use another name: ${holder} has it in the same cluster` }];
  });
}

export function takeHelmNames(cluster: ICluster, names: readonly HelmName[], holder: IConstruct): void {
  const taken = holders.get(cluster) ?? new Map<string, string>();
  for (const { key } of names) taken.set(key, holder.node.path);
  holders.set(cluster, taken);
}

export function releaseKey(namespace: string, release: string): string {
  return `release ${namespace}/${release}`;
}
