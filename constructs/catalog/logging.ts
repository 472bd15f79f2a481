/** What Cloud Logging and its alerts accept. */
export const loggingCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/logging/docs/buckets",

  retentionDays: { min: 1, max: 3_650 },
  /** What Google itself keeps admin activity for: https://cloud.google.com/logging/quotas#logs_retention_periods */
  requiredRetentionDays: 400,

  /** The kinds of audit log: https://cloud.google.com/logging/docs/audit#types */
  auditLogs: {
    adminActivity: "cloudaudit.googleapis.com/activity",
    dataAccess: "cloudaudit.googleapis.com/data_access",
    systemEvent: "cloudaudit.googleapis.com/system_event",
    policyDenied: "cloudaudit.googleapis.com/policy",
    accessTransparency: "cloudaudit.googleapis.com/access_transparency",
  },

  /** https://cloud.google.com/logging/docs/audit/configure-data-access#config-options */
  dataAccessTypes: ["ADMIN_READ", "DATA_READ", "DATA_WRITE"],

  /** https://cloud.google.com/logging/docs/alerting/log-based-alerts */
  notificationPeriodSecondsMin: 300,
  autoCloseSecondsMax: 604_800,
  /** https://cloud.google.com/logging/quotas */
  filterCharactersMax: 20_000,
  /** https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies */
  titleCharactersMax: 512,
} as const;
