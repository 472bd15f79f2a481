import { cisGke, gdpr, hipaa, pciDss } from "../control";
import { expectEach, type ResourceRule } from "../rule";

export const gkeNoLegacyAccess: ResourceRule = {
  id: "gke-no-legacy-access",
  checks: "A cluster has none of the ways in that came before IAM and roles.",
  why: "Legacy authorization gives every account more than its roles say, and a client certificate cannot be revoked.",
  remedy: "leave enable_legacy_abac and issue_client_certificate out, or set them to false",
  controls: [cisGke("5.8.2"), cisGke("5.8.4"), gdpr("Art. 25(2)"), hipaa("164.312(a)(1)"), pciDss("7.2.5")],
  level: "error",
  appliesTo: ["google_container_cluster"],
  judge: (cluster) =>
    ["enable_legacy_abac", "master_auth.client_certificate_config.issue_client_certificate"].flatMap(
      (argument) => expectEach(cluster.arguments(argument), ({ isTrue }) => !isTrue),
    ),
};
