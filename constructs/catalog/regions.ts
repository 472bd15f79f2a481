import { Token } from "cdktf";
import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import { regionsAdded, withAdded } from "./extension-record";

/**
 * Google Cloud's public regions and the letters of their zones.
 * AI zones (`us-central1-ai1a`) are left out: they offer accelerators and nothing else.
 */
export const regionCatalog = {
  asOf: "2026-11-20",
  source: "https://cloud.google.com/compute/docs/regions-zones",
  zoneLetters: {
    "africa-south1": "abc",
    "asia-east1": "abc",
    "asia-east2": "abc",
    "asia-northeast1": "abc",
    "asia-northeast2": "abc",
    "asia-northeast3": "abc",
    "asia-south1": "abc",
    "asia-south2": "abc",
    "asia-southeast1": "abc",
    "asia-southeast2": "abc",
    "asia-southeast3": "abc",
    "australia-southeast1": "abc",
    "australia-southeast2": "abc",
    "europe-central2": "abc",
    "europe-north1": "abc",
    "europe-north2": "abc",
    "europe-southwest1": "abc",
    "europe-west1": "bcd",
    "europe-west2": "abc",
    "europe-west3": "abc",
    "europe-west4": "abc",
    "europe-west6": "abc",
    "europe-west8": "abc",
    "europe-west9": "abc",
    "europe-west10": "abc",
    "europe-west12": "abc",
    "me-central1": "abc",
    "me-central2": "abc",
    "me-west1": "abc",
    "northamerica-northeast1": "abc",
    "northamerica-northeast2": "abc",
    "northamerica-south1": "abc",
    "southamerica-east1": "abc",
    "southamerica-west1": "abc",
    "us-central1": "abcf",
    "us-east1": "bcd",
    "us-east4": "abc",
    "us-east5": "abc",
    "us-south1": "abc",
    "us-west1": "abc",
    "us-west2": "abc",
    "us-west3": "abc",
    "us-west4": "abc",
  } as Readonly<Record<string, string>>,
};

/**
 * A region that Google lists nowhere but with its TPUs v4, which are all that it offers: no network is planned for it,
 * nor is it accepted as an environment's region.
 */
export const tpuRegionZones: readonly string[] = ["us-central2-b"];

const catalogued = Object.keys(regionCatalog.zoneLetters);
const known = [...catalogued];

/** Those of the catalog, and then those that extendCatalog added. */
export const regions: readonly string[] = known;

/** Has the list of regions hold those that were added, and no others beside the catalog's. */
export function listRegionsAdded(): void {
  known.splice(0, known.length, ...new Set([...catalogued, ...regionsAdded()]));
}

/** The region of a zone; any other location as it is. In lower case, as Cloud Storage writes it in upper case. */
export function regionOf(location: string): string {
  return location.toLowerCase().replace(/^([a-z]+-[a-z]+\d+)-[a-z0-9]+$/, "$1");
}

/** The zones of a region; none for a region that does not exist. */
export function zonesOf(region: string): string[] {
  const listed = [...(regionCatalog.zoneLetters[region] ?? "")].map((letter) => `${region}-${letter}`);
  return [...withAdded("regions", region, listed)];
}

/** Findings on a region that does not exist. One that is known only at apply is not judged. */
export function checkRegion(property: string, region: string): Finding[] {
  if (Token.isUnresolved(region) || regions.includes(region)) return [];
  const remedy = `${didYouMean(region, regions)}No such region; ${regionCatalog.source} lists them`;
  return [{ property, received: region, remedy }];
}
