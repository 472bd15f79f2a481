import { auditRecordTypes, judgeAuditRetention } from "../audit-records";
import { pciDss } from "../control";
import type { EnvironmentRule } from "../rule";

/** Twelve months, as the days of a year are counted. */
const DAYS_MIN = 365;

export const auditKept12Months: EnvironmentRule = {
  id: "audit-kept-12-months",
  checks: `Audit records are kept for twelve months, ${DAYS_MIN} days.`,
  why: "A theft of card data is found months after it happened, and then its beginning is looked for.",
  remedy: `set retention_days of the audit log bucket, or the retention of its archive bucket, to ${DAYS_MIN} days`,
  controls: [pciDss("10.5.1")],
  level: "error",
  appliesTo: auditRecordTypes,
  judgeAll: (environment, records) => judgeAuditRetention(environment, records, DAYS_MIN),
};
