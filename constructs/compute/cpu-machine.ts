import { type InstructionSet, minCpuPlatformFamilies, processorsWith } from "../catalog/cpu-platforms";
import { type MachineType, machineTypes } from "../catalog/machine-types";
import { type MachineAnswer, smallestMachine } from "../catalog/smallest-machine";

/** What a machine for inference has to have at least. */
export interface CpuMachineRequest {
  readonly vcpus: number;
  readonly memoryGiB?: number;
  readonly instructionSet?: InstructionSet;
  readonly zones: readonly string[];
  readonly region: string;
}

/**
 * The machine that costs least of those that each of the zones offers, or one of the region's where none is offered by
 * each. None of Arm unless the instructions are, since Arm runs no image that was built for another processor.
 */
export function cpuMachineFor({ zones: everyZone, ...request }: CpuMachineRequest): MachineAnswer {
  const architecture = request.instructionSet === undefined ? "x86" : undefined;
  const inEach = smallestMachine({ ...request, architecture, everyZone });
  return inEach.choice === undefined ? smallestMachine({ ...request, architecture }) : inEach;
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
