import { type Accelerator, acceleratorFacts, findZones } from "../catalog/accelerators";
import { hourlyPrice } from "../catalog/hourly-price";
import {
  type AcceleratorCount,
  countsOf,
  type MachineType,
  machineTypes,
  zonesOfMachine,
} from "../catalog/machine-types";
import { regionOf, regions, tpuRegionZones } from "../catalog/regions";

/** A machine that holds a number of accelerators, and where it is offered. */
export interface AcceleratorOffer {
  readonly accelerator: Accelerator;
  readonly count: number;
  readonly machineType: string;
  /** Of the region asked for; of all where none was. */
  readonly zones: readonly string[];
  /** List price on demand in the region asked for, or the lowest where none was. */
  readonly usdPerHour?: number;
  /** The lowest of other regions, where the catalog has none of this one. */
  readonly usdPerHourElsewhere?: number;
}

/** Accelerators that some machine of the catalog holds. */
export function offeredAccelerators(kind: "gpu" | "tpu"): readonly Accelerator[] {
  const names = machineTypes().flatMap(({ attached, attachable }) => [
    ...(attached === undefined ? [] : [attached.accelerator]),
    ...attachable.map(({ accelerator }) => accelerator),
  ]);
  return [...new Set(names)].filter((name) => acceleratorFacts(name).kind === kind);
}

/** Machines with so many of an accelerator that a region, or any, offers and that keep up with them: the cheapest first. */
export function acceleratorOffers(
  accelerator: Accelerator,
  count: number,
  region?: string,
): readonly AcceleratorOffer[] {
  return machineTypes()
    .filter((machine) => countsOf(machine, accelerator).includes(count))
    .filter((machine) => machine.attached !== undefined || keepsUpWith(machine, accelerator, count))
    .map((machine) => ({ machine, offer: offerOf(machine, accelerator, count, region) }))
    .filter(({ offer }) => offer.zones.length > 0)
    .sort((one, other) => cheaperFirst(one.offer, other.offer) || one.machine.vcpus - other.machine.vcpus)
    .map(({ offer }) => offer);
}

const pricedRegions = [...regions, ...tpuRegionZones.map(regionOf)];

type Priced = Pick<AcceleratorOffer, "usdPerHour" | "usdPerHourElsewhere">;

/** By price; what has none comes last. */
export function cheaperFirst(one: Priced, other: Priced): number {
  const [price, otherPrice] = [one, other].map(
    ({ usdPerHour, usdPerHourElsewhere }) => usdPerHour ?? usdPerHourElsewhere ?? Number.POSITIVE_INFINITY,
  );
  return price === otherPrice ? 0 : price - otherPrice;
}

/** What g2-standard-4 has for its L4, the least that Google pairs with a GPU: 4 CPUs, and two thirds of its memory. */
function keepsUpWith({ vcpus, memoryGiB }: MachineType, accelerator: Accelerator, count: number): boolean {
  return vcpus >= 4 * count && memoryGiB >= (acceleratorFacts(accelerator).memoryGiB * count * 2) / 3;
}

function offerOf(
  machine: MachineType,
  accelerator: Accelerator,
  count: number,
  region: string | undefined,
): AcceleratorOffer {
  const offering = findZones(accelerator, region);
  const added = machine.attached === undefined ? { accelerator, count } : undefined;
  return {
    accelerator,
    count,
    machineType: machine.name,
    zones: zonesOfMachine(machine).filter((zone) => offering.includes(zone)),
    ...pricesOf(machine.name, region, added),
  };
}

/** List prices of a machine with what is added to it: in a region or, where the catalog has none of it, elsewhere. */
export function pricesOf(machine: string, region: string | undefined, added?: AcceleratorCount): Priced {
  const here = region === undefined ? undefined : hourlyPrice(machine, region, added)?.onDemandUsd;
  if (here !== undefined) return { usdPerHour: here };
  const prices = pricedRegions.flatMap((other) => hourlyPrice(machine, other, added)?.onDemandUsd ?? []);
  if (prices.length === 0) return {};
  const lowest = Math.min(...prices);
  return region === undefined ? { usdPerHour: lowest } : { usdPerHourElsewhere: lowest };
}
