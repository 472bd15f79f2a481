import { StorageBucket, type StorageBucketLifecycleRule } from "@cdktf/provider-google/lib/storage-bucket";
import type { Construct } from "constructs";
import { DATA_CLASSIFICATION_LABEL } from "../catalog/data-classification";
import { ConstructError, type Finding } from "../construct-error";
import { ServiceAgent } from "../security/service-agent";
import { BucketBase } from "./bucket";
import { checkBucket } from "./bucket-checks";
import { lifecycleRules } from "./bucket-lifecycle";
import type { EncryptedBucketProps } from "./bucket-props";
import { type BucketSettings, bucketSettings } from "./bucket-settings";

/** What a kind of bucket adds to what can be asked of any. */
export interface BucketKind {
  readonly findings?: readonly Finding[];
  readonly lifecycleRules?: readonly StorageBucketLifecycleRule[];
}

/** A bucket that this application creates. */
export abstract class ManagedBucket extends BucketBase {
  readonly bucketName: string;

  protected constructor(scope: Construct, id: string, props: EncryptedBucketProps, kind: BucketKind = {}) {
    super(scope, id);
    ConstructError.throwIfAny(this, [...checkBucket(props), ...(kind.findings ?? [])]);
    const { name, key, dataClassification, hierarchicalNamespace } = props;
    const settings = bucketSettings(props);

    this.bucketName = new StorageBucket(this, "Resource", {
      name,
      location: key.location,
      labels: dataClassification && { [DATA_CLASSIFICATION_LABEL]: dataClassification },
      ...storageClass(props, settings),
      encryption: { defaultKmsKeyName: key.keyIdFor(ServiceAgent.STORAGE) },
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      hierarchicalNamespace: hierarchicalNamespace ? { enabled: true } : undefined,
      // With a hierarchical namespace there is nothing to turn on or off.
      versioning: hierarchicalNamespace ? undefined : { enabled: settings.versioning },
      retentionPolicy: props.retention && {
        retentionPeriod: props.retention.days * 86_400,
        isLocked: props.retention.locked ?? false,
      },
      softDeletePolicy: { retentionDurationSeconds: settings.softDeleteDays * 86_400 },
      lifecycleRule: [...lifecycleRules(props, settings), ...(kind.lifecycleRules ?? [])],
      forceDestroy: !settings.deletionProtection,
      lifecycle: { preventDestroy: settings.deletionProtection },
    }).name;
  }
}

function storageClass(
  { readFrequency, autoclassTerminal = "archive" }: EncryptedBucketProps,
  settings: BucketSettings,
) {
  if (readFrequency === "unknown")
    return { autoclass: { enabled: true, terminalStorageClass: autoclassTerminal.toUpperCase() } };
  const [{ storageClass: first }] = settings.stages;
  // What is not said is standard.
  return first.minimumDays === 0 ? {} : { storageClass: first.name };
}
