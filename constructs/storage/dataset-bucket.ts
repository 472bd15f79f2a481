import type { Construct } from "constructs";
import type { DataClassification } from "../catalog/data-classification";
import type { ReadFrequency } from "../catalog/storage-classes";
import type { EncryptedBucketProps } from "./bucket-props";
import { paidForDays, storageStages } from "./bucket-settings";
import { ManagedBucket } from "./managed-bucket";

export interface DatasetBucketProps extends EncryptedBucketProps {
  /** Kind of data that the bucket holds, as its label says. Policy rules ask for it. */
  readonly dataClassification: DataClassification;

  /**
   * How often the data is read, as with any `EncryptedBucket`.
   *
   * @default "unknown": a dataset is read for weeks and then rests
   */
  readonly readFrequency?: ReadFrequency | "unknown";

  /**
   * Days after which an older version goes, however few of them there are.
   *
   * @default - 90, and 21 of data about people: with seven days of soft delete and the day that Google takes for it, what
   * was erased is gone within the month that GDPR article 12(3) gives. Where the data is rarely read, at least as many as
   * Google charges for anyway
   */
  readonly noncurrentDaysKept?: number;
}

const aboutPeople: readonly DataClassification[] = ["personal", "health", "cardholder"];

/** Training data. It says what kind of data it is, and what a model was trained on can be had again. */
export class DatasetBucket extends ManagedBucket {
  constructor(scope: Construct, id: string, props: DatasetBucketProps) {
    const dataset = { ...props, readFrequency: props.readFrequency ?? "unknown" };
    super(scope, id, { ...dataset, noncurrentDaysKept: props.noncurrentDaysKept ?? defaultDays(dataset) });
  }
}

function defaultDays(props: DatasetBucketProps): number | undefined {
  // Where there are no older versions, none are kept.
  if (props.versioning === false || props.hierarchicalNamespace) return undefined;
  if (!aboutPeople.includes(props.dataClassification)) return undefined;
  return Math.max(21, paidForDays(storageStages(props)));
}
