import { bucketCatalog } from "../catalog/buckets";
import { checkDataClassification } from "../catalog/data-classification";
import { checkDays } from "../catalog/days";
import { checkName } from "../catalog/names";
import {
  type ReadFrequency,
  readFrequencies,
  type StorageClass,
  storageClassFor,
} from "../catalog/storage-classes";
import { checkWhole } from "../catalog/whole-numbers";
import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import type { BucketRetention, EncryptedBucketProps } from "./bucket-props";
import { type BucketSettings, bucketSettings, paidForDays, storageClassAt } from "./bucket-settings";

/** A request as it was stated, and what it amounts to. */
type Request = Readonly<{ stated: EncryptedBucketProps; settings: BucketSettings }>;

interface CombinationRule {
  readonly property: keyof EncryptedBucketProps;
  readonly refused: (request: Request) => boolean;
  readonly remedy: string | ((request: Request) => string);
  readonly source: string;
}

/** What cannot be had together, or would not do what it says. */
const combinationRules: readonly CombinationRule[] = [
  {
    property: "versioning",
    refused: ({ stated }) => Boolean(stated.hierarchicalNamespace && stated.versioning),
    remedy:
      "leave it out: with hierarchicalNamespace Google keeps no versions, and soft delete is what restores",
    source: "https://cloud.google.com/storage/docs/hns-overview#limitations",
  },
  {
    property: "retention",
    refused: ({ stated }) => Boolean(stated.hierarchicalNamespace && stated.retention),
    remedy: "leave it out: with hierarchicalNamespace Google offers no retention",
    source: "https://cloud.google.com/storage/docs/hns-overview#limitations",
  },
  {
    property: "lessReadAfterDays",
    refused: ({ stated }) =>
      stated.readFrequency === "unknown" && Object.keys(stated.lessReadAfterDays ?? {}).length > 0,
    remedy:
      'leave it out where readFrequency is "unknown": an object is moved by Autoclass or by rules, not by both',
    source: "https://cloud.google.com/storage/docs/autoclass#restrictions",
  },
  {
    property: "autoclassTerminal",
    refused: ({ stated }) => stated.readFrequency !== "unknown" && stated.autoclassTerminal !== undefined,
    remedy: 'state readFrequency: "unknown" with it, or leave it out: it is for objects that Autoclass moves',
    source: "https://cloud.google.com/storage/docs/autoclass",
  },
  ...(["noncurrentVersionsKept", "noncurrentDaysKept"] as const).map((property) => ({
    property,
    refused: ({ stated, settings }: Request) => !settings.versioning && stated[property] !== undefined,
    remedy: "leave it out: without versioning there are no older versions to keep",
    source: "https://cloud.google.com/storage/docs/object-versioning",
  })),
  {
    property: "noncurrentDaysKept",
    refused: ({ settings }) =>
      settings.versioning && settings.noncurrentDaysKept < paidForDays(settings.stages),
    remedy: ({ settings }) =>
      `use at least ${paidForDays(settings.stages)}: an object that is read so rarely is paid for that long, even if it is gone`,
    source: "https://cloud.google.com/storage/docs/storage-classes",
  },
  {
    property: "expireAfterDays",
    refused: ({ stated, settings }) => paidBeyondExpiry(stated, settings) !== undefined,
    remedy: ({ stated, settings }) => {
      const storageClass = paidBeyondExpiry(stated, settings);
      return `use at least ${storageClass?.minimumDays}: an object in ${storageClass?.name} is paid for that long, even if it is gone. What goes sooner belongs in a bucket that is read more often`;
    },
    source: "https://cloud.google.com/storage/docs/storage-classes",
  },
  {
    property: "expireAfterDays",
    refused: ({ stated: { expireAfterDays, retention } }) =>
      expireAfterDays !== undefined && retention !== undefined && expireAfterDays < retention.days,
    remedy: ({ stated }) =>
      `use at least retention.days, which is ${stated.retention?.days}: no object can go before`,
    source: "https://cloud.google.com/storage/docs/bucket-lock",
  },
  {
    property: "deletionProtection",
    refused: ({ stated, settings }) => Boolean(stated.retention?.locked && !settings.deletionProtection),
    remedy: "leave it on, or leave retention unlocked: what is locked cannot be destroyed",
    source: "https://cloud.google.com/storage/docs/bucket-lock",
  },
];

/** Every reason for which Google would refuse a bucket, or would charge or keep other than was meant. */
export function checkBucket(props: EncryptedBucketProps): Finding[] {
  const faults = checkValues(props);
  const faulty = new Set(faults.map(({ property }) => property.split(".")[0]));
  const request = { stated: props, settings: bucketSettings(props) };
  return [
    ...faults,
    ...combinationRules
      // What is amiss already says nothing about its combinations.
      .filter(({ property, refused }) => !faulty.has(property) && refused(request))
      .map(({ property, remedy }) => ({
        property,
        received: props[property],
        remedy: typeof remedy === "string" ? remedy : remedy(request),
      })),
  ];
}

