import { type Accelerator, acceleratorFacts } from "../catalog/accelerators";
import { cloudRunCatalog } from "../catalog/cloud-run";
import { type MachineType, machineTypes, zonesOfMachine } from "../catalog/machine-types";
import { nearestTo } from "../catalog/region-locations";
import { regionOf } from "../catalog/regions";
import { ConstructError } from "../construct-error";
import { type AcceleratorGroup, acceleratorGroups, priceOf } from "./accelerator-groups";
import { cheaperFirst, offeredAccelerators, pricesOf } from "./accelerator-offers";
import {
  checkHardwareRequest,
  type HardwareRequest,
  type HardwareWork,
  hardwareWork,
} from "./hardware-request";
import {
  acceleratorRules,
  type HardwareKind,
  isTraining,
  type KindRule,
  kindRules,
  readMs,
  reasonOf,
} from "./hardware-rules";
import { memoryNeed } from "./memory-need";
import { optimisedRuntime } from "./optimised-runtimes";
import { counted, GIB, gibibytes } from "./quantities";

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

/** Share of an accelerator's memory that model and batch may take. */
const MEMORY_SHARE = 0.9;

/** What speed may cost by the hour, over the cheapest that suffices. */
const DEARER_AT_MOST = 2.5;

/**
 * The hardware that suits a workload: a kind by the table of rules, and of that kind the cheapest machine whose memory
 * holds model and batch. For what is to end, training and batches, up to two and a half times as much is paid
 * for what computes more for its price.
 *
 * @throws ConstructError with every finding on the request, and where nothing in its region suits it
 */
export function recommendHardware(request: HardwareRequest): HardwareAdvice {
  ConstructError.throwIfAny("recommendHardware", checkHardwareRequest(request));
  const work = hardwareWork(request);
  const ruledOut = kindRules
    .filter((rule) => rule.verdict === "excludes" && rule.applies(work))
    .map((rule) => ({ alternative: rule.kind, reason: reasonOf(rule, work) }));
  const excluded = new Set<HardwareKind>(ruledOut.map(({ alternative }) => alternative));
  const preferred = kindRules.filter(
    (rule) => rule.verdict === "prefers" && !excluded.has(rule.kind) && rule.applies(work),
  );
  const absent: RejectedHardware[] = [];
  for (const rule of preferred) {
    const found = choose(rule.kind, work);
    if (found !== undefined)
      return {
        choice: found.choice,
        reasons: [reasonOf(rule, work), ...found.reasons],
        rejected: [
          ...ruledOut,
          ...absent,
          ...unneeded(rule.kind, [...excluded, ...absent.map(({ alternative }) => alternative)]),
          ...found.rejected,
        ],
        warnings: found.warnings,
      };
    const reason = `no machine of the catalog with one is offered in ${work.region ?? "any region"}`;
    if (!absent.some(({ alternative }) => alternative === rule.kind))
      absent.push({ alternative: rule.kind, reason });
  }
  throw new ConstructError("recommendHardware", [
    { property: "region", received: work.region, remedy: regionRemedy(preferred, work) },
  ]);
}

/** Where the kind that suits best is, which is not in the region that was asked for. */
function regionRemedy([{ kind }]: readonly KindRule[], work: HardwareWork): string {
  const zones = choose(kind, { ...work, region: undefined })?.choice.zones ?? [];
  const nearest = work.region === undefined ? undefined : nearestTo(work.region, zones);
  const where = nearest === undefined ? "" : `, nearest ${regionOf(nearest)}`;
  return `use another${where}: no machine of the catalog with a ${kind.toUpperCase()} is offered there`;
}

function unneeded(chosen: HardwareKind, named: readonly string[]): RejectedHardware[] {
  const reasons: Readonly<Record<HardwareKind, string>> = {
    cpu: "computes products of matrices far slower than an accelerator",
    gpu: "costs more than the work takes",
    tpu: "pays off in weeks of products of matrices, which this is not known to be",
  };
  return (Object.keys(reasons) as HardwareKind[])
    .filter((kind) => kind !== chosen && !named.includes(kind))
    .map((kind) => ({
      alternative: kind,
      reason:
        chosen === "tpu" && kind === "gpu"
          ? "costs more for weeks of the same products of matrices"
          : reasons[kind],
    }));
}

type Chosen = HardwareAdvice | undefined;

function choose(kind: HardwareKind, work: HardwareWork): Chosen {
  return kind === "cpu" ? chooseProcessors(work) : chooseAccelerators(kind, work);
}

