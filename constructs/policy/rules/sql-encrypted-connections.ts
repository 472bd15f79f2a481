import { cis, gdpr, hipaa, pciDss } from "../control";
import { expectEach, type ResourceRule } from "../rule";

const encrypted = ["ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"];

export const sqlEncryptedConnections: ResourceRule = {
  id: "sql-encrypted-connections",
  checks: "A Cloud SQL instance takes encrypted connections only.",
  why: "Passwords and rows would cross the network in clear.",
  remedy: `set settings.ip_configuration.ssl_mode to ${encrypted.join(" or ")}`,
  controls: [cis("6.4"), gdpr("Art. 32(1)(a)"), hipaa("164.312(e)(1)"), pciDss("4.2.1")],
  level: "error",
  appliesTo: ["google_sql_database_instance"],
  judge: (instance) =>
    expectEach(instance.arguments("settings.ip_configuration.ssl_mode"), ({ text }) =>
      encrypted.includes(text),
    ),
};
