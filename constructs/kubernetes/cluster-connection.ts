import type { ICluster } from "../compute/cluster";

/**
 * How a provider of Terraform reaches a cluster: as whoever applies, with a token that it asks for when it needs one. A
 * token that Terraform reads is as old as the plan, one from before a long review has expired, and a saved plan holds it.
 */
export function clusterConnection(cluster: ICluster) {
  return {
    // Google's own certificate stands at this endpoint, so that there is none of the cluster's to state.
    host: cluster.endpoint,
    exec: {
      apiVersion: "client.authentication.k8s.io/v1beta1",
      command: "gke-gcloud-auth-plugin",
      // As the Google provider does, also where nobody has logged in with gcloud.
      args: ["--use_application_default_credentials"],
    },
  };
}
