import { Accelerator } from "../../constructs/catalog/accelerators";
import { regions, tpuRegionZones, zonesOf } from "../../constructs/catalog/regions";
import type { GoogleApi } from "./google-api";
import { RefreshError } from "./options";

/** What Compute Engine says of a machine type. */
export interface MachineReading {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryGiB: number;
  readonly architecture?: "x86" | "arm";
  readonly accelerator?: { readonly accelerator: string; readonly count: number };
  readonly bundledSsds: number;
  readonly zones: readonly string[];
}

interface AggregatedPage<Key extends string, Item> {
  readonly items?: Readonly<Record<string, Partial<Record<Key, readonly Item[]>>>>;
}

interface ApiMachineType {
  readonly name: string;
  readonly guestCpus: number;
  readonly memoryMb: number;
  readonly architecture?: string;
  readonly accelerators?: readonly {
    readonly guestAcceleratorType: string;
    readonly guestAcceleratorCount: number;
  }[];
  readonly bundledLocalSsds?: { readonly partitionCount?: number };
}

/** Zones of the catalog: AI zones and those that Google tests in are left out. */
const knownZones = new Set([...regions.flatMap(zonesOf), ...tpuRegionZones]);

const architectures: Readonly<Record<string, "x86" | "arm">> = { X86_64: "x86", ARM64: "arm" };

export async function readMachineTypes(
  api: GoogleApi,
  project: string,
): Promise<Map<string, MachineReading>> {
  const readings = new Map<string, MachineReading>();
  for (const [zone, type] of await aggregated<"machineTypes", ApiMachineType>(api, project, "machineTypes")) {
    const zones = [...(readings.get(type.name)?.zones ?? []), zone];
    const [attached] = type.accelerators ?? [];
    readings.set(type.name, {
      name: type.name,
      vcpus: type.guestCpus,
      memoryGiB: Math.round((type.memoryMb / 1024) * 100) / 100,
      architecture: architectures[type.architecture ?? ""],
      accelerator: attached && {
        accelerator: attached.guestAcceleratorType,
        count: attached.guestAcceleratorCount,
      },
      bundledSsds: type.bundledLocalSsds?.partitionCount ?? 0,
      zones,
    });
  }
  return readings;
}

/** Zones of each accelerator that Compute Engine lists: GPUs. */
export async function readAcceleratorZones(api: GoogleApi, project: string): Promise<Map<string, string[]>> {
  const readings = new Map<string, string[]>();
  const listed = await aggregated<"acceleratorTypes", { name: string }>(api, project, "acceleratorTypes");
  for (const [zone, { name }] of listed) readings.set(name, [...(readings.get(name) ?? []), zone]);
  return readings;
}

async function aggregated<Key extends string, Item>(
  api: GoogleApi,
  project: string,
  key: Key,
): Promise<[zone: string, Item][]> {
  const path = `compute/v1/projects/${project}/aggregated/${key}`;
  const pages = await api.list<AggregatedPage<Key, Item>>("compute.googleapis.com", path, {
    maxResults: "500",
  });
  return pages
    .flatMap(({ items = {} }) => Object.entries(items))
    .map(([scope, listed]) => [scope.replace(/^zones\//, ""), listed[key] ?? []] as const)
    .filter(([zone]) => knownZones.has(zone))
    .flatMap(([zone, listed]) => listed.map((item): [string, Item] => [zone, item]));
}

/** How the TPU API names the slices of each generation. */
const slices: readonly (readonly [prefix: string, accelerator: Accelerator])[] = [
  ["v4-", Accelerator.TPU_V4],
  ["v5litepod-", Accelerator.TPU_V5E],
  ["v5p-", Accelerator.TPU_V5P],
  ["v6e-", Accelerator.TPU_V6E],
];

/** Zones of each generation of TPUs. Not all of its locations answer to all projects. */
export async function readTpuZones(api: GoogleApi, project: string): Promise<Map<string, string[]>> {
  const service = "tpu.googleapis.com";
  const parent = `v2/projects/${project}/locations`;
  const pages = await api.list<{ locations?: { locationId: string }[] }>(service, parent);
  const locations = pages
    .flatMap(({ locations: listed = [] }) => listed.map(({ locationId }) => locationId))
    .filter((zone) => knownZones.has(zone));
  const readings = new Map<string, string[]>();
  for (const zone of locations) {
    const names = await sliceNames(api, `${parent}/${zone}/acceleratorTypes`);
    for (const [prefix, accelerator] of slices)
      if (names.some((name) => name.startsWith(prefix)))
        readings.set(accelerator, [...(readings.get(accelerator) ?? []), zone]);
  }
  return readings;
}

/** The API answers a zone with nothing now and then, and rightly the next time. */
async function sliceNames(api: GoogleApi, path: string, attempts = 3): Promise<string[]> {
  const pages = await api
    .list<{ acceleratorTypes?: { type: string }[] }>("tpu.googleapis.com", path)
    .catch((error) => {
      if (error instanceof RefreshError && /answered 40[34]/.test(error.message)) return undefined;
      throw error;
    });
  const names = pages?.flatMap(({ acceleratorTypes = [] }) => acceleratorTypes.map(({ type }) => type));
  if (names === undefined) return [];
  return names.length > 0 || attempts === 1 ? names : sliceNames(api, path, attempts - 1);
}
