import { acceleratorFacts } from "../catalog/accelerators";
import { type AcceleratorGroup, priceOf } from "./accelerator-groups";
import type { HardwareWork } from "./hardware-request";
import { readMs } from "./hardware-rules";
import { memoryNeed } from "./memory-need";
import { GIB } from "./quantities";

/** Share of an accelerator's memory that model and batch may take. */
export const MEMORY_SHARE = 0.9;

/** What speed may cost by the hour, over the cheapest that suffices. */
const DEARER_AT_MOST = 2.5;

/** Bytes that model and batch may take of it. */
export function memoryOf({ accelerator, count, machines }: AcceleratorGroup): number {
  return machines * count * acceleratorFacts(accelerator).memoryGiB * GIB * MEMORY_SHARE;
}

/** The best of those that hold model and batch and answer in time. */
export function bestOf(
  groups: readonly AcceleratorGroup[],
  work: HardwareWork,
): AcceleratorGroup | undefined {
  const sufficient = groups
    .filter((group) => memoryOf(group) >= memoryNeed(work) && isFastEnough(group, work))
    .sort((one, other) => byNumber(priceOf(one), priceOf(other)) || memoryOf(one) - memoryOf(other));
  if (!isWeighedBySpeed(work)) return sufficient[0];
  const affordable = sufficient.filter((group) => priceOf(group) <= DEARER_AT_MOST * priceOf(sufficient[0]));
  const cost = (group: AcceleratorGroup) =>
    Number((priceOf(group) / teraflopsOf(group, work)).toPrecision(2));
  return affordable.toSorted((one, other) => byNumber(cost(one), cost(other)))[0];
}

function byNumber(one: number, other: number): number {
  return one === other ? 0 : one - other;
}

/** What is to end costs as much less by the hour as it takes longer; what answers runs all the time. */
export function isWeighedBySpeed({ workload }: HardwareWork): boolean {
  return workload !== "online-inference";
}

export function teraflopsOf({ accelerator, count, machines }: AcceleratorGroup, work: HardwareWork): number {
  const { fp64, fp32, fp16, bf16 } = acceleratorFacts(accelerator).denseTflops;
  return machines * count * ((work.doublePrecision ? fp64 : (bf16 ?? fp16)) ?? fp32 ?? 0);
}

/** As many as it takes of the machine with most memory; of TPUs the largest slice. */
export function largestOf(groups: readonly AcceleratorGroup[], need: number): AcceleratorGroup | undefined {
  const [largest] = groups.toSorted((one, other) => memoryOf(other) - memoryOf(one));
  if (largest === undefined || largest.topology !== undefined) return largest;
  return { ...largest, machines: Math.max(1, Math.ceil(need / memoryOf(largest))) };
}

export function isFastEnough(group: AcceleratorGroup, work: HardwareWork): boolean {
  if (work.latencyMs === undefined || work.workload !== "online-inference") return true;
  return readMsOf(group, work) <= work.latencyMs;
}

function readMsOf({ accelerator, count, machines }: AcceleratorGroup, { modelBytes }: HardwareWork): number {
  return readMs(modelBytes, machines * count * acceleratorFacts(accelerator).memoryGBps);
}

/** That reading the weights alone takes longer than an answer may. */
export function tooSlow(group: AcceleratorGroup, work: HardwareWork): string {
  const ms = readMsOf(group, work).toFixed(0);
  const what = `${group.count * group.machines} ${group.accelerator}`;
  return `${what} read the weights in ${ms} ms, and ${work.latencyMs} ms are asked for: quantise them`;
}
