/** What Secret Manager accepts. */
export const secretManagerCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets",

  /** Google takes an hour to a hundred years: https://cloud.google.com/secret-manager/docs/secret-rotation */
  rotationDays: { min: 1, max: 36_500 },
  /** https://cloud.google.com/secret-manager/docs/delay-destruction-of-secret-versions */
  versionDestroyDays: { min: 1, max: 1_000 },
} as const;
