import { EncryptionKey, ProjectServices, ServiceAgent } from "../../../constructs";
import { findings, onlyResource, resources, terraformOf } from "../../support/terraform";

const kms = "cloudkms.googleapis.com";

describe("project services", () => {
  test("are enabled, and stay so after destroy", () => {
    const terraform = terraformOf((stack) => new ProjectServices(stack, "Services", { services: [kms] }));
    expect(onlyResource(terraform, "google_project_service")).toEqual({
      service: kms,
      disable_on_destroy: false,
    });
  });

  test("come before all that requires them, data sources included", () => {
    const terraform = terraformOf((stack) => {
      const services = new ProjectServices(stack, "Services", { services: [kms, "run.googleapis.com"] });
      const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
      key.keyIdFor(ServiceAgent.STORAGE);
      services.requiredBy(key, [kms]);
    });
    const service = expect.stringMatching(/^google_project_service\.Services_cloudkms_/);
    for (const type of ["google_kms_key_ring", "google_kms_crypto_key", "google_kms_crypto_key_iam_member"])
      expect(resources(terraform, type)).toEqual([expect.objectContaining({ depends_on: [service] })]);
    expect(Object.values(terraform.data?.google_storage_project_service_account ?? {})).toEqual([
      { depends_on: [service] },
    ]);
  });

  test("come before what is declared later by that which requires them", () => {
    const terraform = terraformOf((stack) => {
      const services = new ProjectServices(stack, "Services", { services: [kms] });
      const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
      services.requiredBy(key, [kms]);
      key.keyIdFor(ServiceAgent.STORAGE);
    });
    const service = expect.stringMatching(/^google_project_service\.Services_cloudkms_/);
    expect(onlyResource(terraform, "google_kms_crypto_key_iam_member").depends_on).toEqual([service]);
    expect(Object.values(terraform.data?.google_storage_project_service_account ?? {})).toEqual([
      { depends_on: [service] },
    ]);
  });

  test("wait neither for themselves where a whole stack requires them, nor are waited for twice", () => {
    const terraform = terraformOf((stack) => {
      const services = new ProjectServices(stack, "Services", { services: [kms] });
      new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
      services.requiredBy(stack, [kms]);
      services.requiredBy(stack, [kms]);
    });
    expect(onlyResource(terraform, "google_project_service")).not.toHaveProperty("depends_on");
    expect(onlyResource(terraform, "google_kms_key_ring").depends_on).toHaveLength(1);
  });

  test("cannot be required where they are not enabled", () => {
    expect(
      findings((stack) => {
        const services = new ProjectServices(stack, "Services", { services: [kms] });
        services.requiredBy(stack, ["run.googleapis.com"]);
      }),
    ).toEqual([{ property: "services", received: [kms], remedy: "add run.googleapis.com" }]);
  });

  test("cannot be required where they are not enabled, and all that are missing are named at once", () => {
    expect(
      findings((stack) => {
        const services = new ProjectServices(stack, "Services", { services: [kms] });
        services.requiredBy(stack, ["run.googleapis.com", kms, "pubsub.googleapis.com"]);
      }).map(({ remedy }) => remedy),
    ).toEqual(["add run.googleapis.com", "add pubsub.googleapis.com"]);
  });

  test.each([
    ["storage", "storage.googleapis.com"],
    ["Storage.googleapis.com", "storage.googleapis.com"],
    ["https://storage.googleapis.com/v1", "storage.googleapis.com"],
    ["storage.googleapis.co", "storage.googleapis.com"],
    ["", "storage.googleapis.com"],
  ])("are refused as %j, which is no API's name", (service, meant) => {
    expect(findings((stack) => new ProjectServices(stack, "Services", { services: [kms, service] }))).toEqual(
      [{ property: "services", received: service, remedy: `name the API in full, as "${meant}"` }],
    );
  });

  test("are refused where one is stated twice, with every finding at once", () => {
    expect(
      findings((stack) => new ProjectServices(stack, "Services", { services: [kms, "run", kms] })),
    ).toEqual([
      { property: "services", received: "run", remedy: expect.stringContaining("run.googleapis.com") },
      { property: "services", received: kms, remedy: "state it once" },
    ]);
  });
});
