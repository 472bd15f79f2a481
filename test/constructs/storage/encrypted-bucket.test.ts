import type { TerraformStack } from "cdktf";
import { EncryptedBucket, type EncryptedBucketProps, EncryptionKey, Principal } from "../../../constructs";
import { findings, onlyResource, terraformOf } from "../../support/terraform";

function bucket(stack: TerraformStack, props: Partial<EncryptedBucketProps> = {}): EncryptedBucket {
  const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
  return new EncryptedBucket(stack, "Bucket", { name: "some-project-models", key, ...props });
}

describe("an encrypted bucket", () => {
  test("lies where its key lies, and waits for the grant that lets Cloud Storage use the key", () => {
    const terraform = terraformOf((stack) => bucket(stack));
    expect(onlyResource(terraform, "google_storage_bucket")).toMatchObject({
      name: "some-project-models",
      location: "europe-west4",
      encryption: {
        default_kms_key_name: expect.stringMatching(
          /^\$\{google_kms_crypto_key_iam_member\.Key_StorageAgent_\w+\.crypto_key_id\}$/,
        ),
      },
    });
  });

  test("is closed to the public, versioned, restorable and protected, unless asked otherwise", () => {
    expect(
      onlyResource(
        terraformOf((stack) => bucket(stack)),
        "google_storage_bucket",
      ),
    ).toMatchObject({
      uniform_bucket_level_access: true,
      public_access_prevention: "enforced",
      versioning: { enabled: true },
      soft_delete_policy: { retention_duration_seconds: 7 * 86_400 },
      force_destroy: false,
      lifecycle: { prevent_destroy: true },
    });
  });

  test("drops uploads that were never finished, and versions that are too many, beside the live one, or too old", () => {
    const terraform = terraformOf((stack) =>
      bucket(stack, { noncurrentVersionsKept: 5, noncurrentDaysKept: 30 }),
    );
    expect(onlyResource(terraform, "google_storage_bucket").lifecycle_rule).toEqual([
      { action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: 7 } },
      { action: { type: "Delete" }, condition: { with_state: "ARCHIVED", num_newer_versions: 6 } },
      { action: { type: "Delete" }, condition: { with_state: "ARCHIVED", days_since_noncurrent_time: 30 } },
    ]);
  });

  test("keeps nothing for restoring where soft delete is off", () => {
    const terraform = terraformOf((stack) => bucket(stack, { softDeleteDays: 0 }));
    expect(onlyResource(terraform, "google_storage_bucket").soft_delete_policy).toEqual({
      retention_duration_seconds: 0,
    });
  });

  test("without protection is destroyed with all it holds", () => {
    const terraform = terraformOf((stack) => bucket(stack, { deletionProtection: false }));
    expect(onlyResource(terraform, "google_storage_bucket")).toMatchObject({
      force_destroy: true,
      lifecycle: { prevent_destroy: false },
    });
  });

  test("lets an identity read, and no more, where that is granted", () => {
    const terraform = terraformOf((stack) =>
      bucket(stack).grantRead(new Principal(stack, "Readers", "group:readers@example.com")),
    );
    expect(onlyResource(terraform, "google_storage_bucket_iam_member")).toMatchObject({
      bucket: expect.stringMatching(/^\$\{google_storage_bucket\.Bucket_\w+\.name\}$/),
      role: "roles/storage.objectViewer",
      member: "group:readers@example.com",
    });
  });

  test.each(["central-models", "models.acme.com"])(
    "that is managed elsewhere grants all the same: %s",
    (name) => {
      const terraform = terraformOf((stack) =>
        EncryptedBucket.fromBucketName(stack, "Bucket", name).grantRead(
          new Principal(stack, "Readers", "group:readers@example.com"),
        ),
      );
      expect(onlyResource(terraform, "google_storage_bucket_iam_member")).toMatchObject({
        bucket: name,
      });
      expect(terraform.resource).not.toHaveProperty("google_storage_bucket");
    },
  );

  test("that is managed elsewhere is refused under a name that no bucket has", () => {
    expect(findings((stack) => EncryptedBucket.fromBucketName(stack, "Bucket", "gs://models"))).toEqual([
      { property: "bucketName", received: "gs://models", remedy: expect.stringContaining("dots") },
    ]);
  });

  test("is refused with every finding at once", () => {
    expect(
      findings((stack) =>
        bucket(stack, {
          name: "My_Bucket",
          noncurrentVersionsKept: 0,
          noncurrentDaysKept: 1.5,
          softDeleteDays: 3,
        }),
      ),
    ).toEqual([
      { property: "name", received: "My_Bucket", remedy: expect.stringContaining("lower-case") },
      { property: "noncurrentVersionsKept", received: 0, remedy: "use a whole number from 1" },
      { property: "noncurrentDaysKept", received: 1.5, remedy: "use a whole number from 1" },
      { property: "softDeleteDays", received: 3, remedy: "use 7 to 90 whole days, or 0 for none" },
    ]);
  });
});
