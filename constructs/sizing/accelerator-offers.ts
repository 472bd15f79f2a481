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
  /** List price on demand; absent where the catalog has none for all that the machine holds. */
  readonly usdPerHour?: number;
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

/** By price; what has none comes last. */
export function cheaperFirst(one: AcceleratorOffer, other: AcceleratorOffer): number {
  const [price, otherPrice] = [one, other].map(({ usdPerHour }) => usdPerHour ?? Number.POSITIVE_INFINITY);
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
    usdPerHour: machine.attached === undefined ? undefined : priceOf(machine.name, region),
  };
}

/** List price of a machine in a region, or the lowest of all; nothing where the catalog has none. */
export function priceOf(machine: string, region: string | undefined): number | undefined {
  if (region !== undefined) return machinePrice(machine, region)?.onDemandUsdPerHour;
  const prices = machinePrices().filter(({ machineType }) => machineType === machine);
  if (prices.length === 0) return undefined;
  return Math.min(...prices.map(({ onDemandUsdPerHour }) => onDemandUsdPerHour));
}
