import type { Construct } from "constructs";
import type { BucketRetention, VersionedBucketProps } from "./bucket-props";
import { ManagedBucket } from "./managed-bucket";

export interface ArchiveBucketProps extends VersionedBucketProps {
  /**
   * Whether an object that is replaced or deleted stays as an older version.
   *
   * @default false: what writes logs replaces nothing
   */
  readonly versioning?: boolean;

  /**
   * Days during which whatever was deleted can still be restored, and is paid for.
   *
   * @default 0
   */
  readonly softDeleteDays?: number;

  /**
   * Days during which nobody can replace or delete an object. Locked, they cannot be shortened any more, and that cannot be
   * undone.
   *
   * @default - 365 days, not locked, since so many are paid for anyway; none without `deletionProtection`
   */
  readonly retention?: BucketRetention;
}

/** Raw logs by the petabyte, at lowest cost: for what is written once and read when something went wrong. */
export class ArchiveBucket extends ManagedBucket {
  constructor(scope: Construct, id: string, props: ArchiveBucketProps) {
    const { deletionProtection = true, versioning = false, softDeleteDays = 0 } = props;
    super(scope, id, {
      ...props,
      readFrequency: "yearly",
      versioning,
      softDeleteDays,
      retention: props.retention ?? (deletionProtection ? { days: 365 } : undefined),
    });
  }
}
