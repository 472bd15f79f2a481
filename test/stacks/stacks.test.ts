import { readFileSync } from "node:fs";
import { loadEnvironments } from "../../environments/load";
import { runtimeConfigFromEnvironment } from "../../runtime/src/config";
import { synthesisedStacks } from "../support/environments";
import { onlyResource, resources, type Terraform } from "../support/terraform";

const environments = loadEnvironments(undefined, {});
const stacks = synthesisedStacks(environments);

function stack(name: string): Terraform {
  const found = stacks.get(name);
  if (found === undefined) throw new Error(`no stack ${name}, only ${[...stacks.keys()]}`);
  return found;
}

describe.each(environments)("the stacks of $name", ({ name, project, region, labels, sizes, switches }) => {
  test("work in the environment's project and region, under its labels", () => {
    for (const part of ["bootstrap", "foundation", "serving"])
      expect(stack(`${name}-${part}`).provider.google).toEqual([
        { project, region, default_labels: { ...labels, environment: name, "managed-by": "plinth" } },
      ]);
  });

  test("keep their state in one bucket, under a prefix each", () => {
    for (const part of ["foundation", "serving"])
      expect(stack(`${name}-${part}`).terraform.backend.gcs).toEqual({
        bucket: `${project}-tfstate`,
        prefix: `${name}-${part}`,
      });
  });

  test("read the foundation's outputs from where the foundation keeps its state", () => {
    expect(Object.values(stack(`${name}-serving`).data?.terraform_remote_state ?? {})).toEqual([
      expect.objectContaining({
        backend: "gcs",
        config: stack(`${name}-foundation`).terraform.backend.gcs,
      }),
    ]);
  });

  test("create the state bucket with a local state, and never destroy it", () => {
    const bootstrap = stack(`${name}-bootstrap`);
    expect(bootstrap.terraform.backend.local).toEqual({
      path: `../../../terraform.${name}-bootstrap.tfstate`,
    });
    expect(onlyResource(bootstrap, "google_storage_bucket")).toMatchObject({
      name: `${project}-tfstate`,
      versioning: { enabled: true },
      lifecycle: { prevent_destroy: true },
    });
  });

  test("protect what holds data where the environment says so", () => {
    const protect = { prevent_destroy: switches.deletionProtection };
    for (const type of [
      "google_kms_crypto_key",
      "google_storage_bucket",
      "google_artifact_registry_repository",
    ])
      expect(onlyResource(stack(`${name}-foundation`), type).lifecycle).toEqual(protect);
    expect(onlyResource(stack(`${name}-serving`), "google_cloud_run_v2_service").lifecycle).toEqual(protect);
  });

  test("start the runtime with an environment that the runtime accepts as what was asked", () => {
    const { template } = onlyResource(stack(`${name}-serving`), "google_cloud_run_v2_service") as unknown as {
      template: { containers: [{ env: { name: string; value: string }[] }] };
    };
    const variables = Object.fromEntries(template.containers[0].env.map(({ name, value }) => [name, value]));
    const config = runtimeConfigFromEnvironment(variables);
    const { modelPath, runtime } = sizes.serving;
    expect(config).toMatchObject({ ...runtime, model: `/models/${modelPath}` });
  });

  test("let the service read the models, and do nothing else", () => {
    const serving = stack(`${name}-serving`);
    const grants = Object.keys(serving.resource ?? {}).filter((type) => type.includes("_iam_"));
    expect(grants).toEqual(["google_storage_bucket_iam_member"]);
    expect(onlyResource(serving, "google_storage_bucket_iam_member")).toMatchObject({
      bucket: expect.stringContaining("google_storage_bucketModels_"),
      role: "roles/storage.objectViewer",
      member: expect.stringMatching(/google_service_account\.Endpoint_Identity_\w+\.member/),
    });
  });

  test("audit whoever touches data or keys", () => {
    const configs = resources(stack(`${name}-foundation`), "google_project_iam_audit_config");
    expect(configs.map(({ service }) => service)).toEqual([
      "cloudkms.googleapis.com",
      "storage.googleapis.com",
    ]);
  });
});

test("the guide imports what has the addresses and names that it states", () => {
  const guide = readFileSync("docs/guides/infrastructure.md", "utf8");
  const imports = [...guide.matchAll(/terraform import (\w+)\.(\w+) (\S+)/g)];
  expect(imports.map(([, type]) => type)).toEqual(["google_kms_key_ring", "google_kms_crypto_key"]);
  for (const [, type, id, imported] of imports)
    expect(stack("dev-foundation").resource?.[type][id].name).toBe(imported.split("/").at(-1));
});

test("an environment lets its callers send requests to its endpoint, and do nothing else", () => {
  const [dev] = environments;
  const callers = [
    "group:apps@acme.example",
    "serviceAccount:shop@acme.iam.gserviceaccount.com",
    "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/*",
  ];
  const serving = synthesisedStacks([{ ...dev, callers }]).get("dev-serving") as Terraform;
  const granted = resources(serving, "google_cloud_run_v2_service_iam_member");
  expect(granted.map(({ role, member }) => `${role} ${member}`).sort()).toEqual(
    callers.map((member) => `roles/run.invoker ${member}`).sort(),
  );
  const grants = Object.keys(serving.resource ?? {}).filter((type) => type.includes("_iam_"));
  expect(grants.sort()).toEqual([
    "google_cloud_run_v2_service_iam_member",
    "google_storage_bucket_iam_member",
  ]);
});

test("a caller's grant keeps its address when others come and go", () => {
  const [dev] = environments;
  const addressesOf = (...callers: string[]) =>
    Object.entries(
      synthesisedStacks([{ ...dev, callers }]).get("dev-serving")?.resource
        ?.google_cloud_run_v2_service_iam_member ?? {},
    ).flatMap(([address, { member }]) => (member === "group:apps@acme.example" ? [address] : []));
  const [address] = addressesOf("group:apps@acme.example");
  expect(addressesOf("group:more@acme.example", "group:apps@acme.example")).toEqual([address]);
});

test("an environment can keep the bootstrap's own state in the bucket too", () => {
  const [dev] = environments;
  const moved = synthesisedStacks([{ ...dev, state: { bucket: "central-tfstate", bootstrap: "bucket" } }]);
  expect(moved.get("dev-bootstrap")?.terraform.backend).toEqual({
    gcs: { bucket: "central-tfstate", prefix: "dev-bootstrap" },
  });
});
