import { cis, gdpr, hipaa, pciDss } from "../control";
import { expectEach, type ResourceRule } from "../rule";

const current = ["TLS_1_2", "TLS_1_3"];

export const tlsCurrent: ResourceRule = {
  id: "tls-current",
  checks: "A load balancer speaks TLS 1.2 at least.",
  why: "Older versions can be broken, and are the default.",
  remedy: "set min_tls_version to TLS_1_2",
  controls: [cis("3.9"), gdpr("Art. 32(1)(a)"), hipaa("164.312(e)(2)(ii)"), pciDss("4.2.1")],
  level: "error",
  appliesTo: ["google_compute_ssl_policy", "google_compute_region_ssl_policy"],
  judge: (policy) => expectEach(policy.arguments("min_tls_version"), ({ text }) => current.includes(text)),
};
