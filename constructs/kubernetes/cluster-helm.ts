import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { type TerraformProvider, TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import type { ICluster } from "../compute/cluster";

/**
 * The Helm provider that reaches a cluster, one for each stack and cluster. It asks for a token when it needs one: a
 * token that Terraform reads is as old as the plan, and one from before a long review has expired.
 */
export function helmOf(scope: IConstruct, cluster: ICluster): TerraformProvider {
  const stack = TerraformStack.of(scope);
  const id = `Helm ${cluster.node.path}`;
  const existing = stack.node.tryFindChild(id) as HelmProvider | undefined;
  return (
    existing ??
    new HelmProvider(stack, id, {
      alias: cluster.node.path.replaceAll(/[^a-zA-Z0-9]+/g, "_"),
      kubernetes: {
        // Google's own certificate stands at this endpoint, so that there is none of the cluster's to state.
        host: cluster.endpoint,
        exec: {
          apiVersion: "client.authentication.k8s.io/v1beta1",
          command: "gke-gcloud-auth-plugin",
          // As the Google provider does, also where nobody has logged in with gcloud.
          args: ["--use_application_default_credentials"],
        },
      },
    })
  );
}
