import { cisGke, gdpr, hipaa, pciDss } from "../control";
import { expectEach, type ResourceRule, unresolved } from "../rule";

export const gkePrivateControlPlane: ResourceRule = {
  id: "gke-private-control-plane",
  checks: "A cluster's control plane has no address on the internet.",
  why: "A fault in its authentication would be open to everybody; its DNS name is guarded by IAM before it is reached.",
  remedy:
    "turn control_plane_endpoints_config.ip_endpoints_config off and use the DNS endpoint, or set private_cluster_config.enable_private_endpoint to true",
  controls: [cisGke("5.6.4"), gdpr("Art. 32(1)(b)"), hipaa("164.312(e)(1)"), pciDss("1.4.4")],
  level: "error",
  appliesTo: ["google_container_cluster"],
  judge: (cluster) => {
    const byAddress = cluster.argument("control_plane_endpoints_config.ip_endpoints_config.enabled");
    const privately = cluster.argument("private_cluster_config.enable_private_endpoint");
    if (byAddress.isFalse || privately.isTrue) return [];
    if (byAddress.isUnresolved) return [unresolved(byAddress)];
    return expectEach([privately], ({ isTrue }) => isTrue);
  },
};
