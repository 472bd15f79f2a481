import type { StorageBucketLifecycleRule } from "@cdktf/provider-google/lib/storage-bucket";
import type { EncryptedBucketProps } from "./bucket-props";
import { type BucketSettings, paidForDays, type StorageStage } from "./bucket-settings";

/** Days after which the parts of an upload that was never finished go. */
const UPLOAD_DAYS = 7;

/** What Google does to a bucket's objects as they age. */
export function lifecycleRules(
  { expireAfterDays }: EncryptedBucketProps,
  settings: BucketSettings,
): StorageBucketLifecycleRule[] {
  return [
    { action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: UPLOAD_DAYS } },
    ...(settings.versioning ? olderVersions(settings) : []),
    ...(expireAfterDays === undefined ? [] : [expiry(expireAfterDays)]),
    ...settings.stages.slice(1).map(transition),
  ];
}

function olderVersions(settings: BucketSettings): StorageBucketLifecycleRule[] {
  const { stages, noncurrentVersionsKept, noncurrentDaysKept } = settings;
  // A version that goes earlier than this saves nothing, and it might still be wanted.
  const age = paidForDays(stages);
  return [
    {
      action: { type: "Delete" },
      condition: {
        withState: "ARCHIVED",
        // Of the newer versions Google counts the live one too:
        // https://cloud.google.com/storage/docs/lifecycle#numnewerversions
        numNewerVersions: noncurrentVersionsKept + 1,
        ...(age > 0 ? { age } : {}),
      },
    },
    {
      action: { type: "Delete" },
      condition: { withState: "ARCHIVED", daysSinceNoncurrentTime: noncurrentDaysKept },
    },
  ];
}

/** An older version has its own days, from when it was replaced. */
function expiry(age: number): StorageBucketLifecycleRule {
  return { action: { type: "Delete" }, condition: { age, withState: "LIVE" } };
}

function transition({ fromDay, storageClass }: StorageStage): StorageBucketLifecycleRule {
  return {
    action: { type: "SetStorageClass", storageClass: storageClass.name },
    condition: { age: fromDay },
  };
}
