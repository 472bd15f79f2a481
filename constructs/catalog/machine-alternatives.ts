import type { Finding } from "../construct-error";
import { type Accelerator, acceleratorFacts, acceleratorNames } from "./accelerators";
import { candidatesFor, isGpu, type MachineCandidate } from "./machine-candidates";
import type { MachineRequirement } from "./machine-requirement";
import { countsOf, type MachineType } from "./machine-types";
import { nearestTo } from "./region-locations";

const relaxable = [
  "zone",
  "region",
  "everyZone",
  "count",
  "acceleratorMemoryGiB",
  "localSsds",
  "instructionSet",
  "architecture",
  "vcpus",
  "memoryGiB",
  "accelerator",
] as const;

type Relaxable = (typeof relaxable)[number];

/** One finding for each property without which there would be a machine; one on them all if there is none such. */
export function whatToChange(requirement: MachineRequirement): Finding[] {
  const asked = relaxable.filter((property) => isAsked(requirement[property]));
  const findings = asked.flatMap((property) => {
    const less = without(property, requirement);
    const candidates = less === undefined ? [] : candidatesFor(less);
    if (candidates.length === 0) return [];
    const remedy = `no machine has it together with the rest; ${alternative(property, requirement, candidates)}`;
    return [{ property, received: requirement[property], remedy }];
  });
  if (findings.length > 0) return findings;
  const remedy = `no machine of the catalog comes near: ask for less of ${asked.join(", ")}`;
  return [{ property: "requirement", received: requirement, remedy }];
}

function isAsked(value: MachineRequirement[Relaxable]): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}

/**
 * A zone lies in its region and goes with it; without a certain accelerator any GPU is asked for, as it is without a
 * number of them. What runs on a TPU runs on no GPU, so that nothing takes its place.
 */
function without(property: Relaxable, requirement: MachineRequirement): MachineRequirement | undefined {
  const { accelerator, count, acceleratorMemoryGiB } = requirement;
  const rest = { ...requirement, [property]: undefined };
  switch (property) {
    case "region":
      return { ...rest, zone: undefined, everyZone: undefined };
    case "accelerator":
      return accelerator !== undefined && isGpu(accelerator) ? { ...rest, count: count ?? 1 } : undefined;
    case "count":
      return { ...rest, acceleratorMemoryGiB: acceleratorMemoryGiB ?? 1 };
    case "acceleratorMemoryGiB":
      return { ...rest, count: count ?? 1 };
    default:
      return rest;
  }
}

function alternative(
  property: Relaxable,
  { zone, region, accelerator }: MachineRequirement,
  candidates: readonly MachineCandidate[],
): string {
  const place = zone ?? region;
  switch (property) {
    case "zone":
    case "region":
      return place === undefined ? "leave it out" : `nearest: ${nearestOf(place, candidates)}`;
    case "everyZone":
      return `offered in: ${listed(candidates.flatMap(({ zones }) => zones))}`;
    case "count":
    case "acceleratorMemoryGiB":
    case "vcpus":
    case "memoryGiB":
    case "localSsds": {
      const most = `at most ${largest(candidates, property)}, with ${largestNamed(candidates, property)}`;
      const isSlice = property === "count" && accelerator !== undefined && !isGpu(accelerator);
      return isSlice
        ? `${most}; more chips are a slice of several machines, which a TpuNodePool makes`
        : most;
    }
    case "instructionSet":
      return `offered: ${listed(candidates.flatMap(({ machine }) => machine.instructionSets))}`;
    case "architecture":
      return `offered: ${listed(candidates.map(({ machine }) => machine.architecture))}`;
    case "accelerator":
      return `others have it: ${listed(candidates.map(({ accelerators }) => accelerators?.accelerator))}`;
  }
}

function nearestOf(place: string, candidates: readonly MachineCandidate[]): string {
  const zones = [...new Set(candidates.flatMap((candidate) => candidate.zones))];
  return nearestTo(place, zones) ?? zones.join(", ");
}

function amountOf(candidate: MachineCandidate, property: Relaxable): number {
  const { machine, accelerators } = candidate;
  switch (property) {
    case "count":
      return accelerators === undefined ? 0 : mostOf(machine, accelerators.accelerator);
    case "acceleratorMemoryGiB":
      return accelerators === undefined
        ? 0
        : mostOf(machine, accelerators.accelerator) * acceleratorFacts(accelerators.accelerator).memoryGiB;
    case "localSsds":
      return Math.max(machine.localSsds.bundled, ...machine.localSsds.choices);
    case "vcpus":
      return machine.vcpus;
    default:
      return machine.memoryGiB;
  }
}

/** The most of an accelerator that a machine can have. */
function mostOf(machine: MachineType, accelerator: Accelerator): number {
  return Math.max(0, ...countsOf(machine, accelerator));
}

function largest(candidates: readonly MachineCandidate[], property: Relaxable): number {
  return Math.max(...candidates.map((candidate) => amountOf(candidate, property)));
}

function largestNamed(candidates: readonly MachineCandidate[], property: Relaxable): string | undefined {
  const most = largest(candidates, property);
  return candidates.find((candidate) => amountOf(candidate, property) === most)?.machine.name;
}

function listed(values: readonly (string | undefined)[]): string {
  const known = [...new Set(values)].filter((value) => value !== undefined);
  const rank = (value: string) => (acceleratorNames as readonly string[]).indexOf(value);
  return known.sort((one, other) => rank(one) - rank(other) || one.localeCompare(other)).join(", ") || "none";
}
