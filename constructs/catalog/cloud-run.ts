/** What Cloud Run accepts, second generation execution environment. */
export const cloudRunCatalog = {
  asOf: "2026-11-20",
  source: "https://cloud.google.com/run/quotas",

  /** https://cloud.google.com/run/docs/configuring/services/cpu and .../memory-limits */
  memoryMiBPerCpu: [
    { cpu: 1, min: 512, max: 4_096 },
    { cpu: 2, min: 512, max: 8_192 },
    { cpu: 4, min: 2_048, max: 16_384 },
    { cpu: 6, min: 4_096, max: 24_576 },
    { cpu: 8, min: 4_096, max: 32_768 },
  ],

  concurrencyMax: 1_000,
  instancesMax: 1_000,
  requestTimeoutSecondsMax: 3_600,
  /** From SIGTERM to SIGKILL: https://cloud.google.com/run/docs/container-contract#instance-shutdown */
  terminationSeconds: 10,
  /** Period times failure threshold of a startup probe: https://cloud.google.com/run/docs/configuring/healthchecks */
  startupSecondsMax: 240,
} as const;