/** Machines with matrix units first, since they multiply eight times as much a cycle; then by price and size. */
function chooseProcessors(work: HardwareWork): Chosen {
  const need = Math.max(memoryNeed(work), 2 * work.modelBytes);
  const machines = machineTypes()
    .filter(({ attached, vcpus }) => attached === undefined && vcpus >= 4)
    .map((machine) => ({
      machine,
      zones: zonesIn(machine, work.region),
      prices: pricesOf(machine.name, work.region),
    }))
    .filter(({ zones }) => zones.length > 0)
    .sort(
      (one, other) =>
        vectorRank(one.machine) - vectorRank(other.machine) ||
        cheaperFirst(one.prices, other.prices) ||
        one.machine.vcpus - other.machine.vcpus,
    );
  const best = machines.find(({ machine }) => machine.memoryGiB * GIB >= need) ?? machines.at(-1);
  if (best === undefined) return undefined;
  const { machine, zones, prices } = best;
  const count = Math.max(1, Math.ceil(need / (machine.memoryGiB * GIB)));
  const units = machine.instructionSets.at(-1);
  return {
    choice: {
      kind: "cpu",
      count: 0,
      machineType: machine.name,
      machines: count,
      zones,
      usdPerHour: prices.usdPerHour,
      where: placeOf("cpu", work, need),
      runtime: optimisedRuntime("cpu", work),
    },
    reasons: [
      `${machine.name} holds ${gibibytes(need)}${units === undefined ? "" : ` and has ${units.toUpperCase()}`}`,
    ],
    rejected: [],
    warnings: count === 1 ? [] : [tooLarge(need, machine.name, count)],
  };
}

function vectorRank({ instructionSets }: MachineType): number {
  if (instructionSets.includes("amx")) return 0;
  return instructionSets.includes("avx512") || instructionSets.includes("sve2") ? 1 : 2;
}

function zonesIn(machine: MachineType, region: string | undefined): readonly string[] {
  return zonesOfMachine(machine).filter((zone) => region === undefined || regionOf(zone) === region);
}

function chooseAccelerators(kind: "gpu" | "tpu", work: HardwareWork): Chosen {
  const need = memoryNeed(work);
  const names = offeredAccelerators(kind);
  const unsuited = names.flatMap((accelerator) => {
    const rule = acceleratorRules.find(
      ({ applies, suits }) => applies(work) && !suits(acceleratorFacts(accelerator), work),
    );
    return rule === undefined ? [] : [{ alternative: accelerator as string, reason: reasonOf(rule, work) }];
  });
  const suited = names.filter((name) => !unsuited.some(({ alternative }) => alternative === name));
  const candidates = suited.length > 0 ? suited : names;
  const groups = candidates.flatMap((accelerator) => acceleratorGroups(accelerator, work.region));
  const group = bestOf(groups, work) ?? largestOf(groups, need);
  if (group === undefined) return undefined;
  const { accelerator, count, machineType, machines, topology, zones, usdPerHour } = group;
  const { memoryGiB } = acceleratorFacts(accelerator);
  const all = count * machines;
  const share = `${Math.round(MEMORY_SHARE * 100)} %`;
  return {
    choice: {
      kind,
      accelerator,
      count,
      machineType,
      machines,
      ...(topology === undefined ? {} : { topology }),
      zones,
      usdPerHour,
      where: placeOf(kind, work, need),
      runtime: optimisedRuntime(kind, work),
    },
    reasons: [
      `${gibibytes(need)} of model and batch fit ${all} ${accelerator}, ${all > 1 ? "each " : ""}${memoryGiB} GiB at ${share}`,
    ].filter(() => memoryOf(group) >= need),
    rejected: [...(suited.length > 0 ? unsuited : []), ...others(candidates, groups, group, work)],
    warnings: [
      ...(machines === 1 ? [] : [tooLarge(need, machineType, machines)]),
      ...(isFastEnough(group, work) ? [] : [tooSlow(group, work)]),
      ...(suited.length > 0 ? [] : unsuited.slice(0, 1).map(({ reason }) => reason)),
      ...(isTraining(work) && work.trainingDays > 1 ? [leastThatHolds(kind)] : []),
    ],
  };
}

function leastThatHolds(kind: "gpu" | "tpu"): string {
  const more = kind === "tpu" ? "a slice as large as the batch divides over" : "more or faster GPUs";
  return `this is the least that holds model and batch: take ${more} to end sooner`;
}

