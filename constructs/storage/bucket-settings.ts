import { readFrequencies, type StorageClass, storageClassFor } from "../catalog/storage-classes";
import type { EncryptedBucketProps } from "./bucket-props";

/** A class, and the age in days from which an object is in it. */
export interface StorageStage {
  readonly fromDay: number;
  readonly storageClass: StorageClass;
}

/** What was asked of a bucket, defaults filled in. */
export interface BucketSettings {
  /** The classes of an object's life, the first from its creation. None where Google chooses them. */
  readonly stages: readonly StorageStage[];
  readonly versioning: boolean;
  readonly noncurrentVersionsKept: number;
  readonly noncurrentDaysKept: number;
  readonly softDeleteDays: number;
  readonly deletionProtection: boolean;
}

export function bucketSettings(props: EncryptedBucketProps): BucketSettings {
  const stages = storageStages(props);
  return {
    stages,
    versioning: props.versioning ?? !props.hierarchicalNamespace,
    noncurrentVersionsKept: props.noncurrentVersionsKept ?? 3,
    noncurrentDaysKept: props.noncurrentDaysKept ?? Math.max(90, paidForDays(stages)),
    softDeleteDays: props.softDeleteDays ?? 7,
    deletionProtection: props.deletionProtection ?? true,
  };
}

/** The classes of an object's life, the warmest first. */
export function storageStages(
  props: Pick<EncryptedBucketProps, "readFrequency" | "lessReadAfterDays">,
): readonly StorageStage[] {
  const { readFrequency = "daily", lessReadAfterDays } = props;
  if (readFrequency === "unknown") return [];
  const fromDays: Readonly<Record<string, number>> = { ...lessReadAfterDays, [readFrequency]: 0 };
  return readFrequencies.flatMap((frequency) => {
    const storageClass = storageClassFor(frequency);
    const fromDay = fromDays[frequency];
    return storageClass === undefined || fromDay === undefined ? [] : [{ fromDay, storageClass }];
  });
}

/**
 * Age in days from which an object that goes is paid for no longer than it was there. Its time in a warmer class
 * counts, too: https://cloud.google.com/storage/docs/lifecycle#setstorageclass
 */
export function paidForDays(stages: readonly StorageStage[]): number {
  const ages = stages.map(({ fromDay, storageClass }, index) => {
    const next = stages[index + 1]?.fromDay ?? Number.POSITIVE_INFINITY;
    const age = Math.min(storageClass.minimumDays, next);
    return fromDay < age ? age : 0;
  });
  return Math.max(0, ...ages);
}

/** The class that an object of this age is in, unless Google chooses it. */
export function storageClassAt(stages: readonly StorageStage[], age: number): StorageClass | undefined {
  return stages.filter(({ fromDay }) => fromDay <= age).at(-1)?.storageClass;
}
