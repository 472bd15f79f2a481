import { cisGke, gdpr, pciDss } from "../control";
import { type ResourceRule, unresolved, violation } from "../rule";

export const gkeNetworkPolicy: ResourceRule = {
  id: "gke-network-policy",
  checks: "A cluster enforces network policies.",
  why: "Every pod reaches every other otherwise, whatever the policies in the cluster say.",
  remedy:
    "set datapath_provider to ADVANCED_DATAPATH when the cluster is made, or network_policy.enabled to true",
  controls: [cisGke("5.6.7"), gdpr("Art. 32(1)(b)"), pciDss("1.4.4")],
  level: "error",
  appliesTo: ["google_container_cluster"],
  judge: (cluster) => {
    const datapath = cluster.argument("datapath_provider");
    const policy = cluster.argument("network_policy.enabled");
    // Autopilot has Dataplane V2 always.
    if (cluster.argument("enable_autopilot").isTrue) return [];
    if (datapath.text === "ADVANCED_DATAPATH" || policy.isTrue) return [];
    const open = [datapath, policy].filter(({ isUnresolved }) => isUnresolved);
    return open.length > 0 ? open.map((argument) => unresolved(argument)) : [violation(datapath)];
  },
};
