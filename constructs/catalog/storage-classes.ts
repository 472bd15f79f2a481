/** How often data is read: every day, or about once in a month, in a quarter, in a year. */
export type ReadFrequency = "daily" | "monthly" | "quarterly" | "yearly";

export interface StorageClass {
  readonly name: "STANDARD" | "NEARLINE" | "COLDLINE" | "ARCHIVE";

  /** What the class is made for. */
  readonly readFrequency: ReadFrequency;

  /** Days that an object is paid for, however soon it goes. */
  readonly minimumDays: number;

  readonly usdPerGibMonth: number;

  readonly retrievalUsdPerGib: number;
}

const classes: readonly StorageClass[] = [
  {
    name: "STANDARD",
    readFrequency: "daily",
    minimumDays: 0,
    usdPerGibMonth: 0.02,
    retrievalUsdPerGib: 0,
  },
  {
    name: "NEARLINE",
    readFrequency: "monthly",
    minimumDays: 30,
    usdPerGibMonth: 0.01,
    retrievalUsdPerGib: 0.01,
  },
  {
    name: "COLDLINE",
    readFrequency: "quarterly",
    minimumDays: 90,
    usdPerGibMonth: 0.004,
    retrievalUsdPerGib: 0.02,
  },
  {
    name: "ARCHIVE",
    readFrequency: "yearly",
    minimumDays: 365,
    usdPerGibMonth: 0.0012,
    retrievalUsdPerGib: 0.05,
  },
];

/**
 * Cloud Storage's classes, the warmest first. The prices are those of us-central1; elsewhere they are higher, in about
 * the same proportion. Operations are left out: they count where objects are small.
 */
export const storageClassCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/storage/docs/storage-classes",
  pricesSource: "https://cloud.google.com/storage/pricing",
  classes,
} as const;

/** The most frequent first. */
export const readFrequencies = classes.map(({ readFrequency }) => readFrequency);

/** The class for data that is read so often. Nothing for what is no such frequency. */
export function storageClassFor(readFrequency: string): StorageClass | undefined {
  return classes.find((candidate) => candidate.readFrequency === readFrequency);
}

/** What to weigh the classes by. */
export interface StorageUse {
  /** How many times in a year all of the data is read, on average. */
  readonly readsPerYear: number;

  /** Days from an object's creation to its end. */
  readonly daysKept: number;
}

/** The class that costs least over an object's life; of two that cost the same, the warmer. */
export function cheapestStorageClass(use: StorageUse): StorageClass {
  return classes.reduce((cheapest: StorageClass, candidate: StorageClass) =>
    usdPerGib(candidate, use) < usdPerGib(cheapest, use) ? candidate : cheapest,
  );
}

function usdPerGib(storageClass: StorageClass, { readsPerYear, daysKept }: StorageUse): number {
  const monthsPaid = Math.max(daysKept, storageClass.minimumDays) * (12 / 365);
  const reads = readsPerYear * (daysKept / 365);
  return monthsPaid * storageClass.usdPerGibMonth + reads * storageClass.retrievalUsdPerGib;
}
