import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import {
  type Accelerator,
  acceleratorFacts,
  acceleratorNames,
  checkAccelerator,
  findZones,
  regionOf,
} from "./accelerators";
import { type AcceleratorCount, type MachineType, machineTypes, zonesOfMachine } from "./machine-types";
import { acceleratorPrice, machinePrice } from "./prices";
import { nearestTo } from "./region-locations";
import { regions, tpuRegionZones, zonesOf } from "./regions";

/** What a machine must have, at least. */
export interface MachineRequirement {
  /** @default - none, unless acceleratorMemoryGiB is given: then any GPU */
  readonly accelerator?: Accelerator;

  /** GPUs or TPU chips. @default - as many as acceleratorMemoryGiB takes, or one */
  readonly count?: number;

  /** Of all its accelerators together. @default - any */
  readonly acceleratorMemoryGiB?: number;

  /** @default - any number */
  readonly vcpus?: number;

  /** @default - any size */
  readonly memoryGiB?: number;

  /** Local SSDs, whether they come with it or are chosen. @default - none needed */
  readonly localSsds?: number;

  /** @default - either */
  readonly architecture?: MachineType["architecture"];

  /** `amx`, for instance: one that every processor has on which the machine may run. @default - any */
  readonly instructionSet?: string;

  /** Where it must be offered. @default - anywhere */
  readonly region?: string;

  /** Where it must be offered. @default - in any zone of the region */
  readonly zone?: string;

  /** Each of which must offer it. @default - none in particular */
  readonly everyZone?: readonly string[];
}

/** What an hour of a machine costs in a region, with the accelerators that are added to it. */
export interface HourlyPrice {
  readonly region: string;
  readonly onDemandUsd: number;
  /** None where it is not known. */
  readonly spotUsd?: number;
}

export interface MachineChoice {
  readonly machine: MachineType;
  /** What it has of accelerators: those that come with it, or those that are to be added. */
  readonly accelerators?: AcceleratorCount;
  /** Zones that offer it, of those asked for. */
  readonly zones: readonly string[];
  /** None where the catalog has no list price of it. */
  readonly price?: HourlyPrice;
  /** In a sentence, for a report. */
  readonly reason: string;
}

/** A machine, or what to change where there is none. */
export interface MachineAnswer {
  readonly choice?: MachineChoice;
  readonly findings: readonly Finding[];
}

type Candidate = Omit<MachineChoice, "reason">;

/**
 * The machine that costs least of those that have what is asked for, by the list price on demand; the smallest where
 * no price is known.
 */
export function smallestMachine(requirement: MachineRequirement): MachineAnswer {
  const findings = checkRequirement(requirement);
  if (findings.length > 0) return { findings };
  const [cheapest, ...others] = candidatesFor(requirement).sort(byPriceThenSize);
  if (cheapest === undefined) return { findings: whatToChange(requirement) };
  return { choice: { ...cheapest, reason: reasonFor(cheapest, others) }, findings: [] };
}

