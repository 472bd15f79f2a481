import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import { type Accelerator, acceleratorFacts } from "./accelerators";
import { type Dated, dataFile, indexed } from "./data-file";
import { withAdded } from "./extension-record";

/** A number of accelerators of one kind. */
export interface AcceleratorCount {
  readonly accelerator: Accelerator;
  /** GPUs, or TPU chips. */
  readonly count: number;
}

/** Local SSDs that a machine may or must have. */
export interface LocalSsds {
  /** Numbers that can be chosen; none where they come with the machine or cannot be had. */
  readonly choices: readonly number[];
  /** Number that comes with the machine. */
  readonly bundled: number;
  readonly sizeGiB: number;
}

export interface MachineType extends Dated {
  readonly name: string;
  /** `g2` of `g2-standard-4`. */
  readonly family: string;
  readonly vcpus: number;
  readonly memoryGiB: number;
  /** What comes with it. */
  readonly attached?: AcceleratorCount;
  /** What can be added, each in these numbers. */
  readonly attachable: readonly { readonly accelerator: Accelerator; readonly counts: readonly number[] }[];
  readonly localSsds: LocalSsds;
  /** Network interfaces that accelerators talk over, beside the first; 0 where there are none. */
  readonly acceleratorNics: number;
  /** Gbit/s out of the machine, at most. */
  readonly egressGbps: number;
  /** Processors that it may run on, oldest first. */
  readonly cpuPlatforms: readonly string[];
  /** Instruction sets that speed up inference and that all of those have: `avx2`, `avx512`, `avx512-vnni`, `amx`, `sve2`. */
  readonly instructionSets: readonly string[];
  readonly architecture: "x86" | "arm";
}

const types = dataFile<MachineType>("machine-types");
const byName = indexed(types, ({ name }) => name);

export function machineTypes(): readonly MachineType[] {
  return types();
}

/** All that is known of a machine type; nothing of one that the catalog lacks. */
export function machineType(name: string): MachineType | undefined {
  return byName().get(name);
}

/** Findings on a machine of which nothing is known, for what is computed from the catalog at synth. */
export function checkKnownMachine(property: string, received: string): Finding[] {
  if (byName().has(received)) return [];
  const names = types().map(({ name }) => name);
  return [{ property, received, remedy: `${didYouMean(received, names)}Use a machine type of the catalog` }];
}

/** Numbers of an accelerator that a machine can have; none where it cannot have any. */
export function countsOf({ attached, attachable }: MachineType, accelerator: Accelerator): readonly number[] {
  if (attached?.accelerator === accelerator) return [attached.count];
  return attachable.find((each) => each.accelerator === accelerator)?.counts ?? [];
}

/** Numbers of an accelerator that one machine or another can have, fewest first. */
export function countsOffered(accelerator: Accelerator): readonly number[] {
  const counts = types().flatMap((machine) => countsOf(machine, accelerator));
  return [...new Set(counts)].sort((one, other) => one - other);
}

/** Zones that offer a family of machines, or that part of it which is not offered where the rest is: `a3-highgpu`. */
export interface MachineZones extends Dated {
  readonly family: string;
  readonly zones: readonly string[];
}

const zones = dataFile<MachineZones>("machine-zones");
const zonesByFamily = indexed(zones, ({ family }) => family);

export function machineZones(): readonly MachineZones[] {
  return zones().map((entry) => ({ ...entry, zones: withAdded("machines", entry.family, entry.zones) }));
}

/** Zones that offer a machine type and, where accelerators come with it, those too. */
export function zonesOfMachine({ name, attached }: MachineType): readonly string[] {
  const listed = machineParts(name).flatMap((part) => zonesByFamily().get(part) ?? []);
  const [entry] = listed;
  const offering = entry === undefined ? [] : withAdded("machines", entry.family, entry.zones);
  if (attached === undefined) return offering;
  const accelerators = new Set(acceleratorFacts(attached.accelerator).zones);
  return offering.filter((zone) => accelerators.has(zone));
}

/** What a machine is part of, the smallest first: `c3-standard-lssd`, `c3-standard` and `c3` of `c3-standard-4-lssd`. */
export function machineParts(name: string): [series: string, kind: string, family: string] {
  const [family, kind] = name.split("-");
  return [name.replace(/-\d+[gt]?(?=-|$)/, ""), `${family}-${kind}`, family];
}
