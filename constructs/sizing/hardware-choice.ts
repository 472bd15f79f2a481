import type { Accelerator } from "../catalog/accelerators";
import { cloudRunCatalog } from "../catalog/cloud-run";
import type { HardwareWork } from "./hardware-request";
import type { HardwareKind } from "./hardware-rules";
import { counted, gibibytes } from "./quantities";

export interface HardwareChoice {
  readonly kind: HardwareKind;
  /** Absent on a CPU. */
  readonly accelerator?: Accelerator;
  /** Accelerators of one machine; 0 on a CPU. */
  readonly count: number;
  /** Machine of a node pool. */
  readonly machineType: string;
  /** Machines that the model has to be divided over; 1 unless none is large enough, or less than a slice of several TPUs. */
  readonly machines: number;
  /** Shape of the slice, of TPUs. */
  readonly topology?: string;
  /** Of the region asked for; of all where none was. */
  readonly zones: readonly string[];
  /** List price of one machine, on demand; absent where the catalog has none. */
  readonly usdPerHour?: number;
  readonly where: "cloud-run" | "gke-endpoint" | "gke-job";
  /** Build or runtime that makes the most of it. */
  readonly runtime: string;
}

/** Something else that could have been chosen, and why it was not. */
export interface RejectedHardware {
  /** A kind of hardware, or an accelerator. */
  readonly alternative: string;
  readonly reason: string;
}

export interface HardwareAdvice {
  readonly choice: HardwareChoice;
  readonly reasons: readonly string[];
  readonly rejected: readonly RejectedHardware[];
  /** What the choice leaves open, or what of the request it cannot keep. */
  readonly warnings: readonly string[];
}

/** That no single machine holds it. */
export function tooLarge(need: number, machine: string, machines: number): string {
  return `${gibibytes(need)} take ${counted(machines, "machine")} of ${machine}: divide the model over them`;
}

/** Where a workload runs on a kind of hardware: on Cloud Run, or in a cluster. */
export function placeOf(
  kind: HardwareKind,
  { workload }: HardwareWork,
  need: number,
): HardwareChoice["where"] {
  if (workload !== "online-inference") return "gke-job";
  const most = Math.max(...cloudRunCatalog.memoryMiBPerCpu.map(({ max }) => max)) * 1024 ** 2;
  return kind === "cpu" && need <= most ? "cloud-run" : "gke-endpoint";
}
