import { StorageBucketIamMember } from "@cdktf/provider-google/lib/storage-bucket-iam-member";
import type { ITerraformDependable } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import type { IIdentity } from "../security/identity";

export interface IEncryptedBucket extends IConstruct {
  readonly bucketName: string;

  /** Lets an identity read and list objects and folders. Returns the grant, to wait for. */
  grantRead(identity: IIdentity): ITerraformDependable;

  /** Lets an identity add objects, and neither read nor replace nor delete any: for what writes logs. */
  grantCreate(identity: IIdentity): ITerraformDependable;

  /** Lets an identity read, add, replace and delete objects, and make, rename and delete folders. */
  grantWrite(identity: IIdentity): ITerraformDependable;

  /** Lets an identity do everything with objects and the bucket's own settings and grants. */
  grantAdmin(identity: IIdentity): ITerraformDependable;
}

/**
 * A bucket's grants. The roles hold what folders and managed folders need too, so that they are the same with a
 * hierarchical namespace: https://cloud.google.com/storage/docs/access-control/iam-roles
 */
export abstract class BucketBase extends Construct implements IEncryptedBucket {
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
