import { Token } from "cdktf";
import {
  type Accelerator,
  acceleratorFacts,
  checkAccelerator,
  findZones,
  gpuNames,
} from "../catalog/accelerators";
import {
  type AcceleratorCount,
  countsOf,
  type MachineType,
  machineType as machineTypeOf,
  machineTypes,
  zonesOfMachine,
} from "../catalog/machine-types";
import { checkConditionSeconds } from "../catalog/monitoring";
import { regionCatalog, regionOf, regions, zonesOf } from "../catalog/regions";
import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import { type CombinationRule, checkCombinations } from "./combination-rule";

/** What a single machine asks for, defaults filled in, and where it is to lie. */
export interface MachineRequest {
  readonly zone: string;
  readonly machineType: string;
  readonly accelerator?: Accelerator;
  readonly acceleratorCount?: number;
  readonly gpuIdleSeconds?: number;
  readonly keyRegion: string;
  readonly subnetRegion: string;
}

/** What cannot be had together on any machine. */
export const machineRules: readonly CombinationRule<MachineRequest>[] = [
  {
    id: "zone-of-key",
    property: "zone",
    refused: ({ zone, keyRegion }) => isZone(zone) && regionOf(zone) !== keyRegion,
    remedy: ({ keyRegion }) =>
      `use a zone of ${keyRegion}, as ${zonesOf(keyRegion)[0]}: a disk lies where its key lies`,
    source: "https://cloud.google.com/compute/docs/disks/customer-managed-encryption#restrictions",
  },
  {
    id: "zone-of-subnet",
    property: "zone",
    refused: ({ zone, subnetRegion }) => isZone(zone) && regionOf(zone) !== subnetRegion,
    remedy: ({ subnetRegion }) =>
      `use a zone of ${subnetRegion}, as ${zonesOf(subnetRegion)[0]}: a machine lies where its subnet lies`,
    source: "https://cloud.google.com/vpc/docs/subnets",
  },
  {
    id: "no-tpu",
    property: "machineType",
    refused: (request) => kindOf(request) === "tpu",
    remedy: "choose a machine with GPUs, or none: TPUs are had by a TpuNodePool",
    source: "https://cloud.google.com/tpu/docs/tpus-in-gke",
  },
  {
    id: "x86",
    property: "machineType",
    refused: ({ machineType }) => machineTypeOf(machineType)?.architecture === "arm",
    remedy: "choose a machine of x86: Google's images for machine learning are for nothing else",
    source: "https://cloud.google.com/deep-learning-vm/docs/images",
  },
  {
    id: "machine-in-zone",
    property: "zone",
    refused: ({ zone, machineType }) => {
      const type = machineTypeOf(machineType);
      return isZone(zone) && type !== undefined && !zonesOfMachine(type).includes(zone);
    },
    remedy: ({ zone, machineType }) =>
      `${machineType} is not offered there: ${nearest(zone, zonesOfMachine(machineTypeOf(machineType) as MachineType))}`,
    source: "https://cloud.google.com/compute/docs/regions-zones",
  },
  {
    id: "accelerator-in-zone",
    property: "zone",
    refused: ({ zone, machineType, accelerator }) =>
      isZone(zone) &&
      attaches(machineType, accelerator) &&
      !findZones(accelerator as Accelerator).includes(zone),
    remedy: ({ zone, accelerator }) =>
      `${accelerator} is not offered there: ${nearest(zone, findZones(accelerator as Accelerator))}`,
    source: "https://cloud.google.com/compute/docs/gpus/gpu-regions-zones",
  },
  {
    id: "accelerator-of-machine",
    property: "accelerator",
    refused: ({ machineType, accelerator }) =>
      accelerator !== undefined &&
      machineTypeOf(machineType) !== undefined &&
      countsOn(machineType, accelerator).length === 0,
    remedy: ({ machineType, accelerator }) => {
      const attached = machineTypeOf(machineType)?.attached;
      const offer = attached === undefined ? "does not take it" : `comes with ${attached.accelerator}`;
      return `${machineType} ${offer}: ${carriersOf(accelerator as Accelerator)}`;
    },
    source: "https://cloud.google.com/compute/docs/gpus",
  },
  {
    id: "count-without-accelerator",
    property: "acceleratorCount",
    refused: ({ machineType, accelerator, acceleratorCount }) =>
      acceleratorCount !== undefined &&
      accelerator === undefined &&
      machineTypeOf(machineType)?.attached === undefined,
    remedy: ({ machineType }) => `state accelerator with it, or leave it out: ${machineType} comes with none`,
    source: "https://cloud.google.com/compute/docs/gpus",
  },
  {
    id: "accelerator-count",
    property: "acceleratorCount",
    refused: (request) => {
      const stated = acceleratorsOf(request);
      if (stated === undefined || request.acceleratorCount === undefined) return false;
      const counts = countsOn(request.machineType, stated.accelerator);
      return counts.length > 0 && !counts.includes(stated.count);
    },
    remedy: (request) => {
      const { accelerator, count } = acceleratorsOf(request) as AcceleratorCount;
      const counts = countsOn(request.machineType, accelerator);
      if (machineTypeOf(request.machineType)?.attached === undefined)
        return `use ${listed(counts)}: ${request.machineType} takes no other number of ${accelerator}`;
      return `${request.machineType} comes with ${counts[0]}: leave it out, or ${carriersOf(accelerator, count)}`;
    },
    source: "https://cloud.google.com/compute/docs/gpus",
  },
  {
    id: "idle-without-gpu",
    property: "gpuIdleSeconds",
    refused: (request) => request.gpuIdleSeconds !== undefined && acceleratorsOf(request) === undefined,
    remedy: ({ machineType }) => `leave it out, or add a GPU: ${machineType} has none that could be idle`,
    source: "https://cloud.google.com/monitoring/api/metrics_opsagent#agent-gpu",
  },
];