function candidatesFor(requirement: MachineRequirement): Candidate[] {
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
function isGpu(accelerator: Accelerator): boolean {
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
  { region, zone }: MachineRequirement,
): string[] {
  const offering = accelerators && new Set(findZones(accelerators.accelerator));
  return zonesOfMachine(machine)
    .filter((each) => offering === undefined || offering.has(each))
    .filter((each) => zone === undefined || each === zone)
    .filter((each) => region === undefined || regionOf(each) === region);
}

function cheapestPrice(candidate: Omit<Candidate, "price">): HourlyPrice | undefined {
  const inRegions = [...new Set(candidate.zones.map(regionOf))].map((region) => priceIn(region, candidate));
  return inRegions
    .filter((price) => price !== undefined)
    .sort((one, other) => one.onDemandUsd - other.onDemandUsd || one.region.localeCompare(other.region))[0];
}

function priceIn(
  region: string,
  { machine, accelerators }: Omit<Candidate, "price" | "zones">,
): HourlyPrice | undefined {
  const base = machinePrice(machine.name, region);
  if (base === undefined) return undefined;
  const { onDemandUsdPerHour: onDemandUsd, spotUsdPerHour: spotUsd } = base;
  if (accelerators === undefined || machine.attached !== undefined) return { region, onDemandUsd, spotUsd };
  const added = acceleratorPrice(accelerators.accelerator, region);
  if (added === undefined) return undefined;
  return {
    region,
    onDemandUsd: onDemandUsd + accelerators.count * added.onDemandUsdPerHour,
    ...(spotUsd === undefined || added.spotUsdPerHour === undefined
      ? {}
      : { spotUsd: spotUsd + accelerators.count * added.spotUsdPerHour }),
  };
}

/** What has a price comes first. Of two that cost the same, that with the shorter name is the plainer one. */
function byPriceThenSize(one: Candidate, other: Candidate): number {
  const sizes = (each: Candidate) => [
    each.price?.onDemandUsd ?? Number.POSITIVE_INFINITY,
    acceleratorMemoryOf(each),
    each.machine.vcpus,
    each.machine.memoryGiB,
    each.machine.name.length,
  ];
  const differing = sizes(one)
    .map((size, index) => [size, sizes(other)[index]])
    .find(([size, otherSize]) => size !== otherSize);
  return differing === undefined
    ? one.machine.name.localeCompare(other.machine.name)
    : differing[0] - differing[1];
}

function acceleratorMemoryOf({ accelerators }: Candidate): number {
  return accelerators === undefined
    ? 0
    : accelerators.count * acceleratorFacts(accelerators.accelerator).memoryGiB;
}

function reasonFor(chosen: Candidate, others: readonly Candidate[]): string {
  const { price } = chosen;
  const [next] = others;
  if (price === undefined)
    return others.length === 0
      ? "it is the only one that fits"
      : `it is the smallest of ${others.length + 1} that fit; no list price of them is known`;
  const cost = `USD ${price.onDemandUsd.toFixed(2)} an hour on demand in ${price.region}`;
  if (next === undefined) return `it is the only one that fits: ${cost}`;
  const unpriced = others.filter((other) => other.price === undefined);
  const comparison =
    next.price === undefined
      ? ""
      : `, before ${next.machine.name} at USD ${next.price.onDemandUsd.toFixed(2)}`;
  const unknown = unpriced.length === 0 ? "" : `; ${unpriced.length} more fit, of which no price is known`;
  return `it costs least: ${cost}${comparison}${unknown}`;
}

/** Findings on a requirement that names what does not exist, or contradicts itself. */
export function checkRequirement(requirement: MachineRequirement): Finding[] {
  const { accelerator, region, zone } = requirement;
  const numbers = ["count", "acceleratorMemoryGiB", "vcpus", "memoryGiB", "localSsds"] as const;
  const zones = [...regions.flatMap(zonesOf), ...tpuRegionZones];
  return [
    ...numbers
      .filter((property) => {
        const value = requirement[property];
        return value !== undefined && !(Number.isFinite(value) && value > 0);
      })
      .map((property) => ({
        property,
        received: requirement[property],
        remedy: "ask for more than 0, or leave it out",
      })),
    ...(accelerator === undefined ? [] : checkAccelerator("accelerator", accelerator)),
    ...(region === undefined || regions.includes(region) || tpuRegionZones.map(regionOf).includes(region)
      ? []
      : [{ property: "region", received: region, remedy: `${didYouMean(region, regions)}No such region` }]),
    ...(zone === undefined || zones.includes(zone)
      ? []
      : [{ property: "zone", received: zone, remedy: `${didYouMean(zone, zones)}No such zone` }]),
    ...(zone === undefined || region === undefined || regionOf(zone) === region || !zones.includes(zone)
      ? []
      : [
          {
            property: "zone",
            received: zone,
            remedy: `it is not in ${region}: name one of ${zonesOf(region).join(", ")}, or drop one of the two`,
          },
        ]),
  ];
}

const relaxable = [
  "zone",
  "region",
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
function whatToChange(requirement: MachineRequirement): Finding[] {
  const asked = relaxable.filter((property) => requirement[property] !== undefined);
  const findings = asked.flatMap((property) => {
    const candidates = candidatesFor(without(property, requirement));
    if (candidates.length === 0) return [];
    const remedy = `no machine has it together with the rest; ${alternative(property, requirement, candidates)}`;
    return [{ property, received: requirement[property], remedy }];
  });
  if (findings.length > 0) return findings;
  const remedy = `no machine of the catalog comes near: ask for less of ${asked.join(", ")}`;
  return [{ property: "requirement", received: requirement, remedy }];
}

/** A zone lies in its region and goes with it; without a certain accelerator any GPU is asked for. */
function without(property: Relaxable, requirement: MachineRequirement): MachineRequirement {
  const rest = { ...requirement, [property]: undefined };
  if (property === "region") return { ...rest, zone: undefined };
  return property === "accelerator" ? { ...rest, count: requirement.count ?? 1 } : rest;
}

function alternative(
  property: Relaxable,
  { zone, region }: MachineRequirement,
  candidates: readonly Candidate[],
): string {
  const place = zone ?? region;
  switch (property) {
    case "zone":
    case "region":
      return place === undefined ? "leave it out" : `nearest: ${nearestOf(place, candidates)}`;
    case "count":
    case "acceleratorMemoryGiB":
    case "vcpus":
    case "memoryGiB":
    case "localSsds":
      return `at most ${largest(candidates, property)}, with ${largestNamed(candidates, property)}`;
    case "instructionSet":
      return `offered: ${listed(candidates.flatMap(({ machine }) => machine.instructionSets))}`;
    case "architecture":
      return `offered: ${listed(candidates.map(({ machine }) => machine.architecture))}`;
    case "accelerator":
      return `others have it: ${listed(candidates.map(({ accelerators }) => accelerators?.accelerator))}`;
  }
}

function nearestOf(place: string, candidates: readonly Candidate[]): string {
  const zones = [...new Set(candidates.flatMap((candidate) => candidate.zones))];
  return nearestTo(place, zones) ?? zones.join(", ");
}

function amountOf(candidate: Candidate, property: Relaxable): number {
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
function mostOf({ attached, attachable }: MachineType, accelerator: Accelerator): number {
  const added = attachable.find((each) => each.accelerator === accelerator)?.counts ?? [];
  return Math.max(attached?.accelerator === accelerator ? attached.count : 0, ...added);
}

function largest(candidates: readonly Candidate[], property: Relaxable): number {
  return Math.max(...candidates.map((candidate) => amountOf(candidate, property)));
}

function largestNamed(candidates: readonly Candidate[], property: Relaxable): string | undefined {
  const most = largest(candidates, property);
  return candidates.find((candidate) => amountOf(candidate, property) === most)?.machine.name;
}

function listed(values: readonly (string | undefined)[]): string {
  const known = [...new Set(values)].filter((value) => value !== undefined);
  const rank = (value: string) => (acceleratorNames as readonly string[]).indexOf(value);
  return known.sort((one, other) => rank(one) - rank(other) || one.localeCompare(other)).join(", ") || "none";
}
