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
  readonly items?: Readonly<Record<string, AggregatedScope<Key, Item>>>;
  readonly unreachables?: readonly string[];
}

type AggregatedScope<Key extends string, Item> = Partial<Record<Key, readonly Item[]>> & {
  readonly warning?: { readonly code: string };
};

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
  const scopes = pages.flatMap(({ items = {} }) => Object.entries(items));
  const unread = [
    ...pages.flatMap(({ unreachables = [] }) => unreachables),
    ...scopes.flatMap(([scope, { warning }]) => (isEmpty(warning?.code) ? [] : [scope])),
  ];
  // What they have would seem to be gone from them.
  if (unread.length > 0)
    throw new RefreshError(`Compute Engine could not read ${unread.join(", ")}: try again later`);
  return scopes
    .map(([scope, listed]) => [scope.replace(/^zones\//, ""), listed[key] ?? []] as const)
    .filter(([zone]) => knownZones.has(zone))
    .flatMap(([zone, listed]) => listed.map((item): [string, Item] => [zone, item]));
}

/** The one warning that is none: most zones have nothing on most pages. */
function isEmpty(warning = "NO_RESULTS_ON_PAGE"): boolean {
  return warning === "NO_RESULTS_ON_PAGE";
}

/** How the TPU API names the slices of each generation. */
const slices: readonly (readonly [prefix: string, accelerator: Accelerator])[] = [
  ["v4-", Accelerator.TPU_V4],
  ["v5litepod-", Accelerator.TPU_V5E],
  ["v5p-", Accelerator.TPU_V5P],
  ["v6e-", Accelerator.TPU_V6E],
];

/** Zones of each generation of TPUs, and those that were not read: not all locations answer to all projects. */
export interface TpuReadings {
  readonly zones: ReadonlyMap<string, readonly string[]>;
  readonly unread: ReadonlySet<string>;
}

export async function readTpuZones(api: GoogleApi, project: string): Promise<TpuReadings> {
  const service = "tpu.googleapis.com";
  const parent = `v2/projects/${project}/locations`;
  const pages = await api.list<{ locations?: { locationId: string }[] }>(service, parent);
  const locations = pages
    .flatMap(({ locations: listed = [] }) => listed.map(({ locationId }) => locationId))
    .filter((zone) => knownZones.has(zone));
  const zones = new Map<string, string[]>();
  const unread = new Set<string>();
  for (const zone of locations) {
    const names = await sliceNames(api, `${parent}/${zone}/acceleratorTypes`);
    if (names === undefined) unread.add(zone);
    for (const [prefix, accelerator] of slices)
      if (names?.some((name) => name.startsWith(prefix)))
        zones.set(accelerator, [...(zones.get(accelerator) ?? []), zone]);
  }
  return { zones, unread };
}

/** Nothing of a location that does not answer. The API answers one with an empty list now and then, and rightly the next time. */
async function sliceNames(api: GoogleApi, path: string, attempts = 3): Promise<string[] | undefined> {
  const pages = await api
    .list<{ acceleratorTypes?: { type: string }[] }>("tpu.googleapis.com", path)
    .catch((error) => {
      if (error instanceof RefreshError && /answered 40[34]/.test(error.message)) return undefined;
      throw error;
    });
  const names = pages?.flatMap(({ acceleratorTypes = [] }) => acceleratorTypes.map(({ type }) => type));
  return names?.length === 0 && attempts > 1 ? sliceNames(api, path, attempts - 1) : names;
}
