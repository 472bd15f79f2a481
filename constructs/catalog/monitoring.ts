import type { Finding } from "../construct-error";

/** What Cloud Monitoring accepts of an alert on a metric. */
export const monitoringCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies",

  titleCharactersMax: 512,
  filterCharactersMax: 2_048,
  /** In whole minutes, and no longer than 23 hours and 30 minutes: https://cloud.google.com/monitoring/quotas */
  durationSeconds: { min: 60, max: 84_600, step: 60 },
  /** An incident without data closes after half an hour at the soonest. */
  autoCloseSecondsMin: 1_800,

  /** Share of the last seconds in which a GPU was at work, in percent, as the Ops Agent reports it of each GPU. */
  gpuUtilization: {
    metric: "agent.googleapis.com/gpu/utilization",
    source: "https://cloud.google.com/monitoring/api/metrics_opsagent#agent-gpu",
  },
} as const;

/** Findings on a time that no condition can hold for. */
export function checkConditionSeconds(property: string, seconds: number): Finding[] {
  const { min, max, step } = monitoringCatalog.durationSeconds;
  if (Number.isInteger(seconds) && seconds >= min && seconds <= max && seconds % step === 0) return [];
  return [{ property, received: seconds, remedy: `use ${min} to ${max} seconds, in whole minutes` }];
}
