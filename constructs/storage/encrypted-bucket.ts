import type { Construct } from "constructs";
import { checkName } from "../catalog/names";
import { ConstructError } from "../construct-error";
import { BucketBase, type IEncryptedBucket } from "./bucket";
import type { EncryptedBucketProps } from "./bucket-props";
import { ManagedBucket } from "./managed-bucket";

export type { IEncryptedBucket } from "./bucket";

/** A bucket that is encrypted with a key of one's own, versioned, and closed to the public for good. */
export class EncryptedBucket extends ManagedBucket {
  /** A bucket that is managed elsewhere. */
  static fromBucketName(scope: Construct, id: string, bucketName: string): IEncryptedBucket {
    return new ImportedBucket(scope, id, bucketName);
  }

  constructor(scope: Construct, id: string, props: EncryptedBucketProps) {
    super(scope, id, props);
  }
}

class ImportedBucket extends BucketBase {
  constructor(
    scope: Construct,
    id: string,
    readonly bucketName: string,
  ) {
    super(scope, id);
    ConstructError.throwIfAny(this, checkName("existingBucket", "bucketName", bucketName));
  }
}
