import { TerraformOutput } from "cdktf";
import { EncryptionKey, ServiceAgent } from "../../../constructs";
import { onlyResource, resources, type Terraform, terraformOf } from "../../support/terraform";

/** What Google documents: https://cloud.google.com/iam/docs/service-agents, and per service its page on such keys. */
const byAddress = [
  ["ARTIFACT_REGISTRY", "gcp-sa-artifactregistry", "artifactregistry.googleapis.com"],
  ["CLOUD_RUN", "serverless-robot-prod", "run.googleapis.com"],
  ["CLOUD_SQL", "gcp-sa-cloud-sql", "sqladmin.googleapis.com"],
  ["DLP", "dlp-api", "dlp.googleapis.com"],
  ["GKE", "container-engine-robot", "container.googleapis.com"],
  ["GKE_BACKUP", "gcp-sa-gkebackup", "gkebackup.googleapis.com"],
  ["NOTEBOOKS", "gcp-sa-notebooks", "notebooks.googleapis.com"],
  ["PUBSUB", "gcp-sa-pubsub", "pubsub.googleapis.com"],
  ["SECRET_MANAGER", "gcp-sa-secretmanager", "secretmanager.googleapis.com"],
  ["VERTEX_AI", "gcp-sa-aiplatform", "aiplatform.googleapis.com"],
] as const;

const byLookUp = [
  ["STORAGE", "google_storage_project_service_account", "member"],
  ["BIGQUERY", "google_bigquery_default_service_account", "member"],
  ["LOGGING", "google_logging_project_cmek_settings", "service_account_id"],
] as const;

const names = [...byAddress.map(([name]) => name), ...byLookUp.map(([name]) => name), "COMPUTE"] as const;

/** A key of which one agent's service is given the id, as an output. */
function keyFor(agent: ServiceAgent): Terraform & { readonly output?: unknown } {
  return terraformOf((stack) => {
    const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
    new TerraformOutput(stack, "key", { value: key.keyIdFor(agent), staticId: true });
  });
}

const NUMBER = /\$\{data\.google_project\.[^}]*\.number\}/;

describe("a service agent", () => {
  test.each(byAddress)(
    "%s is granted by its documented address, once its service made it",
    (name, domain, service) => {
      const terraform = keyFor(ServiceAgent[name]);
      const grant = onlyResource(terraform, "google_kms_crypto_key_iam_member");
      expect(String(grant.member).replace(NUMBER, "NUMBER")).toBe(
        `serviceAccount:service-NUMBER@${domain}.iam.gserviceaccount.com`,
      );
      expect(onlyResource(terraform, "google_project_service_identity").service).toBe(service);
      expect(grant.depends_on).toEqual([expect.stringMatching(/^google_project_service_identity\./)]);
    },
  );

  test("COMPUTE is granted by its documented address, and made by nothing but its API", () => {
    const terraform = keyFor(ServiceAgent.COMPUTE);
    const grant = onlyResource(terraform, "google_kms_crypto_key_iam_member");
    expect(String(grant.member).replace(NUMBER, "NUMBER")).toBe(
      "serviceAccount:service-NUMBER@compute-system.iam.gserviceaccount.com",
    );
    expect(resources(terraform, "google_project_service_identity")).toEqual([]);
  });

  test.each(byLookUp)(
    "%s is granted by the address that %s tells, which makes it",
    (name, source, attribute) => {
      const terraform = keyFor(ServiceAgent[name]);
      expect(onlyResource(terraform, "google_kms_crypto_key_iam_member").member).toMatch(
        new RegExp(`^(serviceAccount:)?\\$\\{data\\.${source}\\.[^}]*\\.${attribute}\\}$`),
      );
      expect(Object.keys(terraform.data ?? {})).toContain(source);
    },
  );

  test("LOGGING is looked up by the project's id, which is what its API documents", () => {
    const terraform = keyFor(ServiceAgent.LOGGING);
    expect(Object.values(terraform.data?.google_logging_project_cmek_settings ?? {})).toEqual([
      { project: expect.stringMatching(/^\$\{data\.google_project\.[^}]*\.project_id\}$/) },
    ]);
  });

  test("is in one of the tables above, each of them", () => {
    const agents = Object.keys(ServiceAgent).filter(
      (name) => ServiceAgent[name as keyof typeof ServiceAgent] instanceof ServiceAgent,
    );
    expect(agents.sort()).toEqual([...names].sort());
  });

  test.each(names)("%s is granted before what needs it: the key's id comes by way of the grant", (name) => {
    const terraform = keyFor(ServiceAgent[name]);
    const [address] = Object.keys(terraform.resource?.google_kms_crypto_key_iam_member ?? {});
    expect(address).toContain(ServiceAgent[name].id);
    expect(terraform.output).toEqual({
      key: { value: `\${google_kms_crypto_key_iam_member.${address}.crypto_key_id}` },
    });
  });
});