function checkValues(props: EncryptedBucketProps): Finding[] {
  const { dataClassification, softDeleteDays, retention } = props;
  return [
    ...checkName("bucket", "name", props.name),
    ...(dataClassification === undefined
      ? []
      : checkDataClassification("dataClassification", dataClassification)),
    ...checkReadFrequency(props),
    ...checkLessRead(props),
    ...checkAutoclassTerminal(props.autoclassTerminal),
    ...checkFromOne("noncurrentVersionsKept", props.noncurrentVersionsKept),
    ...checkFromOne("noncurrentDaysKept", props.noncurrentDaysKept),
    ...(softDeleteDays === undefined ? [] : checkSoftDelete("softDeleteDays", softDeleteDays)),
    ...checkFromOne("expireAfterDays", props.expireAfterDays),
    ...(retention === undefined ? [] : checkRetention("retention", retention)),
  ];
}

/** Findings on a number that is stated and is not at least one. */
export function checkFromOne(property: string, received: number | undefined): Finding[] {
  return received === undefined ? [] : checkWhole(property, received, 1);
}

/** Findings on days of soft delete that Google does not offer. */
export function checkSoftDelete(property: string, days: number): Finding[] {
  return days === 0 ? [] : checkDays(property, days, bucketCatalog.softDeleteDays, ", or 0 for none");
}

/** Findings on a retention that Google does not offer, or Terraform cannot ask for. */
export function checkRetention(property: string, { days }: BucketRetention): Finding[] {
  return checkDays(`${property}.days`, days, { min: 1, max: bucketCatalog.retentionDaysMax });
}

function checkReadFrequency({ readFrequency: received }: EncryptedBucketProps): Finding[] {
  const known = [...readFrequencies, "unknown"];
  if (received === undefined || known.includes(received)) return [];
  const remedy = `${didYouMean(received, known)}Use one of ${known.join(", ")}`;
  return [{ property: "readFrequency", received, remedy }];
}

function checkAutoclassTerminal(received: EncryptedBucketProps["autoclassTerminal"]): Finding[] {
  if (received === undefined || received === "nearline" || received === "archive") return [];
  return [{ property: "autoclassTerminal", received, remedy: "use nearline or archive" }];
}

/** An object moves to colder classes alone, and not before it has been in one for as long as it is paid for there. */
function checkLessRead({ readFrequency = "daily", lessReadAfterDays = {} }: EncryptedBucketProps): Finding[] {
  if (readFrequency === "unknown") return [];
  const colder = readFrequencies.slice(1);
  const findings: Finding[] = Object.entries(lessReadAfterDays)
    .filter(([frequency]) => !(colder as readonly string[]).includes(frequency))
    .map(([frequency, received]) => {
      const remedy = `${didYouMean(frequency, colder)}Use ${colder.join(", ")}`;
      return { property: `lessReadAfterDays.${frequency}`, received, remedy };
    });
  const days: Readonly<Partial<Record<ReadFrequency, number>>> = lessReadAfterDays;
  let last = { fromDay: 0, storageClass: storageClassFor(readFrequency) };
  for (const frequency of colder) {
    const received = days[frequency];
    const storageClass = storageClassFor(frequency);
    if (received === undefined || storageClass === undefined || last.storageClass === undefined) continue;
    const remedy = refusedMove(last.storageClass, last.fromDay, storageClass, received);
    if (remedy === undefined) last = { fromDay: received, storageClass };
    else findings.push({ property: `lessReadAfterDays.${frequency}`, received, remedy });
  }
  return findings;
}

function refusedMove(from: StorageClass, since: number, to: StorageClass, day: number): string | undefined {
  if (!Number.isInteger(day) || day < 1) return "use a whole number from 1";
  if (to.minimumDays <= from.minimumDays)
    return `leave it out: the data is read no more than ${from.readFrequency} before`;
  const earliest = Math.max(since + 1, from.minimumDays);
  if (day < earliest)
    return `use at least ${earliest}: an object in ${from.name} since day ${since} is paid for until then`;
  return undefined;
}

/** The class in which an object that goes with `expireAfterDays` is paid for beyond that. */
function paidBeyondExpiry(
  { expireAfterDays }: EncryptedBucketProps,
  { versioning, stages }: BucketSettings,
): StorageClass | undefined {
  // An object that becomes an older version stays for the days of those.
  if (expireAfterDays === undefined || versioning) return undefined;
  const storageClass = storageClassAt(stages, expireAfterDays);
  return storageClass && storageClass.minimumDays > expireAfterDays ? storageClass : undefined;
}