/** The GPUs of a machine: what is stated, or what comes with its type. */
export function acceleratorsOf(
  request: Pick<MachineRequest, "machineType" | "accelerator" | "acceleratorCount">,
): AcceleratorCount | undefined {
  const { machineType, accelerator, acceleratorCount } = request;
  const attached = machineTypeOf(machineType)?.attached;
  if (accelerator !== undefined)
    return {
      accelerator,
      count: acceleratorCount ?? (attached?.accelerator === accelerator ? attached.count : 1),
    };
  return attached === undefined ? undefined : { ...attached, count: acceleratorCount ?? attached.count };
}

/** Whether a GPU is added to a machine that comes with none. */
export function attaches(machineType: string, accelerator: Accelerator | undefined): boolean {
  return (
    accelerator !== undefined &&
    machineTypeOf(machineType)?.attached === undefined &&
    checkAccelerator("accelerator", accelerator).length === 0
  );
}

/** Every value that no machine has by itself, and every rule that it breaks together with others. */
export function checkMachine<Request extends MachineRequest>(
  request: Request,
  rules: readonly CombinationRule<Request>[],
  faults: readonly Finding[],
): Finding[] {
  const { zone, machineType, accelerator, gpuIdleSeconds } = request;
  const values = [
    ...faults,
    ...checkZone("zone", zone),
    ...checkMachineType("machineType", machineType),
    ...(accelerator === undefined ? [] : checkAccelerator("accelerator", accelerator, gpuNames)),
    ...(gpuIdleSeconds === undefined ? [] : checkConditionSeconds("gpuIdleSeconds", gpuIdleSeconds)),
  ];
  // What is amiss already says nothing about its combinations.
  const faulty = new Set(values.map(({ property }) => property.split(".")[0]));
  if (faulty.has("machineType") || faulty.has("accelerator"))
    for (const property of ["machineType", "accelerator", "acceleratorCount", "gpuIdleSeconds", "localSsds"])
      faulty.add(property);
  const relevant = rules.filter(({ property }) => !faulty.has(property));
  return [...values, ...checkCombinations(relevant, request)];
}

/** Findings on a zone that does not exist. One that is known only at apply is not judged. */
export function checkZone(property: string, zone: string): Finding[] {
  if (Token.isUnresolved(zone) || isZone(zone)) return [];
  const ofRegion = zonesOf(regionOf(zone));
  const remedy =
    ofRegion.length > 0
      ? `use ${listed(ofRegion)}: the region has no other zones`
      : `${didYouMean(zone, regions.flatMap(zonesOf))}No such zone; ${regionCatalog.source} lists them`;
  return [{ property, received: zone, remedy }];
}

/** Findings on a machine type that a family of the catalog lacks. Of other families nothing is known. */
function checkMachineType(property: string, name: string): Finding[] {
  const types = machineTypes();
  if (Token.isUnresolved(name) || machineTypeOf(name) !== undefined) return [];
  if (!types.some(({ family }) => name.startsWith(`${family}-`))) return [];
  const names = types.map((type) => type.name);
  const remedy = `${didYouMean(name, names)}No such machine type; https://cloud.google.com/compute/docs/machine-resource lists them`;
  return [{ property, received: name, remedy }];
}

function isZone(zone: string): boolean {
  return !Token.isUnresolved(zone) && zonesOf(regionOf(zone)).includes(zone);
}

function kindOf(request: MachineRequest): "gpu" | "tpu" | undefined {
  const accelerator = acceleratorsOf(request)?.accelerator;
  return accelerator === undefined ? undefined : acceleratorFacts(accelerator).kind;
}

/** None of a machine that the catalog lacks. */
function countsOn(machineType: string, accelerator: Accelerator): readonly number[] {
  const type = machineTypeOf(machineType);
  return type === undefined ? [] : countsOf(type, accelerator);
}

/** Which machine has an accelerator, in that number or in any. */
function carriersOf(accelerator: Accelerator, count?: number): string {
  const carrier = machineTypes().find((machine) => {
    const counts = countsOf(machine, accelerator);
    return count === undefined ? counts.length > 0 : counts.includes(count);
  });
  const what = count === undefined ? accelerator : `${count} of ${accelerator}`;
  return carrier === undefined
    ? `no machine has ${what}`
    : `use a machine that has ${what}, as ${carrier.name}`;
}

/** The zones of an offer that are nearest: of the region, else of the continent, else all. */
function nearest(zone: string, offered: readonly string[]): string {
  const continentOf = (name: string) => name.split("-")[0];
  const choices = [
    offered.filter((other) => regionOf(other) === regionOf(zone)),
    offered.filter((other) => continentOf(other) === continentOf(zone)),
    offered,
  ].find((some) => some.length > 0);
  return choices === undefined ? "no zone offers it" : `use ${listed(choices.slice(0, 3))}`;
}

/** `1, 2 or 4` */
function listed(items: readonly (string | number)[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} or ${items.at(-1)}`;
}
