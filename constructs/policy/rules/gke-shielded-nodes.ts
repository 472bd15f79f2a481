import { cis, hipaa, pciDss } from "../control";
import { expectEach, type ResourceRule } from "../rule";

export const gkeShieldedNodes: ResourceRule = {
  id: "gke-shielded-nodes",
  checks: "A cluster's nodes prove that they are its nodes.",
  why: "A stolen bootstrap credential could join a foreign machine to the cluster.",
  remedy: "leave enable_shielded_nodes out, or set it to true",
  controls: [cis("4.8"), hipaa("164.312(d)"), pciDss("2.2.1")],
  level: "error",
  appliesTo: ["google_container_cluster"],
  judge: (cluster) => expectEach(cluster.arguments("enable_shielded_nodes"), ({ isFalse }) => !isFalse),
};
