import { type InstructionSet, minCpuPlatformFamilies, processorsWith } from "../catalog/cpu-platforms";
import { type MachineType, machineTypes, zonesOfMachine } from "../catalog/machine-types";
import { machinePrice } from "../catalog/prices";
import type { Finding } from "../construct-error";

/** What a machine has to have at least. */
export interface CpuMachineRequest {
  readonly vcpus: number;
  readonly memoryGiB: number;
  readonly instructionSet?: InstructionSet;
  readonly zones: readonly string[];
  readonly region: string;
}

/**
 * The cheapest machine without accelerators that has it in most of the zones, by the list prices of the region; the
 * smallest of those whose price is not known. None of Arm unless the instructions are, since Arm runs no image that was
 * built for another processor.
 */
export function findCpuMachine(request: CpuMachineRequest): MachineType | undefined {
  const { instructionSet, zones, region } = request;
  const missing = (machine: MachineType) =>
    zones.filter((zone) => !zonesOfMachine(machine).includes(zone)).length;
  const price = ({ name }: MachineType) =>
    machinePrice(name, region)?.onDemandUsdPerHour ?? Number.POSITIVE_INFINITY;
  return machineTypes()
    .filter((machine) => machine.attached === undefined && missing(machine) < zones.length)
    .filter(({ vcpus, memoryGiB }) => vcpus >= request.vcpus && memoryGiB >= request.memoryGiB)
    .filter(({ architecture, instructionSets }) =>
      instructionSet === undefined ? architecture === "x86" : instructionSets.includes(instructionSet),
    )
    .sort(
      (one, other) =>
        missing(one) - missing(other) ||
        compare(price(one), price(other)) ||
        one.vcpus - other.vcpus ||
        one.memoryGiB - other.memoryGiB,
    )[0];
}

/** Findings on what no machine has. */
export function checkCpuMachine(request: CpuMachineRequest): Finding[] {
  if (findCpuMachine(request) !== undefined) return [];
  const { vcpus, memoryGiB, instructionSet, zones } = request;
  const received = { vcpus, memoryGiB, instructionSet };
  const remedy = `no machine in ${zones.join(", ")} has all of it: ask for less, or use other zones`;
  return [{ property: "machineType", received, remedy }];
}

/** Families of machines that have the instructions whichever processor they run on. */
export function familiesWith(instructionSet: InstructionSet): readonly string[] {
  const families = machineTypes()
    .filter(
      ({ attached, instructionSets }) => attached === undefined && instructionSets.includes(instructionSet),
    )
    .map(({ family }) => family);
  return [...new Set(families)];
}

/** Processors that a machine may run on where one is the oldest that is let be. */
export function processorsOf({ cpuPlatforms }: MachineType, minCpuPlatform?: string): readonly string[] {
  const from = minCpuPlatform === undefined ? 0 : cpuPlatforms.indexOf(minCpuPlatform);
  return from < 0 ? cpuPlatforms : cpuPlatforms.slice(from);
}

/** The oldest processor from which on a machine has the instructions, where that can be chosen. */
export function minCpuPlatformFor(
  { family, cpuPlatforms }: MachineType,
  instructionSet: InstructionSet,
): string | undefined {
  if (!minCpuPlatformFamilies.families.includes(family)) return undefined;
  return cpuPlatforms.find((_, index) => processorsWith(instructionSet, cpuPlatforms.slice(index)));
}

/** Two of the same, infinite ones too, are equal. */
function compare(one: number, other: number): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
