import type { TerraformStack } from "cdktf";
import { EncryptionKey, ModelBucket, type ModelBucketProps } from "../../../constructs";
import { findings, onlyResource, terraformOf } from "../../support/terraform";

function models(stack: TerraformStack, props: Partial<ModelBucketProps> = {}): ModelBucket {
  const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
  return new ModelBucket(stack, "Models", { name: "some-project-models", key, ...props });
}

function resourceOf(props?: Partial<ModelBucketProps>) {
  return onlyResource(
    terraformOf((stack) => models(stack, props)),
    "google_storage_bucket",
  );
}

describe("a model bucket", () => {
  test("keeps what was served within a year, ready to be read", () => {
    const resource = resourceOf();
    expect(resource).toMatchObject({
      versioning: { enabled: true },
      lifecycle_rule: [
        { action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: 7 } },
        { action: { type: "Delete" }, condition: { with_state: "ARCHIVED", num_newer_versions: 11 } },
        {
          action: { type: "Delete" },
          condition: { with_state: "ARCHIVED", days_since_noncurrent_time: 365 },
        },
      ],
    });
    expect(resource).not.toHaveProperty("storage_class");
  });

  test("keeps as many versions as is asked", () => {
    expect(resourceOf({ noncurrentVersionsKept: 2, noncurrentDaysKept: 30 }).lifecycle_rule).toEqual(
      expect.arrayContaining([
        { action: { type: "Delete" }, condition: { with_state: "ARCHIVED", num_newer_versions: 3 } },
        {
          action: { type: "Delete" },
          condition: { with_state: "ARCHIVED", days_since_noncurrent_time: 30 },
        },
      ]),
    );
  });

  test("can do without versions", () => {
    expect(resourceOf({ versioning: false })).toMatchObject({
      versioning: { enabled: false },
      lifecycle_rule: [{ action: { type: "AbortIncompleteMultipartUpload" } }],
    });
  });

  test("takes the place of an encrypted bucket under the same address", () => {
    const terraform = terraformOf((stack) => models(stack));
    expect(Object.keys(terraform.resource?.google_storage_bucket ?? {})).toEqual([
      expect.stringMatching(/^Models_[0-9A-F]{8}$/),
    ]);
  });

  test("is refused with every finding at once", () => {
    expect(
      findings((stack) => models(stack, { name: "M", noncurrentVersionsKept: 0, noncurrentDaysKept: 0 })).map(
        ({ property }) => property,
      ),
    ).toEqual(["name", "noncurrentVersionsKept", "noncurrentDaysKept"]);
  });
});
