import type { Accelerator } from "./accelerators";
import type { Dated } from "./data-file";

/** Zones that Google added to one thing. */
export interface AddedZones {
  readonly zones: readonly string[];
}

/** What Google has offered since the catalog was read: when and where that was seen, and what it is. */
export interface CatalogExtension extends Dated {
  /** Regions that are new, or that have new zones. @default - none */
  readonly regions?: Readonly<Record<string, AddedZones>>;

  /** @default - none */
  readonly accelerators?: Readonly<Partial<Record<Accelerator, AddedZones>>>;

  /** By family, or by the part of one that `machineZones` lists: `a3-highgpu`. @default - none */
  readonly machines?: Readonly<Record<string, AddedZones>>;
}

const extensions: CatalogExtension[] = [];

/** What was added to the catalog in this process. */
export function catalogExtensions(): readonly CatalogExtension[] {
  return [...extensions];
}

export function clearExtensions(): void {
  extensions.length = 0;
}

export function recordExtension(extension: CatalogExtension): void {
  extensions.push(extension);
}

/** Regions of which zones were added, those among them that the data has. */
export function regionsAdded(): readonly string[] {
  return extensions.flatMap(({ regions = {} }) => Object.keys(regions));
}

/** Zones with those that were added, in alphabetical order; the same list where none were. */
export function withAdded(
  kind: "regions" | "accelerators" | "machines",
  name: string,
  zones: readonly string[],
): readonly string[] {
  const added = extensions.flatMap((extension) => {
    const named: Readonly<Record<string, AddedZones>> = extension[kind] ?? {};
    return Object.hasOwn(named, name) ? named[name].zones : [];
  });
  return added.length === 0 ? zones : [...new Set([...zones, ...added])].sort();
}
