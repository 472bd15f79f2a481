import { cis, gdpr, pciDss } from "../control";
import { expectEach, type ResourceRule, unresolved, violation } from "../rule";

export const gkeWorkloadIdentity: ResourceRule = {
  id: "gke-workload-identity",
  checks: "Pods of a cluster have identities of their own.",
  why: "Every pod could act as its node's service account otherwise.",
  remedy: "set workload_identity_config.workload_pool to <project>.svc.id.goog",
  controls: [cis("4.1"), gdpr("Art. 25(2)"), pciDss("7.2.5")],
  level: "error",
  appliesTo: ["google_container_cluster", "google_container_node_pool"],
  judge: (cluster) => {
    // A pool of a cluster that has it has it too, unless it says otherwise.
    if (cluster.type === "google_container_node_pool")
      return expectEach(
        cluster.arguments("node_config.workload_metadata_config.mode"),
        ({ isAbsent, text }) => isAbsent || text === "GKE_METADATA",
        "set workload_metadata_config.mode to GKE_METADATA",
      );
    // Autopilot has it always.
    if (cluster.argument("enable_autopilot").isTrue) return [];
    const pool = cluster.argument("workload_identity_config.workload_pool");
    // Of a pool whose project is known at apply only, the end is written.
    if (pool.text.endsWith(".svc.id.goog")) return [];
    return [pool.isUnresolved ? unresolved(pool) : violation(pool)];
  },
};
