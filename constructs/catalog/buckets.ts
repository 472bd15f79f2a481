/** What Google accepts of a bucket. */
export const bucketCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/storage/quotas",

  /** https://cloud.google.com/storage/docs/soft-delete */
  softDeleteDays: { min: 7, max: 90 },

  /** A hundred years, less a day: https://cloud.google.com/storage/docs/bucket-lock#retention-periods */
  retentionDaysMax: 36_524,
} as const;
