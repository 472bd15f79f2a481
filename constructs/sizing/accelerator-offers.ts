import { type Accelerator, acceleratorFacts, findZones } from "../catalog/accelerators";
import { type MachineType, machineTypes, zonesOfMachine } from "../catalog/machine-types";
import { machinePrice, machinePrices } from "../catalog/prices";

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

/** Numbers of an accelerator that one machine may hold, in order. */
export function countsPerMachine(accelerator: Accelerator): readonly number[] {
  const counts = machineTypes().flatMap((machine) => countsIn(machine, accelerator));
  return [...new Set(counts)].sort((one, other) => one - other);
}

/** Machines with so many of an accelerator that a region, or any, offers: the cheapest first. */
export function acceleratorOffers(
  accelerator: Accelerator,
  count: number,
  region?: string,
): readonly AcceleratorOffer[] {
  return machineTypes()
    .filter((machine) => countsIn(machine, accelerator).includes(count))
    .map((machine) => ({ machine, offer: offerOf(machine, accelerator, count, region) }))
    .filter(({ offer }) => offer.zones.length > 0)
    .sort((one, other) => cheaperFirst(one.offer, other.offer) || one.machine.vcpus - other.machine.vcpus)
    .map(({ offer }) => offer);
}

type Priced = Pick<AcceleratorOffer, "usdPerHour" | "usdPerHourElsewhere">;

/** By price; what has none comes last. */
export function cheaperFirst(one: Priced, other: Priced): number {
  const [price, otherPrice] = [one, other].map(
    ({ usdPerHour, usdPerHourElsewhere }) => usdPerHour ?? usdPerHourElsewhere ?? Number.POSITIVE_INFINITY,
  );
  return price === otherPrice ? 0 : price - otherPrice;
}

function countsIn({ attached, attachable }: MachineType, accelerator: Accelerator): readonly number[] {
  if (attached?.accelerator === accelerator) return [attached.count];
  return attachable.find((choice) => choice.accelerator === accelerator)?.counts ?? [];
}

function offerOf(
  machine: MachineType,
  accelerator: Accelerator,
  count: number,
  region: string | undefined,
): AcceleratorOffer {
  const offering = findZones(accelerator, region);
  return {
    accelerator,
    count,
    machineType: machine.name,
    zones: zonesOfMachine(machine).filter((zone) => offering.includes(zone)),
    // What is added to a machine has a price of its own.
    ...(machine.attached === undefined ? {} : pricesOf(machine.name, region)),
  };
}

/** List prices of a machine: in a region or, where the catalog has none of it, elsewhere. */
export function pricesOf(machine: string, region: string | undefined): Priced {
  const here = region === undefined ? undefined : machinePrice(machine, region);
  if (here !== undefined) return { usdPerHour: here.onDemandUsdPerHour };
  const prices = machinePrices()
    .filter(({ machineType }) => machineType === machine)
    .map(({ onDemandUsdPerHour }) => onDemandUsdPerHour);
  if (prices.length === 0) return {};
  const lowest = Math.min(...prices);
  return region === undefined ? { usdPerHour: lowest } : { usdPerHourElsewhere: lowest };
}
