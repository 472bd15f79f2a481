import type { DataClassification } from "../catalog/data-classification";
import type { ReadFrequency } from "../catalog/storage-classes";
import type { IEncryptionKey } from "../security/encryption-key";

/** What every kind of bucket is asked for. */
export interface BucketProps {
  /** Name, unique in all of Google Cloud: begin it with the project's id. */
  readonly name: string;

  /** Key that every object is encrypted with. The bucket lies where its key lies. */
  readonly key: IEncryptionKey;

  /**
   * Kind of data that the bucket holds, as its label says.
   *
   * @default - not stated
   */
  readonly dataClassification?: DataClassification;

  /**
   * Days during which whatever was deleted for good can still be restored; 0 turns soft delete off.
   *
   * @default 7
   */
  readonly softDeleteDays?: number;

  /**
   * Days from its creation after which an object goes. Where versions are kept it becomes an older version then.
   *
   * @default - objects stay
   */
  readonly expireAfterDays?: number;

  /**
   * Whether Terraform refuses to destroy the bucket. Without protection it is destroyed with all it holds.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;
}

/** What a bucket that keeps older versions is asked for beside. */
export interface VersionedBucketProps extends BucketProps {
  /**
   * Whether an object that is replaced or deleted stays as an older version.
   *
   * @default - true, and false with `hierarchicalNamespace`, where Google keeps no versions
   */
  readonly versioning?: boolean;

  /**
   * Versions of an object that are kept beside its live one. Of a deleted object, which has no live version,
   * one more is kept.
   *
   * @default 3
   */
  readonly noncurrentVersionsKept?: number;

  /**
   * Days after which an older version goes, however few of them there are.
   *
   * @default - 90, or as many as Google charges for anyway where the data is rarely read
   */
  readonly noncurrentDaysKept?: number;

  /**
   * Days during which nobody can replace or delete an object.
   *
   * @default - no such days
   */
  readonly retention?: BucketRetention;
}

export interface EncryptedBucketProps extends VersionedBucketProps {
  /**
   * How often the data is read, which decides on what it costs: `"daily"`, `"monthly"`, `"quarterly"`, `"yearly"`. Of
   * data that is read less, each gigabyte costs less to keep and more to read, and is paid for 30, 90, 365 days.
   * `"unknown"` leaves it to Google to watch each object's reads and to move it (Autoclass).
   *
   * @default "daily"
   */
  readonly readFrequency?: ReadFrequency | "unknown";

  /**
   * Days from an object's creation after which it is read only so often, as `{ quarterly: 90, yearly: 365 }`. It moves
   * to the class for that.
   *
   * @default - it is read as often as at first
   */
  readonly lessReadAfterDays?: Readonly<Partial<Record<Exclude<ReadFrequency, "daily">, number>>>;

  /**
   * Class that an object ends up in if nobody reads it, where Google chooses: `"archive"` after a year, `"nearline"` after
   * a month. Neither costs anything to read or to delete there.
   *
   * @default "archive", where `readFrequency` is "unknown"
   */
  readonly autoclassTerminal?: "nearline" | "archive";

  /**
   * Whether folders are real: they are renamed and listed at once, and many writers get up to eight times the requests
   * from the first minute. It excludes versions and retention, and cannot be changed: another value replaces the bucket.
   *
   * @default false
   */
  readonly hierarchicalNamespace?: boolean;
}

export interface BucketRetention {
  /** Days from its creation during which an object stays as it is. */
  readonly days: number;

  /**
   * Whether the days are locked. That cannot be undone: nobody, Google included, can shorten them any more, or delete
   * the bucket before its youngest object is so old.
   *
   * @default false
   */
  readonly locked?: boolean;
}
