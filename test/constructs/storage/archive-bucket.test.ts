import type { TerraformStack } from "cdktf";
import { ArchiveBucket, type ArchiveBucketProps, EncryptionKey, Principal } from "../../../constructs";
import { findings, onlyResource, terraformOf } from "../../support/terraform";

function archive(stack: TerraformStack, props: Partial<ArchiveBucketProps> = {}): ArchiveBucket {
  const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
  return new ArchiveBucket(stack, "Archive", { name: "some-project-logs", key, ...props });
}

function resourceOf(props?: Partial<ArchiveBucketProps>) {
  return onlyResource(
    terraformOf((stack) => archive(stack, props)),
    "google_storage_bucket",
  );
}

describe("an archive bucket", () => {
  test("is of the cheapest class from the start, and pays for nothing that was deleted", () => {
    expect(resourceOf()).toMatchObject({
      storage_class: "ARCHIVE",
      versioning: { enabled: false },
      soft_delete_policy: { retention_duration_seconds: 0 },
      lifecycle_rule: [{ action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: 7 } }],
      lifecycle: { prevent_destroy: true },
    });
  });

  test("retains for a year, which is paid for anyway, and can be talked out of it", () => {
    expect(resourceOf().retention_policy).toEqual({ retention_period: 365 * 86_400, is_locked: false });
  });

  test("is locked where that is asked for", () => {
    expect(resourceOf({ retention: { days: 2_555, locked: true } }).retention_policy).toEqual({
      retention_period: 2_555 * 86_400,
      is_locked: true,
    });
  });

  test("without protection is destroyed with all it holds, so that it retains nothing", () => {
    const resource = resourceOf({ deletionProtection: false });
    expect(resource).toMatchObject({ force_destroy: true });
    expect(resource).not.toHaveProperty("retention_policy");
  });

  test("keeps versions where they are asked for, for as long as they are paid for", () => {
    expect(resourceOf({ versioning: true })).toMatchObject({
      versioning: { enabled: true },
      lifecycle_rule: expect.arrayContaining([
        {
          action: { type: "Delete" },
          condition: { with_state: "ARCHIVED", days_since_noncurrent_time: 365 },
        },
      ]),
    });
  });

  test("lets logs go after their days", () => {
    expect(resourceOf({ expireAfterDays: 2_555 }).lifecycle_rule).toContainEqual({
      action: { type: "Delete" },
      condition: { age: 2_555, with_state: "LIVE" },
    });
  });

  test("lets a log sink add objects, and neither read nor delete any", () => {
    const terraform = terraformOf((stack) =>
      archive(stack).grantCreate(
        new Principal(stack, "Sink", "serviceAccount:service-1@gcp-sa-logging.iam.gserviceaccount.com"),
      ),
    );
    expect(onlyResource(terraform, "google_storage_bucket_iam_member").role).toBe(
      "roles/storage.objectCreator",
    );
  });

  test("is refused where logs would go before they are paid for, or could not go", () => {
    expect(findings((stack) => archive(stack, { expireAfterDays: 100 }))).toEqual([
      {
        property: "expireAfterDays",
        received: 100,
        remedy: expect.stringContaining("use at least 365: an object in ARCHIVE"),
      },
      {
        property: "expireAfterDays",
        received: 100,
        remedy: expect.stringContaining("retention.days, which is 365"),
      },
    ]);
  });

  test("is refused where it is locked and yet to be destroyed", () => {
    expect(
      findings((stack) =>
        archive(stack, { retention: { days: 1, locked: true }, deletionProtection: false }),
      ),
    ).toEqual([
      { property: "deletionProtection", received: false, remedy: expect.stringContaining("unlocked") },
    ]);
  });
});
