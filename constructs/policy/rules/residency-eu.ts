import { keyArguments } from "../../catalog/key-arguments";
import { regionOf } from "../../catalog/regions";
import { isInEu, residencyCatalog } from "../../catalog/residency";
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
  "custom_placement_config.data_locations",
  "message_storage_policy.allowed_persistence_regions",
  "replication.user_managed.replicas.location",
  "settings.backup_configuration.location",
  "settings.location_preference.zone",
  "snapshot_schedule_policy.snapshot_properties.storage_locations",
  "storage_locations",
];

/** Arguments that say so in one type, and mean something else in others. */
const ownLocationArguments: Readonly<Record<string, readonly string[]>> = {
  google_bigtable_instance: ["cluster.zone"],
};

/** Types that lie in the provider's region or zone where they state none. */
const providersPlace: Readonly<Record<string, "region" | "zone">> = {
  google_artifact_registry_repository: "region",
  google_cloudfunctions_function: "region",
  google_composer_environment: "region",
  google_compute_address: "region",
  google_compute_disk: "zone",
  google_compute_forwarding_rule: "region",
  google_compute_instance: "zone",
  google_compute_instance_from_template: "zone",
  google_compute_instance_group_manager: "zone",
  google_compute_region_disk: "region",
  google_compute_region_instance_group_manager: "region",
  google_compute_router: "region",
  google_compute_storage_pool: "zone",
  google_compute_subnetwork: "region",
  google_container_cluster: "zone",
  google_data_fusion_instance: "region",
  google_dataflow_job: "region",
  google_dataproc_cluster: "region",
  google_filestore_instance: "zone",
  google_looker_instance: "region",
  google_memcache_instance: "region",
  google_pubsub_lite_topic: "region",
  google_redis_cluster: "region",
  google_redis_instance: "region",
  google_sql_database_instance: "region",
  google_vertex_ai_dataset: "region",
  google_vertex_ai_deployment_resource_pool: "region",
  google_vertex_ai_feature_online_store: "region",
  google_vertex_ai_featurestore: "region",
  google_vertex_ai_index: "region",
  google_vertex_ai_index_endpoint: "region",
  google_vertex_ai_tensorboard: "region",
  google_workflows_workflow: "region",
};

/** Types that Google spreads over the world where nothing is stated, and what states it. */
const spread: Readonly<Record<string, string>> = {
  google_bigquery_dataset: "location",
  google_bigquery_job: "location",
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
    ...[...locationArguments, ...(ownLocationArguments[resource.type] ?? [])]
      .flatMap((argument) => resource.arguments(argument))
      .filter(({ isAbsent }) => !isAbsent),
  ];
  const { type } = resource;
  if (type === "google_spanner_instance") return resource.arguments("config");
  if (stated.length > 0) return stated;
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
  // A location may be a link to itself, and Spanner has configurations for it.
  const where = regionOf(place.text.replace(/^.*\//, "").replace(/^regional-/, ""));
  if (place.text === "global" && !holdsData.includes(type)) return [];
  if (isInEu(where) || locations.includes(where)) return [];
  const remedy = (residencyCatalog.adequate as readonly string[]).includes(where)
    ? `${where} is outside of the EU: move, or allow it (allowedLocations) if the adequacy decision is what you rely on, ${residencyCatalog.adequacySource}`
    : undefined;
  return [violation(place, remedy)];
}
