/** What Cloud KMS accepts for a symmetric key. */
export const cloudKmsCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/kms/docs/create-key",

  /** Longer than a year Google allows too; the CIS benchmark asks for 90 days: https://cloud.google.com/kms/docs/key-rotation */
  rotationDays: { min: 1, max: 365 },
  /** 24 hours to 120 days, settled when the key is made: https://cloud.google.com/kms/docs/destroy-restore */
  destroyScheduledDays: { min: 1, max: 120 },
} as const;
