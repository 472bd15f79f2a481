import { keyArguments } from "../../catalog/key-arguments";
import { isInEu, regionOf, residencyCatalog } from "../../catalog/residency";
import { gdpr } from "../control";
import type { Argument, RenderedResource } from "../rendered-resource";
import { type Objection, type PolicyAllowances, type ResourceRule, unresolved, violation } from "../rule";

/** Arguments that say where something lies; the last ones where parts of it lie. */
const locationArguments = [
  "location",
  "region",
  "zone",
  "location_id",
  "locations",
  "node_locations",
  "cluster.zone",
  "custom_placement_config.data_locations",
  "message_storage_policy.allowed_persistence_regions",
  "replication.user_managed.replicas.location",
];

/** Types that lie in the provider's region or zone where they state none. */
const providersPlace: Readonly<Record<string, "region" | "zone">> = {
  google_compute_address: "region",
  google_compute_disk: "zone",
  google_compute_instance: "zone",
  google_compute_region_disk: "region",
  google_compute_router: "region",
  google_compute_subnetwork: "region",
  google_container_cluster: "zone",
  google_dataproc_cluster: "region",
  google_filestore_instance: "zone",
  google_redis_instance: "region",
  google_sql_database_instance: "region",
  google_vertex_ai_dataset: "region",
  google_vertex_ai_featurestore: "region",
  google_vertex_ai_tensorboard: "region",
};

/** Types that Google spreads over the world where nothing is stated, and what states it. */
const spread: Readonly<Record<string, string>> = {
  google_bigquery_dataset: "location",
  google_pubsub_topic: "message_storage_policy.allowed_persistence_regions",
};

/** Of these "global" is where data lies, not merely where a setting is made. */
const holdsData = [...Object.keys(keyArguments.types), "google_kms_key_ring"];

export const residencyEu: ResourceRule = {
  id: "residency-eu",
  checks: "Everything lies in the European Union.",
  why: "A transfer of personal data to a third country needs a ground of its own.",
  remedy: `use a region of the EU: ${residencyCatalog.regions.join(", ")}`,
  controls: [gdpr("Art. 44")],
  level: "error",
  appliesTo: ["google_*"],
  judge: (resource, allowances) => {
    // A grant lies nowhere; it names where the thing lies that it gives access to.
    if (/_iam_(?:member|binding|policy|audit_config)$/.test(resource.type)) return [];
    return placesOf(resource).flatMap((place) => judgePlace(resource, place, allowances));
  },
};

function placesOf(resource: RenderedResource): Argument[] {
  const anywhere = resource.argument("replication.auto");
  const stated = [
    ...(anywhere.isAbsent ? [] : [anywhere]),
    ...locationArguments
      .flatMap((argument) => resource.arguments(argument))
      .filter(({ isAbsent }) => !isAbsent),
  ];
  if (stated.length > 0) return stated;
  const { type } = resource;
  if (type in spread) return [resource.argument(spread[type])];
  if (!(type in providersPlace)) return [];
  const [first, second] = providersPlace[type] === "zone" ? ["zone", "region"] : ["region", "zone"];
  const place = resource.ofProvider(first);
  return [place.isAbsent ? resource.ofProvider(second) : place];
}

function judgePlace(
  { type }: RenderedResource,
  place: Argument,
  { locations }: PolicyAllowances,
): Objection[] {
  // What no code states is left to the shell's variables.
  if (place.isUnresolved || (place.isAbsent && !(type in spread))) return [unresolved(place)];
  const where = regionOf(place.text);
  if (place.text === "global" && !holdsData.includes(type)) return [];
  if (isInEu(where) || locations.includes(where)) return [];
  const remedy = (residencyCatalog.adequate as readonly string[]).includes(where)
    ? `${where} is outside of the EU: move, or allow it (allowedLocations) if the adequacy decision is what you rely on, ${residencyCatalog.adequacySource}`
    : undefined;
  return [violation(place, remedy)];
}
