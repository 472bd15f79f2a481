import { Token } from "cdktf";
import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import { type Accelerator, checkAccelerator } from "./accelerators";
import type { MachineType } from "./machine-types";
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

const counts = ["count", "vcpus", "localSsds"] as const;
const amounts = ["acceleratorMemoryGiB", "memoryGiB"] as const;

/** Findings on a requirement that names what does not exist, or contradicts itself. */
export function checkRequirement(requirement: MachineRequirement): Finding[] {
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
