import { ConstructError, type Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import { checkAccelerator } from "./accelerators";
import { type AddedZones, type CatalogExtension, clearExtensions, recordExtension } from "./extension-record";
import { machineZones } from "./machine-types";
import { listRegionsAdded, regionOf, regions, tpuRegionZones, zonesOf } from "./regions";

/**
 * Adds to the catalog, in this process, what Google has offered since it was read. Called before the first construct
 * is made: what is made before does not see it.
 *
 * @throws ConstructError with every finding, and then nothing is added
 */
export function extendCatalog(extension: CatalogExtension): void {
  ConstructError.throwIfAny("extendCatalog", checkExtension(extension));
  recordExtension(extension);
  listRegionsAdded();
}

/** Leaves the catalog as its data files have it: for tests, which share a process. */
export function forgetExtensions(): void {
  clearExtensions();
  listRegionsAdded();
}

const day = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const region = /^[a-z]+-[a-z]+\d+$/;

function checkExtension(extension: CatalogExtension): Finding[] {
  const { asOf, source, regions: places = {}, accelerators = {}, machines = {} } = extension;
  const zones = [
    ...regions.flatMap(zonesOf),
    ...tpuRegionZones,
    ...Object.values(places).flatMap((added) => added.zones),
  ];
  const checkExist = (property: string, added: AddedZones): Finding[] =>
    checkZones(property, added, (zone) =>
      zones.includes(zone)
        ? undefined
        : `${didYouMean(zone, zones)}No such zone; name one that is new under regions too`,
    );
  return [
    ...(day.test(asOf)
      ? []
      : [{ property: "asOf", received: asOf, remedy: "state the day it was read, as 2026-11-21" }]),
    ...(URL.canParse(source)
      ? []
      : [{ property: "source", received: source, remedy: "state the address of the page that says so" }]),
    ...Object.entries(places).flatMap(([name, added]) => checkAddedRegion(name, added)),
    ...Object.entries(accelerators).flatMap(([name, added]) => [
      ...checkAccelerator("accelerators", name),
      ...checkExist(`accelerators["${name}"]`, added),
    ]),
    ...Object.entries(machines).flatMap(([name, added]) => [
      ...checkFamily(name),
      ...checkExist(`machines["${name}"]`, added),
    ]),
  ];
}

function checkAddedRegion(name: string, added: AddedZones): Finding[] {
  if (!region.test(name))
    return [{ property: "regions", received: name, remedy: "name a region, as europe-west4" }];
  return checkZones(`regions["${name}"]`, added, (zone) =>
    zone.startsWith(`${name}-`) && regionOf(zone) === name
      ? undefined
      : `name a zone of the region, as ${name}-a`,
  );
}

function checkFamily(name: string): Finding[] {
  const families = machineZones().map(({ family }) => family);
  if (families.includes(name)) return [];
  const remedy = `${didYouMean(name, families)}Use one of ${families.join(", ")}`;
  return [{ property: "machines", received: name, remedy }];
}

function checkZones(
  property: string,
  { zones }: AddedZones,
  remedyFor: (zone: string) => string | undefined,
): Finding[] {
  if (zones.length === 0)
    return [{ property: `${property}.zones`, received: zones, remedy: "name one at least, or leave it out" }];
  return zones.flatMap((received, index) => {
    const remedy = remedyFor(received);
    return remedy === undefined ? [] : [{ property: `${property}.zones[${index}]`, received, remedy }];
  });
}
