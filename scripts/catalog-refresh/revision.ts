import type { AcceleratorFacts } from "../../constructs/catalog/accelerators";
import { type MachineType, type MachineZones, machineParts } from "../../constructs/catalog/machine-types";
import type { MachineReading, TpuReadings } from "./readings";

/** A data file as it would be, and what is different in it. */
export interface Revision<Entry> {
  readonly file: string;
  readonly entries: readonly Entry[];
  readonly added: readonly string[];
  /** What is not listed any more; it stays in the entries, with its date. */
  readonly gone: readonly string[];
  readonly changed: readonly string[];
}

/**
 * The machine types as Compute Engine has them. It does not say what their network and processors are, so that a new
 * size of a known series takes those of the largest size below it, and a new series is for a person to describe.
 */
export function reviseMachineTypes(
  entries: readonly MachineType[],
  readings: ReadonlyMap<string, MachineReading>,
  asOf: string,
): Revision<MachineType> {
  const changed: string[] = [];
  const kept = entries.map((entry) => {
    const reading = readings.get(entry.name);
    // What is not listed is hidden from this project more likely than withdrawn from all: that is for a person to say.
    if (reading === undefined) return entry;
    const revised = withReading(entry, reading);
    const differences = differencesOf(entry, revised);
    if (differences.length > 0) changed.push(`${entry.name}: ${differences.join(", ")}`);
    return { ...revised, asOf };
  });
  const known = new Set(entries.map(({ name }) => name));
  const added = [...readings.values()]
    .filter(({ name }) => !known.has(name))
    .flatMap((reading) => {
      const sibling = siblingOf(reading, entries);
      return sibling === undefined ? [] : [{ ...withReading(sibling, reading), asOf }];
    });
  return {
    file: "machine-types",
    entries: [...kept, ...added],
    added: added.map(({ name }) => name).sort(),
    gone: entries.map(({ name }) => name).filter((name) => !readings.has(name)),
    changed,
  };
}

function siblingOf(reading: MachineReading, entries: readonly MachineType[]): MachineType | undefined {
  const [series] = machineParts(reading.name);
  return entries
    .filter(({ name, vcpus }) => machineParts(name)[0] === series && vcpus <= reading.vcpus)
    .sort((one, other) => other.vcpus - one.vcpus)[0];
}

function withReading(entry: MachineType, reading: MachineReading): MachineType {
  const { name, vcpus, memoryGiB, architecture = entry.architecture, accelerator, bundledSsds } = reading;
  // Compute Engine names TPUs otherwise than GKE does, and their number is the same.
  const attached = entry.attached && {
    accelerator: entry.attached.accelerator,
    count: accelerator?.count ?? entry.attached.count,
  };
  return {
    ...entry,
    name,
    vcpus,
    memoryGiB,
    ...(attached === undefined ? {} : { attached }),
    localSsds: bundledSsds === 0 ? entry.localSsds : { ...entry.localSsds, bundled: bundledSsds },
    architecture,
  };
}

function differencesOf(before: MachineType, after: MachineType): string[] {
  const facts = ({ vcpus, memoryGiB, architecture, attached, localSsds }: MachineType) => ({
    vcpus,
    memoryGiB,
    architecture,
    accelerators: attached?.count,
    "bundled local SSDs": localSsds.bundled,
  });
  const [was, is] = [facts(before), facts(after)].map(Object.entries);
  return was.flatMap(([fact, value], at) =>
    value === is[at][1] ? [] : [`${fact} ${value} -> ${is[at][1]}`],
  );
}

/** The zones of each family, or part of one, of those machines in it that the catalog knows. */
export function reviseMachineZones(
  entries: readonly MachineZones[],
  readings: ReadonlyMap<string, MachineReading>,
  machines: readonly MachineType[],
  asOf: string,
): Revision<MachineZones> {
  const families = new Set(entries.map(({ family }) => family));
  const zones = new Map<string, Set<string>>();
  for (const { name } of machines) {
    const part = machineParts(name).find((each) => families.has(each));
    if (part === undefined) continue;
    const known = zones.get(part) ?? new Set();
    for (const zone of readings.get(name)?.zones ?? []) known.add(zone);
    zones.set(part, known);
  }
  const source = "https://cloud.google.com/compute/docs/reference/rest/v1/machineTypes/aggregatedList";
  return reviseZones(
    "machine-zones",
    entries,
    ({ family }) => family,
    (family) => zones.get(family),
    {
      asOf,
      source,
    },
  );
}

/**
 * The zones of each accelerator. One that is in none of the readings was not asked for, and stays as it is; so does a
 * TPU in a zone that did not answer.
 */
export function reviseAccelerators(
  entries: readonly AcceleratorFacts[],
  gpus: ReadonlyMap<string, readonly string[]>,
  tpus: TpuReadings,
  asOf: string,
): Revision<AcceleratorFacts> {
  const zonesOf = (name: string) => {
    const read = tpus.zones.get(name);
    if (read === undefined) return gpus.get(name);
    const known = entries.find((entry) => entry.name === name)?.zones ?? [];
    return [...read, ...known.filter((zone) => tpus.unread.has(zone))];
  };
  return reviseZones("accelerators", entries, ({ name }) => name, zonesOf, { asOf });
}

function reviseZones<Entry extends { readonly zones: readonly string[] }>(
  file: string,
  entries: readonly Entry[],
  nameOf: (entry: Entry) => string,
  zonesOf: (name: string) => Iterable<string> | undefined,
  dated: { readonly asOf: string; readonly source?: string },
): Revision<Entry> {
  const changed: string[] = [];
  const gone: string[] = [];
  const revised = entries.map((entry) => {
    const name = nameOf(entry);
    const zones = [...(zonesOf(name) ?? [])].sort();
    if (zones.length === 0) {
      if (zonesOf(name) !== undefined) gone.push(name);
      return entry;
    }
    const added = zones.filter((zone) => !entry.zones.includes(zone)).map((zone) => `+${zone}`);
    const lost = entry.zones.filter((zone) => !zones.includes(zone)).map((zone) => `-${zone}`);
    if (added.length + lost.length === 0) return { ...entry, asOf: dated.asOf };
    changed.push(`${name}: ${[...added, ...lost].join(" ")}`);
    return { ...entry, zones, ...dated };
  });
  return { file, entries: revised, added: [], gone, changed };
}
