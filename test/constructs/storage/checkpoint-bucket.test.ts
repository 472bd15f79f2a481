import type { TerraformStack } from "cdktf";
import { CheckpointBucket, type CheckpointBucketProps, EncryptionKey, Principal } from "../../../constructs";
import { findings, onlyResource, terraformOf } from "../../support/terraform";

function checkpoints(stack: TerraformStack, props: Partial<CheckpointBucketProps> = {}): CheckpointBucket {
  const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
  return new CheckpointBucket(stack, "Checkpoints", { name: "some-project-checkpoints", key, ...props });
}

function resourceOf(props?: Partial<CheckpointBucketProps>) {
  return onlyResource(
    terraformOf((stack) => checkpoints(stack, props)),
    "google_storage_bucket",
  );
}

describe("a checkpoint bucket", () => {
  test("has folders, and neither versions nor soft delete to pay for", () => {
    const resource = resourceOf();
    expect(resource).toMatchObject({
      hierarchical_namespace: { enabled: true },
      uniform_bucket_level_access: true,
      soft_delete_policy: { retention_duration_seconds: 0 },
      lifecycle: { prevent_destroy: true },
    });
    expect(resource).not.toHaveProperty("versioning");
    expect(resource).not.toHaveProperty("storage_class");
  });

  test("deletes what was superseded, and never by age alone", () => {
    expect(resourceOf().lifecycle_rule).toEqual([
      { action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: 7 } },
      { action: { type: "Delete" }, condition: { age: 1, matches_prefix: ["superseded/"] } },
    ]);
  });

  test.each([
    [undefined, false],
    [false, true],
  ])(
    "has the folder for what was superseded, which with protection %p goes with what it holds: %p",
    (deletionProtection, forceDestroy) => {
      const terraform = terraformOf((stack) => checkpoints(stack, { deletionProtection }));
      expect(onlyResource(terraform, "google_storage_folder")).toEqual({
        bucket: expect.stringMatching(/^\$\{google_storage_bucket\.Checkpoints_\w+\.name\}$/),
        name: "superseded/",
        force_destroy: forceDestroy,
      });
    },
  );

  test("leaves superseded generations for as long as is asked", () => {
    expect(resourceOf({ supersededDaysKept: 3 }).lifecycle_rule).toContainEqual({
      action: { type: "Delete" },
      condition: { age: 3, matches_prefix: ["superseded/"] },
    });
  });

  test("tells the training job how many generations stay, and where the others go", () => {
    terraformOf((stack) => {
      const bucket = checkpoints(stack, { keepLast: 3 });
      expect(bucket.keepLast).toBe(3);
      expect(bucket.supersededPrefix).toBe("superseded/");
    });
    terraformOf((stack) => expect(checkpoints(stack).keepLast).toBe(5));
  });

  test("can let all checkpoints go in the end, and restore what was deleted", () => {
    const resource = resourceOf({ expireAfterDays: 90, softDeleteDays: 14 });
    expect(resource.lifecycle_rule).toContainEqual({
      action: { type: "Delete" },
      condition: { age: 90, with_state: "LIVE" },
    });
    expect(resource.soft_delete_policy).toEqual({ retention_duration_seconds: 14 * 86_400 });
  });

  test("lets a training job write, and so rename folders", () => {
    const terraform = terraformOf((stack) =>
      checkpoints(stack).grantWrite(
        new Principal(stack, "Trainer", "serviceAccount:trainer@p.iam.gserviceaccount.com"),
      ),
    );
    expect(onlyResource(terraform, "google_storage_bucket_iam_member").role).toBe("roles/storage.objectUser");
  });

  test("is refused with every finding at once, its own and any bucket's", () => {
    expect(
      findings((stack) =>
        checkpoints(stack, { name: "C", keepLast: 0, supersededDaysKept: 0.5, softDeleteDays: 1 }),
      ),
    ).toEqual([
      expect.objectContaining({ property: "name" }),
      expect.objectContaining({ property: "softDeleteDays" }),
      { property: "keepLast", received: 0, remedy: "use a whole number from 1" },
      { property: "supersededDaysKept", received: 0.5, remedy: "use a whole number from 1" },
    ]);
  });
});
