import { StorageFolder } from "@cdktf/provider-google/lib/storage-folder";
import type { Construct } from "constructs";
import { checkFromOne } from "./bucket-checks";
import type { BucketProps } from "./bucket-props";
import { ManagedBucket } from "./managed-bucket";

export interface CheckpointBucketProps extends BucketProps {
  /**
   * Generations of a run's checkpoints that stay: the training job reads this number and supersedes the older ones.
   *
   * @default 5
   */
  readonly keepLast?: number;

  /**
   * Days, from when it was written, after which a superseded generation goes.
   *
   * @default 1
   */
  readonly supersededDaysKept?: number;

  /**
   * Days from its creation after which a checkpoint goes, be it the last of its run.
   *
   * @default - the last generations stay
   */
  readonly expireAfterDays?: number;

  /**
   * Days during which whatever was deleted can still be restored. Checkpoints are large and soon superseded, and what can
   * be restored is paid for.
   *
   * @default 0
   */
  readonly softDeleteDays?: number;
}

const SUPERSEDED = "superseded/";

/**
 * Checkpoints of training runs, a folder for each generation, in a hierarchical namespace: many workers write at once
 * from the first minute, and a folder is renamed as a whole.
 *
 * Google keeps no versions there, and no lifecycle rule counts folders, so that only the training job can tell which
 * generations are its last. It renames a folder that is none of them to one below `supersededPrefix`, which is a single
 * operation whatever the folder holds; deleting is left to the bucket. A job that stops before leaves a generation too
 * many, and never one too few, as deletion by age would.
 */
export class CheckpointBucket extends ManagedBucket {
  /** Generations of a run's checkpoints that its training job leaves where they are. */
  readonly keepLast: number;

  /** Folder that the training job moves superseded generations to. */
  readonly supersededPrefix = SUPERSEDED;

  constructor(scope: Construct, id: string, props: CheckpointBucketProps) {
    const { keepLast = 5, supersededDaysKept = 1, softDeleteDays = 0, ...bucket } = props;
    super(
      scope,
      id,
      { ...bucket, softDeleteDays, hierarchicalNamespace: true },
      {
        findings: [
          ...checkFromOne("keepLast", keepLast),
          ...checkFromOne("supersededDaysKept", supersededDaysKept),
        ],
        lifecycleRules: [
          { action: { type: "Delete" }, condition: { age: supersededDaysKept, matchesPrefix: [SUPERSEDED] } },
        ],
      },
    );
    // A folder is renamed only to where its parent is.
    new StorageFolder(this, "Superseded", {
      bucket: this.bucketName,
      name: SUPERSEDED,
      forceDestroy: props.deletionProtection === false,
    });
    this.keepLast = keepLast;
  }
}
