import { StorageBucket, type StorageBucketConfig } from "@cdktf/provider-google/lib/storage-bucket";
import { Fn, type TerraformStack, Token } from "cdktf";
import { ServiceAgent } from "../../constructs";
import { schemaFaults } from "./binding-schema";
import { type Terraform, terraformOf } from "./terraform";

const complete: StorageBucketConfig = {
  name: "acme-ml-dev-models",
  location: "europe-west4",
  labels: { team: "support" },
  autoclass: { enabled: true },
  lifecycleRule: [{ action: { type: "Delete" }, condition: { age: 7, matchesPrefix: ["tmp/"] } }],
  lifecycle: { preventDestroy: true },
};

function bucket(stack: TerraformStack): StorageBucket {
  return new StorageBucket(stack, "Models", complete);
}

function faultsAfter(override: (bucket: StorageBucket) => void): string[] {
  return schemaFaults(terraformOf((stack) => override(bucket(stack))));
}

describe("the schema of the bindings", () => {
  test("takes what they know: blocks, lists, maps, expressions, and Terraform's own arguments", () => {
    expect(
      faultsAfter((models) => {
        models.addOverride("force_destroy", Token.asString(Fn.tobool("true")));
        models.addOverride("depends_on", ["google_project_service.storage"]);
      }),
    ).toEqual([]);
  });

  test("takes a resource that is bound by hand, and data sources", () => {
    const terraform = terraformOf((stack) => {
      ServiceAgent.CLOUD_RUN.bind(stack);
    });
    expect(Object.keys(terraform.resource ?? {})).toContain("google_project_service_identity");
    expect(Object.keys(terraform.data ?? {})).toContain("google_project");
    expect(schemaFaults(terraform)).toEqual([]);
  });

  const overrides: [string, string, unknown, string][] = [
    ["an unknown argument", "versionning", true, "versionning: unknown argument"],
    ["an unknown one in a block", "autoclass.enable", true, "autoclass enable: unknown argument"],
    [
      "an unknown one in a block of a list",
      "lifecycle_rule.0.condition.days",
      7,
      "lifecycle_rule[0] condition days: unknown argument",
    ],
    ["an unknown one of Terraform's own", "lifecycle.prevent_destruction", true, "unknown argument"],
    [
      "a list where one block is wanted",
      "autoclass",
      [{ enabled: true }],
      "a list where one block is wanted",
    ],
    ["a block where a list is wanted", "cors", { method: ["GET"] }, "a block where a list of blocks"],
    ["a block where a string is wanted", "location", {}, "location: a block where a string is wanted"],
    ["a string where a boolean is wanted", "force_destroy", "yes", 'the string "yes" where a boolean'],
    ["a map whose values are no strings", "labels.team", 1, "labels team: the number 1 where a string"],
    [
      "an expression with text around it where a boolean is wanted",
      "force_destroy",
      `x\${var.yes}`,
      "boolean",
    ],
    [
      "what only looks like an expression where a boolean is wanted",
      "force_destroy",
      `$\${var.yes}`,
      "boolean",
    ],
    ["null where an argument is required", "location", null, "location: missing, and required"],
    [
      "a list of strings that holds a number",
      "lifecycle_rule.0.condition.matches_suffix",
      [1],
      "matches_suffix[0]: the number 1 where a string",
    ],
  ];
  test.each(overrides)("refuses %s, set by an override", (_, path, value, fault) => {
    expect(faultsAfter((models) => models.addOverride(path, value))).toEqual([
      expect.stringContaining(fault),
    ]);
  });

  test.each([
    ["location", "google_storage_bucket.Models location: missing, and required"],
    ["autoclass.enabled", "google_storage_bucket.Models autoclass enabled: missing, and required"],
  ])("refuses to miss %s, which is required", (path, fault) => {
    // Undefined is how cdktf leaves an argument out.
    expect(faultsAfter((models) => models.addOverride(path, undefined))).toEqual([fault]);
  });

  test("refuses an unknown argument of a data source, of a provider and of what is bound by hand", () => {
    const terraform = {
      provider: { google: [{ project: "acme", regoin: "europe-west4" }] },
      resource: { google_project_service_identity: { Agent: { service: "run.googleapis.com", name: "x" } } },
      data: { google_project: { Project: { number: "1" } } },
      terraform: {},
    } satisfies Terraform;
    expect(schemaFaults(terraform)).toEqual([
      "google_project_service_identity.Agent name: unknown argument",
      "data.google_project.Project number: unknown argument",
      "provider google regoin: unknown argument",
    ]);
  });

  test("refuses an unknown argument in what is Terraform's own: backends, providers, outputs and moves", () => {
    const terraform = {
      provider: {},
      terraform: {
        backend: { gcs: { buckett: "acme-tfstate" } },
        required_providers: { google: { source: "google" } },
        required_provider: {},
      },
      output: { network: { valeu: "n" } },
      moved: [{ from: "a.b" }],
    } satisfies Terraform & { output: object; moved: object };
    expect(schemaFaults(terraform)).toEqual([
      "terraform required_provider: unknown argument",
      "backend gcs bucket: missing, and required",
      "backend gcs buckett: unknown argument",
      "required provider google version: missing, and required",
      "output network value: missing, and required",
      "output network valeu: unknown argument",
      "moved 0 to: missing, and required",
    ]);
  });

  test("refuses a type that no binding knows, and a section that Terraform does not", () => {
    const terraform = {
      provider: {},
      resource: { google_storage_pail: { Models: {} } },
      terraform: {},
      resources: {},
    } satisfies Terraform & { resources: object };
    expect(schemaFaults(terraform)).toEqual([
      "resources: no section of Terraform",
      "google_storage_pail.Models: no binding knows the type google_storage_pail",
    ]);
  });
});
