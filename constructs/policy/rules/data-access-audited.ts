import { ccpa, cis, gdpr, hipaa, pciDss } from "../control";
import type { RenderedEnvironment } from "../rendered-environment";
import type { RenderedResource } from "../rendered-resource";
import type { EnvironmentRule, LocatedObjection } from "../rule";

/** Service whose audit configuration each type of resource needs. */
const services: Readonly<Record<string, string>> = {
  google_kms_crypto_key: "cloudkms.googleapis.com",
  google_secret_manager_regional_secret: "secretmanager.googleapis.com",
  google_secret_manager_secret: "secretmanager.googleapis.com",
  google_storage_bucket: "storage.googleapis.com",
};

const logTypes = ["DATA_READ", "DATA_WRITE"];

export const dataAccessAudited: EnvironmentRule = {
  id: "data-access-audited",
  checks: "Reads and writes of buckets and secrets, and uses of keys, are logged.",
  why: "Google leaves these logs off: nobody could say who read what, or who used which key.",
  remedy: "add an AuditTrail for the service, or suppress this where an organisation or folder configures it",
  controls: [cis("2.1"), gdpr("Art. 5(2)"), hipaa("164.312(b)"), pciDss("10.2.1"), ccpa("1798.100(e)")],
  level: "error",
  appliesTo: Object.keys(services),
  judgeAll: (environment, resources) =>
    [...new Set(resources.map(({ type }) => services[type]))].flatMap((service) =>
      judgeService(
        environment,
        service,
        resources.find(({ type }) => services[type] === service),
      ),
    ),
};

function judgeService(
  environment: RenderedEnvironment,
  service: string,
  at: RenderedResource | undefined,
): LocatedObjection[] {
  if (at === undefined) return [];
  const property = `audit configuration of ${service}`;
  const configurations = environment.ofType("google_*_iam_audit_config").filter((configuration) => {
    const named = configuration.argument("service");
    return named.isUnresolved || named.text === service || named.text === "allServices";
  });
  const known = configurations.filter((configuration) => !configuration.argument("service").isUnresolved);
  const logged = known.flatMap((configuration) => configuration.arguments("audit_log_config.log_type"));
  const missing = logTypes.filter((logType) => !logged.some(({ value }) => value === logType));
  if (missing.length === 0) return [];

  const open = [...configurations.map((configuration) => configuration.argument("service")), ...logged].find(
    ({ isUnresolved }) => isUnresolved,
  );
  if (open !== undefined) return [{ property, received: open.written, unresolved: true, at, ofStack: true }];
  const received = logged.length === 0 ? undefined : logged.map(({ text }) => text);
  return [{ property, received, unresolved: false, at, ofStack: true }];
}
