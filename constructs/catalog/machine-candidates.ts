import { type Accelerator, acceleratorFacts, findZones } from "./accelerators";
import { type HourlyPrice, hourlyPrice } from "./hourly-price";
import type { MachineRequirement } from "./machine-requirement";
import { type AcceleratorCount, type MachineType, machineTypes, zonesOfMachine } from "./machine-types";
import { regionOf } from "./regions";

/** A machine that has what is asked for. */
export interface MachineCandidate {
  readonly machine: MachineType;
  /** What it has of accelerators: those that come with it, or those that are to be added. */
  readonly accelerators?: AcceleratorCount;
  /** Zones that offer it, of those asked for. */
  readonly zones: readonly string[];
  /** None where the catalog has no list price of it. */
  readonly price?: HourlyPrice;
}

/** Machines that have what is asked for, in no order. */
export function candidatesFor(requirement: MachineRequirement): MachineCandidate[] {
  const { everyZone = [] } = requirement;
  return machineTypes()
    .filter((machine) => fits(machine, requirement))
    .flatMap((machine) =>
      acceleratorsFor(machine, requirement).map((accelerators) => ({ machine, accelerators })),
    )
    .map((candidate) => ({ ...candidate, zones: zonesFor(candidate, requirement) }))
    .filter(({ zones }) => zones.length > 0 && everyZone.every((zone) => zones.includes(zone)))
    .map((candidate) => ({ ...candidate, price: cheapestPrice(candidate) }));
}

function fits(machine: MachineType, requirement: MachineRequirement): boolean {
  const { vcpus = 0, memoryGiB = 0, localSsds = 0, architecture, instructionSet } = requirement;
  return (
    machine.vcpus >= vcpus &&
    machine.memoryGiB >= memoryGiB &&
    Math.max(machine.localSsds.bundled, ...machine.localSsds.choices) >= localSsds &&
    (architecture === undefined || machine.architecture === architecture) &&
    (instructionSet === undefined || machine.instructionSets.includes(instructionSet))
  );
}

/** What a machine can have of the accelerators asked for, fewest first; one `undefined` if none are. */
function acceleratorsFor(
  { attached, attachable }: MachineType,
  requirement: MachineRequirement,
): (AcceleratorCount | undefined)[] {
  const { accelerator, count, acceleratorMemoryGiB } = requirement;
  if (accelerator === undefined && count === undefined && acceleratorMemoryGiB === undefined)
    return attached === undefined ? [undefined] : [];
  const offered = [
    ...(attached === undefined ? [] : [{ accelerator: attached.accelerator, counts: [attached.count] }]),
    ...attachable,
  ];
  return offered
    .filter((each) =>
      accelerator === undefined ? isGpu(each.accelerator) : each.accelerator === accelerator,
    )
    .flatMap((each) => {
      const enough = each.counts.find((number) => isEnough(each.accelerator, number, requirement));
      return enough === undefined ? [] : [{ accelerator: each.accelerator, count: enough }];
    });
}

/** A TPU runs what was written for it, so that one is only chosen where it was asked for. */
export function isGpu(accelerator: Accelerator): boolean {
  return acceleratorFacts(accelerator).kind === "gpu";
}

function isEnough(
  accelerator: Accelerator,
  number: number,
  { count = 1, acceleratorMemoryGiB = 0 }: MachineRequirement,
): boolean {
  return number >= count && number * acceleratorFacts(accelerator).memoryGiB >= acceleratorMemoryGiB;
}

function zonesFor(
  { machine, accelerators }: { machine: MachineType; accelerators?: AcceleratorCount },
  { region, zone, everyZone = [] }: MachineRequirement,
): string[] {
  const offering = accelerators && new Set(findZones(accelerators.accelerator));
  return zonesOfMachine(machine)
    .filter((each) => offering === undefined || offering.has(each))
    .filter((each) => everyZone.length === 0 || everyZone.includes(each))
    .filter((each) => zone === undefined || each === zone)
    .filter((each) => region === undefined || regionOf(each) === region);
}

function cheapestPrice({
  machine,
  accelerators,
  zones,
}: Omit<MachineCandidate, "price">): HourlyPrice | undefined {
  const added = machine.attached === undefined ? accelerators : undefined;
  return [...new Set(zones.map(regionOf))]
    .map((region) => hourlyPrice(machine.name, region, added))
    .filter((price) => price !== undefined)
    .sort((one, other) => one.onDemandUsd - other.onDemandUsd || one.region.localeCompare(other.region))[0];
}
