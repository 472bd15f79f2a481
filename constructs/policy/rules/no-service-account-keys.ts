import { cis, gdpr, hipaa, pciDss } from "../control";
import { type ResourceRule, violation } from "../rule";

/** Types of keys, and where each says whose it is. */
const accounts: Readonly<Record<string, string>> = {
  google_service_account_key: "service_account_id",
  google_storage_hmac_key: "service_account_email",
};

export const noServiceAccountKeys: ResourceRule = {
  id: "no-service-account-keys",
  checks: "No key of a service account is created.",
  why: "Such a key is a password that never expires, and Terraform's state would hold it.",
  remedy: "let the workload run as the account, or federate its identity",
  controls: [cis("1.4"), gdpr("Art. 32(1)(b)"), hipaa("164.312(d)"), pciDss("8.6.2")],
  level: "error",
  appliesTo: Object.keys(accounts),
  judge: (key) => [violation(key.argument(accounts[key.type]))],
};
