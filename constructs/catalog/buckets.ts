/** What Google accepts of a bucket. */
export const bucketCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/storage/quotas",

  /** https://cloud.google.com/storage/docs/soft-delete */
  softDeleteDays: { min: 7, max: 90 },

  /**
   * Google keeps an object for up to a hundred years. The provider takes seconds in 32 bits, which is 68 of them:
   * https://github.com/hashicorp/terraform-provider-google/blob/v6.50.0/google/services/storage/resource_storage_bucket.go
   */
  retentionDaysMax: 24_855,
} as const;
