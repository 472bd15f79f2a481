import { cis, gdpr, hipaa } from "../control";
import { expectEach, type ResourceRule, unresolved } from "../rule";

export const sqlBackups: ResourceRule = {
  id: "sql-backups",
  checks: "A Cloud SQL instance is backed up every day.",
  why: "Data that cannot be restored is lost with the first fault.",
  remedy: "set settings.backup_configuration.enabled to true",
  controls: [cis("6.7"), gdpr("Art. 32(1)(c)"), hipaa("164.308(a)(7)(ii)(A)")],
  level: "error",
  appliesTo: ["google_sql_database_instance"],
  judge: (instance) => {
    const missing = expectEach(
      instance.arguments("settings.backup_configuration.enabled"),
      ({ isTrue }) => isTrue,
    );
    // A replica is restored from its primary.
    const primary = instance.argument("master_instance_name");
    if (primary.isAbsent || missing.length === 0) return missing;
    const mayBeNone = primary.isUnresolved && !primary.text.startsWith("${google_sql_database_instance.");
    return mayBeNone ? [unresolved(primary)] : [];
  },
};
