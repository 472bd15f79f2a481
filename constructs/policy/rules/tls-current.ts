import { cis, gdpr, hipaa, pciDss } from "../control";
import { expectEach, type ResourceRule, violation } from "../rule";

const policies = ["google_compute_ssl_policy", "google_compute_region_ssl_policy"];
const proxies = [
  "google_compute_region_target_https_proxy",
  "google_compute_target_https_proxy",
  "google_compute_target_ssl_proxy",
];
const current = ["TLS_1_2", "TLS_1_3"];
/** The profiles without weak ciphers; those of CUSTOM are stated one by one. */
const strong = ["MODERN", "RESTRICTED", "FIPS_202205", "CUSTOM"];

export const tlsCurrent: ResourceRule = {
  id: "tls-current",
  checks: "A load balancer speaks TLS 1.2 at least, without weak ciphers.",
  why: "Older versions and ciphers can be broken, and are the default, of a policy and where there is none.",
  remedy: "set min_tls_version to TLS_1_2, and profile to MODERN or RESTRICTED",
  controls: [cis("3.9"), gdpr("Art. 32(1)(a)"), hipaa("164.312(e)(2)(ii)"), pciDss("4.2.1")],
  level: "error",
  appliesTo: [...policies, ...proxies],
  judge: (resource) =>
    proxies.includes(resource.type)
      ? resource
          .arguments("ssl_policy")
          .filter(({ isAbsent }) => isAbsent)
          .map((absent) => violation(absent, "name an ssl_policy whose min_tls_version is TLS_1_2"))
      : [
          ...expectEach(resource.arguments("min_tls_version"), ({ text }) => current.includes(text)),
          ...expectEach(resource.arguments("profile"), ({ text }) => strong.includes(text)),
        ],
};
