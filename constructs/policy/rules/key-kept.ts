import { gdpr, hipaa, pciDss } from "../control";
import { expectEach, type ResourceRule } from "../rule";

export const keyKept: ResourceRule = {
  id: "key-kept",
  checks: "Terraform refuses to destroy a key.",
  why: "All that a key encrypts is lost with it, backups and earlier versions included.",
  remedy: "set lifecycle.prevent_destroy to true (deletionProtection of EncryptionKey)",
  controls: [gdpr("Art. 32(1)(b)"), hipaa("164.308(a)(7)(i)"), pciDss("3.7.5")],
  level: "error",
  appliesTo: ["google_kms_crypto_key"],
  judge: (key) => expectEach(key.arguments("lifecycle.prevent_destroy"), ({ isTrue }) => isTrue),
};
