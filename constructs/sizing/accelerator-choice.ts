import { type Accelerator, acceleratorFacts } from "../catalog/accelerators";
import { type AcceleratorGroup, acceleratorGroups, priceOf } from "./accelerator-groups";
import { offeredAccelerators } from "./accelerator-offers";
import {
  bestOf,
  isFastEnough,
  isWeighedBySpeed,
  largestOf,
  MEMORY_SHARE,
  memoryOf,
  teraflopsOf,
  tooSlow,
} from "./group-ranking";
import { type HardwareAdvice, placeOf, type RejectedHardware, tooLarge } from "./hardware-choice";
import type { HardwareWork } from "./hardware-request";
import { acceleratorRules, isTraining, reasonOf } from "./hardware-rules";
import { memoryNeed } from "./memory-need";
import { optimisedRuntime } from "./optimised-runtimes";
import { gibibytes } from "./quantities";

/** What suits a workload best of the accelerators of a kind; nothing where the region offers none of them. */
export function chooseAccelerators(kind: "gpu" | "tpu", work: HardwareWork): HardwareAdvice | undefined {
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
