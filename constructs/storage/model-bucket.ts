import type { Construct } from "constructs";
import type { VersionedBucketProps } from "./bucket-props";
import { ManagedBucket } from "./managed-bucket";

export interface ModelBucketProps extends VersionedBucketProps {
  /**
   * Versions of a file that are kept beside its live one. Of a deleted file, which has no live version, one more is kept.
   *
   * @default 10
   */
  readonly noncurrentVersionsKept?: number;

  /**
   * Days after which an older version goes, however few of them there are.
   *
   * @default 365: what was served within the last year can be served again, and examined
   */
  readonly noncurrentDaysKept?: number;
}

/** Models, one folder each: what an endpoint reads and a training job writes at its end. */
export class ModelBucket extends ManagedBucket {
  constructor(scope: Construct, id: string, props: ModelBucketProps) {
    const { versioning = true } = props;
    super(scope, id, {
      ...props,
      noncurrentVersionsKept: props.noncurrentVersionsKept ?? (versioning ? 10 : undefined),
      noncurrentDaysKept: props.noncurrentDaysKept ?? (versioning ? 365 : undefined),
    });
  }
}
