import { regionOf } from "./regions";

/**
 * Locations of Google Cloud whose data stays in member states of the European Union, in lower case.
 * London (europe-west2) and Zurich (europe-west6) are not among them: the United Kingdom and Switzerland are
 * third countries with an adequacy decision, which is for the user to rely on. Nor are multi-regions and
 * dual regions with a part in London or Zurich (eur5, eur7, eur8).
 */
export const residencyCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/storage/docs/locations",
  adequacySource:
    "https://commission.europa.eu/law/law-topic/data-protection/international-dimension-data-protection/adequacy-decisions_en",
  regions: [
    "europe-central2",
    "europe-north1",
    "europe-north2",
    "europe-southwest1",
    "europe-west1",
    "europe-west3",
    "europe-west4",
    "europe-west8",
    "europe-west9",
    "europe-west10",
    "europe-west12",
  ],
  /**
   * The multi-region of Cloud Storage, BigQuery and Cloud Logging, that of Cloud KMS and Artifact Registry, which
   * leaves London and Zurich out (https://cloud.google.com/kms/docs/locations), and pairs of regions.
   */
  multiRegions: ["eu", "europe", "eur3", "eur4"],
  /** In Europe, with an adequacy decision, and not in the EU. */
  adequate: ["europe-west2", "europe-west6"],
} as const;

/** Whether data in a location, which may be a zone, stays in the European Union. */
export function isInEu(location: string): boolean {
  const { regions, multiRegions } = residencyCatalog;
  return ([...regions, ...multiRegions] as readonly string[]).includes(regionOf(location));
}
