import { StorageBucket } from "@cdktf/provider-google/lib/storage-bucket";
import { StorageBucketIamMember } from "@cdktf/provider-google/lib/storage-bucket-iam-member";
import type { ITerraformDependable } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { checkName } from "../catalog/names";
import { ConstructError, type Finding } from "../construct-error";
import type { IEncryptionKey } from "../security/encryption-key";
import type { IIdentity } from "../security/identity";
import { ServiceAgent } from "../security/service-agent";

export interface IEncryptedBucket extends IConstruct {
  readonly bucketName: string;

  /** Lets an identity read and list the bucket's objects. Returns the grant, to wait for. */
  grantRead(identity: IIdentity): ITerraformDependable;

  /** Lets an identity add objects, and neither read nor replace nor delete any: for what writes logs. */
  grantCreate(identity: IIdentity): ITerraformDependable;

  /** Lets an identity read, add, replace and delete objects. */
  grantWrite(identity: IIdentity): ITerraformDependable;

  /** Lets an identity do everything with objects and the bucket's own settings and grants. */
  grantAdmin(identity: IIdentity): ITerraformDependable;
}

export interface EncryptedBucketProps {
  /** Name, unique in all of Google Cloud: begin it with the project's id. */
  readonly name: string;

  /** Key that every object is encrypted with. The bucket lies where its key lies. */
  readonly key: IEncryptionKey;

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
   * @default 90
   */
  readonly noncurrentDaysKept?: number;

  /**
   * Days during which whatever was deleted for good can still be restored; 0 turns soft delete off.
   *
   * @default 7
   */
  readonly softDeleteDays?: number;

  /**
   * Whether Terraform refuses to destroy the bucket. Without protection it is destroyed with all it holds.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;
}

abstract class BucketBase extends Construct implements IEncryptedBucket {
  abstract readonly bucketName: string;

  grantRead(identity: IIdentity): ITerraformDependable {
    return this.grant("Read", identity, "roles/storage.objectViewer");
  }

  grantCreate(identity: IIdentity): ITerraformDependable {
    return this.grant("Create", identity, "roles/storage.objectCreator");
  }

  grantWrite(identity: IIdentity): ITerraformDependable {
    return this.grant("Write", identity, "roles/storage.objectUser");
  }

  grantAdmin(identity: IIdentity): ITerraformDependable {
    return this.grant("Admin", identity, "roles/storage.admin");
  }

  private grant(what: string, identity: IIdentity, role: string): ITerraformDependable {
    return new StorageBucketIamMember(identity, `${what} ${this.node.path}`, {
      bucket: this.bucketName,
      role,
      member: identity.member,
    });
  }
}

/** A bucket that is encrypted with a key of one's own, versioned, and closed to the public for good. */
export class EncryptedBucket extends BucketBase {
  /** A bucket that is managed elsewhere. */
  static fromBucketName(scope: Construct, id: string, bucketName: string): IEncryptedBucket {
    return new ImportedBucket(scope, id, bucketName);
  }

  readonly bucketName: string;

  constructor(scope: Construct, id: string, props: EncryptedBucketProps) {
    super(scope, id);
    const {
      name,
      key,
      noncurrentVersionsKept = 3,
      noncurrentDaysKept = 90,
      softDeleteDays = 7,
      deletionProtection = true,
    } = props;
    ConstructError.throwIfAny(this, [
      ...checkName("bucket", "name", name),
      ...checkAtLeastOne("noncurrentVersionsKept", noncurrentVersionsKept),
      ...checkAtLeastOne("noncurrentDaysKept", noncurrentDaysKept),
      ...checkSoftDelete("softDeleteDays", softDeleteDays),
    ]);

    this.bucketName = new StorageBucket(this, "Resource", {
      name,
      location: key.location,
      encryption: { defaultKmsKeyName: key.keyIdFor(ServiceAgent.STORAGE) },
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      versioning: { enabled: true },
      softDeletePolicy: { retentionDurationSeconds: softDeleteDays * 86_400 },
      lifecycleRule: [
        { action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: 7 } },
        {
          action: { type: "Delete" },
          // Of the newer versions Google counts the live one too:
          // https://cloud.google.com/storage/docs/lifecycle#numnewerversions
          condition: { withState: "ARCHIVED", numNewerVersions: noncurrentVersionsKept + 1 },
        },
        {
          action: { type: "Delete" },
          condition: { withState: "ARCHIVED", daysSinceNoncurrentTime: noncurrentDaysKept },
        },
      ],
      forceDestroy: !deletionProtection,
      lifecycle: { preventDestroy: deletionProtection },
    }).name;
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

function checkAtLeastOne(property: string, received: number): Finding[] {
  if (Number.isInteger(received) && received >= 1) return [];
  return [{ property, received, remedy: "use a whole number from 1" }];
}

/** Findings on days of soft delete that Google does not offer. */
export function checkSoftDelete(property: string, days: number): Finding[] {
  if (days === 0 || (Number.isInteger(days) && days >= 7 && days <= 90)) return [];
  return [{ property, received: days, remedy: "use 7 to 90 whole days, or 0 for none" }];
}
