import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { type TerraformProvider, TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import type { ICluster } from "../compute/cluster";
import { clusterConnection } from "./cluster-connection";

/** The Helm provider that reaches a cluster, one for each stack and cluster. */
export function helmOf(scope: IConstruct, cluster: ICluster): TerraformProvider {
  const stack = TerraformStack.of(scope);
  const id = `Helm ${cluster.node.path}`;
  const existing = stack.node.tryFindChild(id) as HelmProvider | undefined;
  return (
    existing ??
    new HelmProvider(stack, id, {
      alias: cluster.node.path.replaceAll(/[^a-zA-Z0-9]+/g, "_"),
      kubernetes: clusterConnection(cluster),
    })
  );
}
