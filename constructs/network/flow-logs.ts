import type { ComputeSubnetworkLogConfig } from "@cdktf/provider-google/lib/compute-subnetwork";
import type { Finding } from "../construct-error";

/** Which of the connections of a subnet's machines are logged, and how closely. */
export interface FlowLogs {
  /**
   * Seconds of a connection that make one record: 5, 30, 60, 300, 600 or 900.
   *
   * @default 5
   */
  readonly intervalSeconds?: FlowLogInterval;

  /**
   * Part of the records that are kept, from above 0 to 1.
   *
   * @default 1
   */
  readonly sampling?: number;

  /**
   * Whether records name machines, pods and services beside their addresses.
   *
   * @default true
   */
  readonly metadata?: boolean;
}

export type FlowLogInterval = 5 | 30 | 60 | 300 | 600 | 900;

const intervals: Readonly<Record<FlowLogInterval, string>> = {
  5: "INTERVAL_5_SEC",
  30: "INTERVAL_30_SEC",
  60: "INTERVAL_1_MIN",
  300: "INTERVAL_5_MIN",
  600: "INTERVAL_10_MIN",
  900: "INTERVAL_15_MIN",
};

/** The defaults are those of the CIS benchmark, section 3.8: every subnet, 5 seconds, all records, with metadata. */
export function flowLogConfig(logs: FlowLogs): ComputeSubnetworkLogConfig {
  const { intervalSeconds = 5, sampling = 1, metadata = true } = logs;
  return {
    aggregationInterval: intervals[intervalSeconds],
    flowSampling: sampling,
    metadata: metadata ? "INCLUDE_ALL_METADATA" : "EXCLUDE_ALL_METADATA",
  };
}

export function checkFlowLogs(property: string, { intervalSeconds, sampling }: FlowLogs): Finding[] {
  return [
    ...(intervalSeconds === undefined || intervalSeconds in intervals
      ? []
      : [
          {
            property: `${property}.intervalSeconds`,
            received: intervalSeconds,
            remedy: `use one of ${Object.keys(intervals).join(", ")}`,
          },
        ]),
    ...(sampling === undefined || (sampling > 0 && sampling <= 1)
      ? []
      : [
          {
            property: `${property}.sampling`,
            received: sampling,
            remedy: "use a part of all records, from above 0 to 1: no subnet goes unlogged",
          },
        ]),
  ];
}