/** Why another accelerator of the kind was not taken. */
function others(
  candidates: readonly Accelerator[],
  groups: readonly AcceleratorGroup[],
  chosen: AcceleratorGroup,
  work: HardwareWork,
): RejectedHardware[] {
  return candidates
    .filter((name) => name !== chosen.accelerator)
    .map((name) => {
      const ofIt = groups.filter(({ accelerator }) => accelerator === name);
      return { alternative: name, reason: whyNot(ofIt, chosen, work) };
    });
}

function whyNot(groups: readonly AcceleratorGroup[], chosen: AcceleratorGroup, work: HardwareWork): string {
  if (groups.length === 0) return `not offered in ${work.region ?? "any region"}`;
  const need = memoryNeed(work);
  const [largest] = groups.toSorted((one, other) => memoryOf(other) - memoryOf(one));
  if (memoryOf(largest) < need)
    return `${inWords(largest)}, the most of it, has ${gibibytes(memoryOf(largest))} of the ${gibibytes(need)} needed`;
  const best = bestOf(groups, work);
  if (best === undefined) return tooSlow(largest, work);
  const [price, enough] = [best, chosen].map((group) => priceInWords(group, work));
  if (price !== undefined && enough !== undefined)
    return `${inWords(best)} at ${price}, and ${inWords(chosen)} at ${enough}`;
  if (price === undefined) return `${inWords(best)} has no list price in the catalog to weigh`;
  return `${inWords(best)} has ${gibibytes(memoryOf(best))}, where ${gibibytes(need)} suffice`;
}

function inWords({ machineType, machines }: AcceleratorGroup): string {
  return machines === 1 ? machineType : `${machines} ${machineType}`;
}

function priceInWords(group: AcceleratorGroup, work: HardwareWork): string | undefined {
  const price = priceOf(group);
  if (!Number.isFinite(price)) return undefined;
  const where = group.usdPerHour === undefined ? " in other regions" : "";
  const speed = isWeighedBySpeed(work) ? ` for ${Math.round(teraflopsOf(group, work))} TFLOPS` : "";
  return `$${price.toFixed(2)} an hour${where}${speed}`;
}

function memoryOf({ accelerator, count, machines }: AcceleratorGroup): number {
  return machines * count * acceleratorFacts(accelerator).memoryGiB * GIB * MEMORY_SHARE;
}

/** The best of those that hold model and batch and answer in time. */
function bestOf(groups: readonly AcceleratorGroup[], work: HardwareWork): AcceleratorGroup | undefined {
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
function isWeighedBySpeed({ workload }: HardwareWork): boolean {
  return workload !== "online-inference";
}

function teraflopsOf({ accelerator, count, machines }: AcceleratorGroup, work: HardwareWork): number {
  const { fp64, fp32, fp16, bf16 } = acceleratorFacts(accelerator).denseTflops;
  return machines * count * ((work.doublePrecision ? fp64 : (bf16 ?? fp16)) ?? fp32 ?? 0);
}

/** As many as it takes of the machine with most memory; of TPUs the largest slice. */
function largestOf(groups: readonly AcceleratorGroup[], need: number): AcceleratorGroup | undefined {
  const [largest] = groups.toSorted((one, other) => memoryOf(other) - memoryOf(one));
  if (largest === undefined || largest.topology !== undefined) return largest;
  return { ...largest, machines: Math.max(1, Math.ceil(need / memoryOf(largest))) };
}

function isFastEnough(group: AcceleratorGroup, work: HardwareWork): boolean {
  if (work.latencyMs === undefined || work.workload !== "online-inference") return true;
  return readMsOf(group, work) <= work.latencyMs;
}

function readMsOf({ accelerator, count, machines }: AcceleratorGroup, { modelBytes }: HardwareWork): number {
  return readMs(modelBytes, machines * count * acceleratorFacts(accelerator).memoryGBps);
}

function tooSlow(group: AcceleratorGroup, work: HardwareWork): string {
  const ms = readMsOf(group, work).toFixed(0);
  const what = `${group.count * group.machines} ${group.accelerator}`;
  return `${what} read the weights in ${ms} ms, and ${work.latencyMs} ms are asked for: quantise them`;
}

function tooLarge(need: number, machine: string, machines: number): string {
  return `${gibibytes(need)} take ${counted(machines, "machine")} of ${machine}: divide the model over them`;
}

function placeOf(kind: HardwareKind, { workload }: HardwareWork, need: number): HardwareChoice["where"] {
  if (workload !== "online-inference") return "gke-job";
  const most = Math.max(...cloudRunCatalog.memoryMiBPerCpu.map(({ max }) => max)) * 1024 ** 2;
  return kind === "cpu" && need <= most ? "cloud-run" : "gke-endpoint";
}
