import { Token } from "cdktf";
import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import {
  type Accelerator,
  acceleratorFacts,
  acceleratorNames,
  checkAccelerator,
  findZones,
} from "./accelerators";
import {
  type AcceleratorCount,
  countsOf,
  type MachineType,
  machineTypes,
  zonesOfMachine,
} from "./machine-types";
import { type Provisioning, provisioningsOf } from "./node-pools";
import { acceleratorPrice, machinePrice } from "./prices";
import { nearestTo } from "./region-locations";
import { regionOf, regions, tpuRegionZones, zonesOf } from "./regions";

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
 * no price is known, and of two as small that with the faster network.
 */
export function smallestMachine(requirement: MachineRequirement): MachineAnswer {
  const findings = checkRequirement(requirement);
  if (findings.length > 0) return { findings };
  const [cheapest, ...others] = byPriceThenSize(candidatesFor(requirement));
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
  { region, zone, everyZone = [] }: MachineRequirement,
): string[] {
  const offering = accelerators && new Set(findZones(accelerators.accelerator));
  return zonesOfMachine(machine)
    .filter((each) => offering === undefined || offering.has(each))
    .filter((each) => everyZone.length === 0 || everyZone.includes(each))
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
    onDemandUsd: toFiveDigits(onDemandUsd + accelerators.count * added.onDemandUsdPerHour),
    ...(spotUsd === undefined || added.spotUsdPerHour === undefined
      ? {}
      : { spotUsd: toFiveDigits(spotUsd + accelerators.count * added.spotUsdPerHour) }),
  };
}

/** As the catalog has its prices, without what binary sums add to them. */
function toFiveDigits(usd: number): number {
  return Math.round(usd * 1e5) / 1e5;
}

/**
 * What has a price comes first. Of two that cost the same and are as large, that with the shorter name is the plainer.
 */
function byPriceThenSize(candidates: readonly Candidate[]): Candidate[] {
  return candidates
    .map((candidate) => ({ candidate, sizes: sizesOf(candidate), name: candidate.machine.name }))
    .sort((one, other) => {
      const at = one.sizes.findIndex((size, index) => size !== other.sizes[index]);
      return at < 0 ? one.name.localeCompare(other.name) : one.sizes[at] - other.sizes[at];
    })
    .map(({ candidate }) => candidate);
}

function sizesOf(candidate: Candidate): number[] {
  const { machine, price } = candidate;
  return [
    price?.onDemandUsd ?? Number.POSITIVE_INFINITY,
    acceleratorMemoryOf(candidate),
    machine.vcpus,
    machine.memoryGiB,
    -machine.egressGbps,
    machine.name.length,
  ];
}

function acceleratorMemoryOf({ accelerators }: Candidate): number {
  return accelerators === undefined
    ? 0
    : accelerators.count * acceleratorFacts(accelerators.accelerator).memoryGiB;
}

const waysInWords: Readonly<Record<Provisioning, string>> = {
  "on-demand": "on demand",
  spot: "as Spot",
  "flex-start": "by flex-start",
  reservation: "by reservation",
};

function reasonFor(chosen: Candidate, others: readonly Candidate[]): string {
  const ways = provisioningsOf(chosen.machine.name);
  const notOnDemand = ways.includes("on-demand")
    ? ""
    : `. It is had ${ways.map((way) => waysInWords[way]).join(" or ")}, and not on demand`;
  return `${whyOf(chosen, others)}${notOnDemand}`;
}

function whyOf({ price }: Candidate, others: readonly Candidate[]): string {
  const [next] = others;
  if (price === undefined)
    return others.length === 0
      ? "it is the only one that fits; no list price of it is known"
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

const counts = ["count", "vcpus", "localSsds"] as const;
const amounts = ["acceleratorMemoryGiB", "memoryGiB"] as const;

/** Findings on a requirement that names what does not exist, or contradicts itself. */
function checkRequirement(requirement: MachineRequirement): Finding[] {
  const unresolved = Object.entries(requirement).filter(([, value]) =>
    [value].flat().some((each) => Token.isUnresolved(each)),
  );
  if (unresolved.length > 0)
    return unresolved.map(([property, received]) => ({
      property,
      received,
      remedy: "it is known only at apply, and a machine is chosen before: state it",
    }));
  const { accelerator, region, zone, everyZone = [] } = requirement;
  const zones = [...regions.flatMap(zonesOf), ...tpuRegionZones];
  const checkZoneExists = (property: string, each: string): Finding[] =>
    zones.includes(each)
      ? []
      : [{ property, received: each, remedy: `${didYouMean(each, zones)}No such zone` }];
  return [
    ...counts.flatMap((property) =>
      checkNumber(requirement, property, Number.isInteger, "whole and more than 0"),
    ),
    ...amounts.flatMap((property) => checkNumber(requirement, property, Number.isFinite, "more than 0")),
    ...(accelerator === undefined ? [] : checkAccelerator("accelerator", accelerator)),
    ...(region === undefined || regions.includes(region) || tpuRegionZones.map(regionOf).includes(region)
      ? []
      : [{ property: "region", received: region, remedy: `${didYouMean(region, regions)}No such region` }]),
    ...(zone === undefined ? [] : checkZoneExists("zone", zone)),
    ...everyZone.flatMap((each, index) => checkZoneExists(`everyZone[${index}]`, each)),
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

function checkNumber(
  requirement: MachineRequirement,
  property: (typeof counts | typeof amounts)[number],
  isSound: (value: number) => boolean,
  sound: string,
): Finding[] {
  const received = requirement[property];
  if (received === undefined || (isSound(received) && received > 0)) return [];
  return [{ property, received, remedy: `ask for what is ${sound}, or leave it out` }];
}

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
function whatToChange(requirement: MachineRequirement): Finding[] {
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
  candidates: readonly Candidate[],
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
function mostOf(machine: MachineType, accelerator: Accelerator): number {
  return Math.max(0, ...countsOf(machine, accelerator));
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
