import { regionOf } from "./regions";

/** Latitude and longitude in degrees. */
type Coordinates = readonly [latitude: number, longitude: number];

/** Where Google's regions are, as it names their cities; the coordinates are those of the cities. */
export const regionLocationCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/compute/docs/regions-zones#available",
  coordinates: {
    "africa-south1": [-26.2, 28.05],
    "asia-east1": [24.08, 120.54],
    "asia-east2": [22.32, 114.17],
    "asia-northeast1": [35.68, 139.69],
    "asia-northeast2": [34.69, 135.5],
    "asia-northeast3": [37.57, 126.98],
    "asia-south1": [19.08, 72.88],
    "asia-south2": [28.61, 77.21],
    "asia-southeast1": [1.35, 103.82],
    "asia-southeast2": [-6.21, 106.85],
    "asia-southeast3": [13.76, 100.5],
    "australia-southeast1": [-33.87, 151.21],
    "australia-southeast2": [-37.81, 144.96],
    "europe-central2": [52.23, 21.01],
    "europe-north1": [60.57, 27.19],
    "europe-north2": [59.33, 18.07],
    "europe-southwest1": [40.42, -3.7],
    "europe-west1": [50.47, 3.87],
    "europe-west2": [51.51, -0.13],
    "europe-west3": [50.11, 8.68],
    "europe-west4": [53.44, 6.84],
    "europe-west6": [47.38, 8.54],
    "europe-west8": [45.46, 9.19],
    "europe-west9": [48.86, 2.35],
    "europe-west10": [52.52, 13.4],
    "europe-west12": [45.07, 7.69],
    "me-central1": [25.29, 51.53],
    "me-central2": [26.43, 50.1],
    "me-west1": [32.09, 34.78],
    "northamerica-northeast1": [45.5, -73.57],
    "northamerica-northeast2": [43.65, -79.38],
    "northamerica-south1": [20.59, -100.39],
    "southamerica-east1": [-23.55, -46.63],
    "southamerica-west1": [-33.45, -70.67],
    "us-central1": [41.26, -95.86],
    "us-central2": [36.24, -95.33],
    "us-east1": [33.2, -80.01],
    "us-east4": [39.04, -77.49],
    "us-east5": [39.96, -83],
    "us-south1": [32.78, -96.8],
    "us-west1": [45.59, -121.18],
    "us-west2": [34.05, -118.24],
    "us-west3": [40.76, -111.89],
    "us-west4": [36.17, -115.14],
  } as Readonly<Record<string, Coordinates>>,
};

/** Kilometres over the globe between two regions, or zones; nothing if one of them does not exist. */
export function distanceKm(from: string, to: string): number | undefined {
  const here = regionLocationCatalog.coordinates[regionOf(from)];
  const there = regionLocationCatalog.coordinates[regionOf(to)];
  return here && there && greatCircleKm(here, there);
}

/** The nearest of some zones to a region, or to a zone; nothing if it does not exist, or if there are none. */
export function nearestTo(place: string, zones: readonly string[]): string | undefined {
  const distances = zones.map((zone) => ({ zone, km: distanceKm(place, zone) }));
  const known = distances.filter((each): each is { zone: string; km: number } => each.km !== undefined);
  return known.sort((one, other) => one.km - other.km || one.zone.localeCompare(other.zone))[0]?.zone;
}

/** By the haversine formula. */
function greatCircleKm(here: Coordinates, there: Coordinates): number {
  const [fromLatitude, fromLongitude, toLatitude, toLongitude] = [...here, ...there].map(
    (degrees) => (degrees * Math.PI) / 180,
  );
  const chord =
    Math.sin((toLatitude - fromLatitude) / 2) ** 2 +
    Math.cos(fromLatitude) * Math.cos(toLatitude) * Math.sin((toLongitude - fromLongitude) / 2) ** 2;
  const earthRadiusKm = 6_371;
  return 2 * earthRadiusKm * Math.asin(Math.sqrt(chord));
}
