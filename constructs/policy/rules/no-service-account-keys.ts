import { cis, gdpr, hipaa, pciDss } from "../control";
import { type ResourceRule, violation } from "../rule";

export const noServiceAccountKeys: ResourceRule = {
  id: "no-service-account-keys",
  checks: "No key of a service account is created.",
  why: "Such a key is a password that never expires, and Terraform's state would hold it.",
  remedy: "let the workload run as the account, or federate its identity",
  controls: [cis("1.4"), gdpr("Art. 32(1)(b)"), hipaa("164.312(d)"), pciDss("8.6.2")],
  level: "error",
  appliesTo: ["google_service_account_key"],
  judge: (key) => [violation(key.argument("service_account_id"))],
};
