import { Token } from "cdktf";
import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import { type Dated, dataFile, indexed } from "./data-file";
import { withAdded } from "./extension-record";
import { nearestTo } from "./region-locations";
import { regionOf } from "./regions";

/** Accelerators, by the name under which Compute Engine and GKE know each. */
export const Accelerator = {
  NVIDIA_P4: "nvidia-tesla-p4",
  NVIDIA_P100: "nvidia-tesla-p100",
  NVIDIA_V100: "nvidia-tesla-v100",
  NVIDIA_T4: "nvidia-tesla-t4",
  NVIDIA_L4: "nvidia-l4",
  NVIDIA_A100_40GB: "nvidia-tesla-a100",
  NVIDIA_A100_80GB: "nvidia-a100-80gb",
  NVIDIA_H100_80GB: "nvidia-h100-80gb",
  NVIDIA_H100_MEGA_80GB: "nvidia-h100-mega-80gb",
  NVIDIA_H200_141GB: "nvidia-h200-141gb",
  NVIDIA_B200: "nvidia-b200",
  NVIDIA_GB200: "nvidia-gb200",
  NVIDIA_RTX_PRO_6000: "nvidia-rtx-pro-6000",
  TPU_V4: "tpu-v4-podslice",
  TPU_V5E: "tpu-v5-lite-podslice",
  TPU_V5P: "tpu-v5p-slice",
  TPU_V6E: "tpu-v6e-slice",
} as const;

export type Accelerator = (typeof Accelerator)[keyof typeof Accelerator];

/** Formats of numbers that an accelerator computes in. */
export type NumberFormat = "fp64" | "fp32" | "tf32" | "bf16" | "fp16" | "fp8" | "fp4" | "int8" | "int4";

/** A part of a GPU that MIG makes a GPU of its own. */
export interface MigProfile {
  /** As GKE's `gpu_partition_size` names it: `1g.5gb`. */
  readonly name: string;
  /** How many of them one GPU is cut into. */
  readonly perGpu: number;
  readonly memoryGiB: number;
}

export interface AcceleratorFacts extends Dated {
  readonly name: Accelerator;
  /** As its maker calls it. */
  readonly title: string;
  readonly kind: "gpu" | "tpu";
  /** Of one GPU or one TPU chip. */
  readonly memoryGiB: number;
  /** GB (10^9 bytes) per second between one GPU, or chip, and its memory. */
  readonly memoryGBps: number;
  /** TFLOPS (TOPS for integers) without sparsity, of one GPU or chip. What it cannot compute in is left out. */
  readonly denseTflops: Readonly<Partial<Record<NumberFormat, number>>>;
  /** Empty where there is no MIG. */
  readonly migProfiles: readonly MigProfile[];
  /** Zones that offer it, whatever the machine. */
  readonly zones: readonly string[];
}

const accelerators = dataFile<AcceleratorFacts>("accelerators");
const byName = indexed(accelerators, ({ name }) => name);

export const acceleratorNames: readonly Accelerator[] = Object.values(Accelerator);

/** Those that are GPUs. */
export const gpuNames = acceleratorNames.filter((name) => !isTpu(name));

/** Those that are TPUs. */
export const tpuNames = acceleratorNames.filter(isTpu);

function isTpu(name: Accelerator): name is Extract<Accelerator, `tpu-${string}`> {
  return name.startsWith("tpu-");
}

/** Whether a name is that of an accelerator. */
export function isAccelerator(name: string): name is Accelerator {
  return acceleratorNames.some((known) => known === name);
}

/** All that is known of an accelerator. */
export function acceleratorFacts(name: Accelerator): AcceleratorFacts {
  const facts = byName().get(name);
  if (facts === undefined) throw new Error(`${name} is not in constructs/catalog/data/accelerators.json`);
  const zones = withAdded("accelerators", name, facts.zones);
  return zones === facts.zones ? facts : { ...facts, zones };
}

/** Zones that offer an accelerator: in one region, or in all. None in a region that does not exist. */
export function findZones(accelerator: Accelerator, region?: string): readonly string[] {
  const { zones } = acceleratorFacts(accelerator);
  return region === undefined ? zones : zones.filter((zone) => regionOf(zone) === region);
}

/**
 * The zone nearest to a region, or to a zone, of those that offer an accelerator; nothing if the region does not exist.
 * A distance over the globe, which says little of the network's and enough to choose a place by.
 */
export function nearestZone(accelerator: Accelerator, location: string): string | undefined {
  return nearestTo(location, acceleratorFacts(accelerator).zones);
}

/**
 * Findings on a zone that does not offer an accelerator. One that is known only at apply is not judged, nor an
 * accelerator of which nothing is known: that is another finding.
 */
export function checkZone(property: string, zone: string, accelerator: Accelerator): Finding[] {
  if (Token.isUnresolved(zone) || Token.isUnresolved(accelerator) || !byName().has(accelerator)) return [];
  if (findZones(accelerator).includes(zone)) return [];
  return [{ property, received: zone, remedy: zoneRemedy(zone, accelerator) }];
}

function zoneRemedy(zone: string, accelerator: Accelerator): string {
  const inRegion = findZones(accelerator, regionOf(zone));
  if (inRegion.length > 0) return `it does not offer ${accelerator}; in its region do ${inRegion.join(", ")}`;
  const nearest = nearestZone(accelerator, zone);
  if (nearest !== undefined) return `it does not offer ${accelerator}; nearest: ${nearest}`;
  return `${didYouMean(zone, findZones(accelerator))}No such zone; findZones("${accelerator}") lists those that offer it`;
}

/** Findings on an accelerator of which nothing is known. One that is known only at apply is not judged. */
export function checkAccelerator(
  property: string,
  received: string,
  usable: readonly Accelerator[] = acceleratorNames,
): Finding[] {
  if (Token.isUnresolved(received) || isAccelerator(received)) return [];
  const remedy = `${didYouMean(received, usable)}Use one of ${usable.join(", ")}`;
  return [{ property, received, remedy }];
}
