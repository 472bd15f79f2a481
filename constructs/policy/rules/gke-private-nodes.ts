import { cis, gdpr, hipaa, pciDss } from "../control";
import { expectEach, type ResourceRule } from "../rule";

export const gkePrivateNodes: ResourceRule = {
  id: "gke-private-nodes",
  checks: "A cluster's nodes have no external addresses.",
  why: "Whatever listens on a node, by mistake too, could be reached from the internet.",
  remedy: "set enable_private_nodes of private_cluster_config to true, and leave it to the cluster in pools",
  controls: [cis("4.9"), gdpr("Art. 32(1)(b)"), hipaa("164.312(e)(1)"), pciDss("1.4.4")],
  level: "error",
  appliesTo: ["google_container_cluster", "google_container_node_pool"],
  judge: (nodes) =>
    nodes.type === "google_container_cluster"
      ? expectEach(nodes.arguments("private_cluster_config.enable_private_nodes"), ({ isTrue }) => isTrue)
      : // A pool that says nothing does as its cluster does.
        expectEach(nodes.arguments("network_config.enable_private_nodes"), ({ isFalse }) => !isFalse),
};
