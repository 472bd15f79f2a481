import { auditRecordTypes, judgeAuditRetention } from "../audit-records";
import { hipaa } from "../control";
import type { EnvironmentRule } from "../rule";

/** Six years, two of them leap years. */
const DAYS_MIN = 6 * 365 + 2;

export const auditKept6Years: EnvironmentRule = {
  id: "audit-kept-6-years",
  checks: `Audit records are kept for six years, ${DAYS_MIN} days.`,
  why: "Records of what was done to protected health information must be kept for six years.",
  remedy: `set retention_days of the audit log bucket, or the retention of its archive bucket, to ${DAYS_MIN} days`,
  controls: [hipaa("164.316(b)(2)(i)")],
  level: "error",
  appliesTo: auditRecordTypes,
  judgeAll: (environment, records) => judgeAuditRetention(environment, records, DAYS_MIN),
};
