import { ccpa, cis, gdpr, hipaa, pciDss } from "../control";
import { expectEach, type ResourceRule } from "../rule";

export const sqlPrivate: ResourceRule = {
  id: "sql-private",
  checks: "A Cloud SQL instance has no public address.",
  why: "A database on the internet is one password away from everybody.",
  remedy: "set settings.ip_configuration.ipv4_enabled to false, and connect through a private network",
  controls: [cis("6.6"), gdpr("Art. 32(1)(b)"), hipaa("164.312(e)(1)"), pciDss("1.4.4"), ccpa("1798.100(e)")],
  level: "error",
  appliesTo: ["google_sql_database_instance"],
  judge: (instance) =>
    expectEach(instance.arguments("settings.ip_configuration.ipv4_enabled"), ({ isFalse }) => isFalse),
};
