import { type Accelerator, acceleratorFacts, regionOf } from "../catalog/accelerators";
import { cloudRunCatalog } from "../catalog/cloud-run";
import { type MachineType, machineTypes, zonesOfMachine } from "../catalog/machine-types";
import { ConstructError } from "../construct-error";
import {
  type AcceleratorOffer,
  acceleratorOffers,
  cheaperFirst,
  countsPerMachine,
  offeredAccelerators,
  pricesOf,
} from "./accelerator-offers";
import {
  checkHardwareRequest,
  type HardwareRequest,
  type HardwareWork,
  hardwareWork,
} from "./hardware-request";
import { acceleratorRules, type HardwareKind, kindRules, readMs, reasonOf } from "./hardware-rules";
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
  /** Machines that the model has to be divided over; 1 unless none is large enough. */
  readonly machines: number;
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

/**
 * The hardware that suits a workload: a kind by the table of rules, and of that kind the cheapest machine whose memory
 * holds model and batch.
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
    const reason = `no machine of the catalog offers one in ${work.region ?? "any region"}`;
    if (!absent.some(({ alternative }) => alternative === rule.kind))
      absent.push({ alternative: rule.kind, reason });
  }
  throw new ConstructError("recommendHardware", [
    {
      property: "region",
      received: work.region,
      remedy: `use another: ${absent.map(({ reason }) => reason)[0]}`,
    },
  ]);
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
  const offers = candidates.flatMap((accelerator) =>
    countsPerMachine(accelerator).flatMap((count) =>
      acceleratorOffers(accelerator, count, work.region).slice(0, 1),
    ),
  );
  const [best] = offers
    .filter((offer) => memoryOf(offer) >= need && isFastEnough(offer, work))
    .sort(byPriceAndMemory);
  const offer = best ?? offers.toSorted((one, other) => memoryOf(other) - memoryOf(one))[0];
  if (offer === undefined) return undefined;
  const machines = Math.max(1, Math.ceil(need / memoryOf(offer)));
  const { accelerator, count, machineType, zones, usdPerHour } = offer;
  const { memoryGiB } = acceleratorFacts(accelerator);
  const share = `${Math.round(MEMORY_SHARE * 100)} %`;
  return {
    choice: {
      kind,
      accelerator,
      count,
      machineType,
      machines,
      zones,
      usdPerHour,
      where: placeOf(kind, work, need),
      runtime: optimisedRuntime(kind, work),
    },
    reasons: [
      `${gibibytes(need)} of model and batch fit ${count} ${accelerator}, ${count > 1 ? "each " : ""}${memoryGiB} GiB at ${share}`,
    ].filter(() => machines === 1),
    rejected: [...(suited.length > 0 ? unsuited : []), ...others(candidates, offers, offer, work)],
    warnings: [
      ...(machines === 1 ? [] : [tooLarge(need, machineType, machines)]),
      ...(isFastEnough(offer, work) ? [] : [tooSlow(offer, work)]),
      ...(suited.length > 0 ? [] : unsuited.slice(0, 1).map(({ reason }) => reason)),
      ...(kind === "tpu" && work.trainingDays > 1
        ? [
            "this is the least that holds the model: take a slice as large as the batch divides over to end sooner",
          ]
        : []),
    ],
  };
}

/** Why another accelerator of the kind was not taken. */
function others(
  candidates: readonly Accelerator[],
  offers: readonly AcceleratorOffer[],
  chosen: AcceleratorOffer,
  work: HardwareWork,
): RejectedHardware[] {
  return candidates
    .filter((name) => name !== chosen.accelerator)
    .map((name) => {
      const ofIt = offers.filter(({ accelerator }) => accelerator === name);
      return { alternative: name, reason: whyNot(ofIt, chosen, work) };
    });
}

function whyNot(offers: readonly AcceleratorOffer[], chosen: AcceleratorOffer, work: HardwareWork): string {
  if (offers.length === 0) return `not offered in ${work.region ?? "any region"}`;
  const need = memoryNeed(work);
  const [largest] = offers.toSorted((one, other) => memoryOf(other) - memoryOf(one));
  if (memoryOf(largest) < need)
    return `${largest.machineType}, its largest machine, has ${gibibytes(memoryOf(largest))} of the ${gibibytes(need)} needed`;
  const [best] = offers
    .filter((offer) => memoryOf(offer) >= need && isFastEnough(offer, work))
    .toSorted(byPriceAndMemory);
  if (best === undefined) return tooSlow(largest, work);
  const [price, enough] = [best, chosen].map(priceInWords);
  if (price !== undefined && enough !== undefined)
    return `${best.machineType} costs ${price}, and ${chosen.machineType} ${enough}`;
  return `${best.machineType} has ${gibibytes(memoryOf(best))}, where ${gibibytes(need)} suffice`;
}

function priceInWords({ usdPerHour, usdPerHourElsewhere }: AcceleratorOffer): string | undefined {
  if (usdPerHour !== undefined) return `$${usdPerHour.toFixed(2)} an hour`;
  if (usdPerHourElsewhere === undefined) return undefined;
  return `$${usdPerHourElsewhere.toFixed(2)} an hour in other regions`;
}

function memoryOf({ accelerator, count }: AcceleratorOffer): number {
  return count * acceleratorFacts(accelerator).memoryGiB * GIB * MEMORY_SHARE;
}

function byPriceAndMemory(one: AcceleratorOffer, other: AcceleratorOffer): number {
  return cheaperFirst(one, other) || memoryOf(one) - memoryOf(other) || one.count - other.count;
}

function isFastEnough({ accelerator, count }: AcceleratorOffer, work: HardwareWork): boolean {
  if (work.latencyMs === undefined || work.workload !== "online-inference") return true;
  return readMs(work.modelBytes, count * acceleratorFacts(accelerator).memoryGBps) <= work.latencyMs;
}

function tooSlow({ accelerator, count }: AcceleratorOffer, { modelBytes, latencyMs }: HardwareWork): string {
  const ms = readMs(modelBytes, count * acceleratorFacts(accelerator).memoryGBps);
  return `${count} ${accelerator} read the weights in ${ms.toFixed(0)} ms, and ${latencyMs} ms are asked for: quantise them`;
}

function tooLarge(need: number, machine: string, machines: number): string {
  return `${gibibytes(need)} take ${counted(machines, "machine")} of ${machine}: divide the model over them`;
}

function placeOf(kind: HardwareKind, { workload }: HardwareWork, need: number): HardwareChoice["where"] {
  if (workload !== "online-inference") return "gke-job";
  const most = Math.max(...cloudRunCatalog.memoryMiBPerCpu.map(({ max }) => max)) * 1024 ** 2;
  return kind === "cpu" && need <= most ? "cloud-run" : "gke-endpoint";
}
