import {
  cpuPlatformCatalog,
  cpuPlatforms,
  type InstructionSet,
  minCpuPlatformFamilies,
  processorsWith,
  singleThreadedFamilies,
} from "../catalog/cpu-platforms";
import { type MachineType, machineType, machineTypes } from "../catalog/machine-types";
import { didYouMean } from "../suggestion";
import type { CombinationRule } from "./combination-rule";
import { familiesWith, minCpuPlatformFor, processorsOf } from "./cpu-machine";
import type { PoolRequest } from "./pool-request";

/** What a pool for inference on processors asks, beside what any pool does. */
export interface CpuPoolRequest extends PoolRequest {
  readonly instructionSet?: InstructionSet;
  readonly threadsPerCore?: 1 | 2;
  readonly hugePagesMiB: number;
}

/** https://cloud.google.com/kubernetes-engine/docs/how-to/node-system-config#huge-page-options */
export const hugePageLimits = {
  asOf: "2026-11-21",
  pageMiB: 2,
  /** Shares of a node's memory that huge pages may take, below and from `largeGiB` on. */
  smallShare: 0.6,
  largeShare: 0.8,
  largeGiB: 30,
};

const MIN_PLATFORM = minCpuPlatformFamilies.source;

/** What a pool for inference on processors cannot combine. */
export const cpuPoolRules: readonly CombinationRule<CpuPoolRequest>[] = [
  {
    id: "cpu-accelerator",
    property: "machineType",
    refused: ({ machineType: name }) => machineType(name)?.attached !== undefined,
    remedy: ({ machineType: name }) => {
      const accelerator = machineType(name)?.attached?.accelerator ?? "";
      const pool = accelerator.startsWith("tpu-") ? "TpuNodePool" : "GpuNodePool";
      return `${name} comes with ${accelerator}: use a ${pool}, or a machine without`;
    },
    source: "https://cloud.google.com/compute/docs/accelerator-optimized-machines",
  },
  {
    id: "cpu-machine-known",
    property: "machineType",
    refused: ({ machineType: name, instructionSet }) =>
      instructionSet !== undefined && machineType(name) === undefined,
    remedy: ({ machineType: name, instructionSet }) =>
      `${didYouMean(name, machineNames())}its processors are not known, and so not whether they have ${instructionSet}: use a machine of the catalog, or leave instructionSet out`,
    source: cpuPlatformCatalog.source,
  },
  {
    id: "cpu-platform-known",
    property: "minCpuPlatform",
    refused: ({ minCpuPlatform }) => minCpuPlatform !== undefined && !cpuPlatforms.includes(minCpuPlatform),
    remedy: ({ minCpuPlatform }) =>
      `${didYouMean(minCpuPlatform, cpuPlatforms)}use one of ${cpuPlatforms.join(", ")}`,
    source: cpuPlatformCatalog.source,
  },
  {
    id: "cpu-platform-choice",
    property: "minCpuPlatform",
    refused: ({ minCpuPlatform, machineType: name }) =>
      minCpuPlatform !== undefined && !minCpuPlatformFamilies.families.includes(familyOf(name)),
    remedy: ({ machineType: name }) => {
      const platforms = machineType(name)?.cpuPlatforms ?? [];
      const why =
        platforms.length === 1
          ? `${familyOf(name)} runs on ${platforms[0]} alone`
          : `Google chooses the processor of ${familyOf(name)}; that of ${minCpuPlatformFamilies.families.join(", ")} can be chosen`;
      return `leave it out: ${why}`;
    },
    source: MIN_PLATFORM,
  },
  {
    id: "cpu-platform-offered",
    property: "minCpuPlatform",
    refused: ({ minCpuPlatform, machineType: name }) => {
      const machine = machineType(name);
      return (
        minCpuPlatform !== undefined &&
        machine !== undefined &&
        cpuPlatforms.includes(minCpuPlatform) &&
        minCpuPlatformFamilies.families.includes(machine.family) &&
        !machine.cpuPlatforms.includes(minCpuPlatform)
      );
    },
    remedy: ({ machineType: name }) =>
      `${name} runs on ${machineType(name)?.cpuPlatforms.join(", ")}: use one of them`,
    source: cpuPlatformCatalog.source,
  },
  {
    id: "cpu-instruction-set",
    property: "instructionSet",
    refused: ({ machineType: name, minCpuPlatform, instructionSet }) => {
      const machine = machineType(name);
      if (machine === undefined || machine.attached !== undefined || instructionSet === undefined)
        return false;
      return !processorsWith(instructionSet, processorsOf(machine, minCpuPlatform));
    },
    remedy: ({ machineType: name, minCpuPlatform, instructionSet }) =>
      instructionSetRemedy(machineType(name), instructionSet, minCpuPlatform),
    source: cpuPlatformCatalog.source,
  },
  {
    id: "cpu-threads-per-core",
    property: "threadsPerCore",
    refused: ({ threadsPerCore, machineType: name }) =>
      threadsPerCore !== undefined &&
      (singleThreadedFamilies.families.includes(familyOf(name)) || machineType(name)?.vcpus === 1),
    remedy: ({ machineType: name }) => `leave it out: ${name} runs one thread per core whatever is asked`,
    source: singleThreadedFamilies.source,
  },
  {
    id: "cpu-huge-pages-whole",
    property: "hugePagesMiB",
    refused: ({ hugePagesMiB }) => !(hugePagesMiB >= 0 && hugePagesMiB % hugePageLimits.pageMiB === 0),
    remedy: "use a multiple of 2, which is the size of a page",
    source: "https://cloud.google.com/kubernetes-engine/docs/how-to/node-system-config#huge-page-options",
  },
  {
    id: "cpu-huge-pages-share",
    property: "hugePagesMiB",
    refused: ({ hugePagesMiB, machineType: name }) => hugePagesMiB > hugePagesMiBMax(machineType(name)),
    remedy: ({ machineType: name }) =>
      `${name} has ${machineType(name)?.memoryGiB} GiB, of which huge pages may take ${hugePagesMiBMax(machineType(name))} MiB`,
    source: "https://cloud.google.com/kubernetes-engine/docs/how-to/node-system-config#huge-page-options",
  },
];

function machineNames(): readonly string[] {
  return machineTypes().map(({ name }) => name);
}

/** `n2` of `n2-standard-8`, of a custom machine too. */
function familyOf(name: string): string {
  return name.split("-")[0];
}

function instructionSetRemedy(
  machine: MachineType | undefined,
  instructionSet: InstructionSet | undefined,
  minCpuPlatform: string | undefined,
): string {
  if (machine === undefined || instructionSet === undefined) return "";
  const lacking = processorsOf(machine, minCpuPlatform).filter(
    (platform) => !processorsWith(instructionSet, [platform]),
  );
  const why = `${machine.name} may run on ${lacking.join(", ")} without it`;
  const platform = minCpuPlatformFor(machine, instructionSet);
  if (platform !== undefined) return `${why}: state minCpuPlatform "${platform}"`;
  return `${why}: use a machine of ${familiesWith(instructionSet).join(", ")}, which always has it`;
}

function hugePagesMiBMax(machine: MachineType | undefined): number {
  if (machine === undefined) return Number.POSITIVE_INFINITY;
  const { smallShare, largeShare, largeGiB, pageMiB } = hugePageLimits;
  const share = machine.memoryGiB < largeGiB ? smallShare : largeShare;
  return Math.floor((machine.memoryGiB * 1_024 * share) / pageMiB) * pageMiB;
}
