import { keyArguments } from "../../catalog/key-arguments";
import type { ArgumentPath } from "./terraform-plan";

/** What is at stake where a resource is replaced or destroyed. */
export interface Stake {
  /** What goes with it. */
  readonly loses: string;
  /**
   * Minutes until another stands in its place: a scale to plan by, and not a promise. What it held is not back by then.
   */
  readonly minutes: number;
}

type Arguments = Readonly<Record<string, unknown>>;

/** Of a type that names a key, and that applying makes again at once all the same. */
const harmless = (): undefined => undefined;

/**
 * The types that hold data, that others know by their address, or that take long or cost much to be made again, and
 * what is at stake with each. https://registry.terraform.io/providers/hashicorp/google/6.50.0/docs
 */
const guarded: Readonly<Record<string, Stake | ((before: Arguments) => Stake | undefined)>> = {
  google_access_context_manager_service_perimeter: {
    loses: "nothing keeps data in until it is back",
    minutes: 5,
  },
  google_artifact_registry_repository: { loses: "its images go", minutes: 2 },
  google_bigquery_dataset: { loses: "its tables go", minutes: 1 },
  google_bigquery_table: { loses: "its rows go", minutes: 1 },
  google_bigtable_table: { loses: "its rows go", minutes: 1 },
  google_cloud_run_v2_job: harmless,
  google_cloud_run_v2_service: {
    loses: "requests fail until it is back, by another address for some",
    minutes: 5,
  },
  google_cloud_run_v2_worker_pool: { loses: "what it runs stops until it is back", minutes: 5 },
  google_cloud_tasks_queue: { loses: "its tasks go, and its name stays taken for a week", minutes: 1 },
  google_colab_runtime_template: harmless,
  google_compute_address: { loses: "who lets its address in has to learn another", minutes: 1 },
  google_compute_disk: { loses: "what is on it goes", minutes: 2 },
  google_compute_forwarding_rule: { loses: "requests fail until it is back", minutes: 5 },
  google_compute_global_address: { loses: "who lets its address in has to learn another", minutes: 1 },
  google_compute_global_forwarding_rule: { loses: "requests fail until it is back", minutes: 5 },
  // A commitment to capacity that may not be had again.
  google_compute_future_reservation: { loses: "its place in the queue for accelerators goes", minutes: 1 },
  google_compute_instance: { loses: "what it runs stops, and its boot disk goes", minutes: 5 },
  google_compute_instance_group_manager: { loses: "its machines go, and their disks", minutes: 10 },
  // Made anew at each change, and holds nothing.
  google_compute_instance_template: harmless,
  google_compute_managed_ssl_certificate: {
    loses: "clients are refused until another is issued",
    minutes: 60,
  },
  google_compute_network: { loses: "everything in it has to go before", minutes: 30 },
  google_compute_region_disk: { loses: "what is on it goes", minutes: 2 },
  google_compute_region_instance_group_manager: { loses: "its machines go, and their disks", minutes: 10 },
  google_compute_region_instance_template: harmless,
  google_compute_reservation: { loses: "its machines may not be had again", minutes: 1 },
  google_compute_subnetwork: { loses: "every machine in it has to go before", minutes: 10 },
  google_container_cluster: { loses: "everything that runs in it goes, its pools too", minutes: 30 },
  google_container_node_pool: (before) => {
    const { least, most } = nodesOf(before);
    // Drained in turns, and for up to an hour each where a disruption budget asks for it.
    if (most === undefined) return { loses: "its nodes drain", minutes: 20 };
    const nodes = least === most ? `${most}` : `${least} to ${most}`;
    return { loses: `${nodes} ${most === 1 ? "node drains" : "nodes drain"}`, minutes: 10 + 2 * most };
  },
  google_dns_managed_zone: ({ visibility }) =>
    visibility === "private"
      ? undefined
      : { loses: "its names are not found, and its name servers change", minutes: 60 },
  google_folder: { loses: "all projects in it have to go before", minutes: 1 },
  google_gke_backup_backup_plan: { loses: "its backups have to go before", minutes: 5 },
  google_iam_workload_identity_pool: {
    loses: "grants to its identities are void, and its name stays taken for 30 days",
    minutes: 1,
  },
  google_iam_workload_identity_pool_provider: {
    loses: "nobody signs in by it, and its name stays taken for 30 days",
    minutes: 1,
  },
  google_kms_crypto_key: {
    loses: "what it encrypts cannot be read any more, and its name stays taken for good",
    minutes: 1,
  },
  google_kms_crypto_key_version: { loses: "what it encrypts cannot be read any more", minutes: 1 },
  google_kms_key_ring: {
    loses: "Google keeps its name for good, so that it cannot be made again",
    minutes: 1,
  },
  google_logging_project_bucket_config: {
    loses: "its logs go, and its name stays taken for 7 days",
    minutes: 1,
  },
  google_lustre_instance: { loses: "its files go", minutes: 20 },
  google_netapp_storage_pool: { loses: "its volumes go", minutes: 20 },
  google_netapp_volume: { loses: "its files go", minutes: 10 },
  google_parallelstore_instance: { loses: "its files go", minutes: 20 },
  google_project: { loses: "everything in it goes, and its name stays taken for good", minutes: 5 },
  google_project_service: ({ disable_on_destroy }) =>
    disable_on_destroy === true
      ? { loses: "what the service runs stops, and some of it goes", minutes: 5 }
      : undefined,
  google_pubsub_subscription: { loses: "undelivered messages go", minutes: 1 },
  google_pubsub_topic: { loses: "its subscriptions are cut off, and undelivered messages go", minutes: 1 },
  google_secret_manager_secret: { loses: "its values go", minutes: 1 },
  google_secret_manager_secret_version: ({ deletion_policy }) =>
    deletion_policy === "ABANDON" ? undefined : { loses: "its value goes", minutes: 1 },
  google_service_account: { loses: "every grant to it is void, though another has its name", minutes: 2 },
  google_service_networking_connection: {
    loses: "databases that are reached by it are cut off",
    minutes: 10,
  },
  google_spanner_instance: { loses: "its databases go", minutes: 5 },
  google_sql_database: { loses: "its tables go", minutes: 1 },
  google_sql_database_instance: {
    loses: "its databases and backups go, and its name stays taken for a week",
    minutes: 20,
  },
  google_storage_bucket: { loses: "its objects go", minutes: 1 },
  google_tpu_v2_queued_resource: { loses: "its machines go, and its place in the queue", minutes: 30 },
  google_tpu_v2_vm: { loses: "what it runs stops, and its boot disk goes", minutes: 10 },
  google_vertex_ai_endpoint: { loses: "requests fail until models are deployed to another", minutes: 20 },
  google_vertex_ai_endpoint_with_model_garden_deployment: {
    loses: "requests fail until the model is deployed again, by another address",
    minutes: 30,
  },
  google_vertex_ai_feature_online_store: {
    loses: "what it serves goes until it is synced again",
    minutes: 30,
  },
  google_vertex_ai_index: { loses: "its vectors go", minutes: 60 },
  google_vertex_ai_index_endpoint: {
    loses: "requests fail until indexes are deployed to another",
    minutes: 30,
  },
  google_workbench_instance: { loses: "notebooks on its disks go", minutes: 10 },
  google_workflows_workflow: harmless,
  helm_release: { loses: "what its chart made stops and goes, jobs that run among it", minutes: 10 },
  kubernetes_namespace: { loses: "everything in it goes", minutes: 5 },
  kubernetes_namespace_v1: { loses: "everything in it goes", minutes: 5 },
  kubernetes_persistent_volume_claim: { loses: "what is on its disk goes", minutes: 5 },
  kubernetes_persistent_volume_claim_v1: { loses: "what is on its disk goes", minutes: 5 },
};

/**
 * Arguments of a pool's nodes that change in place, by making every node anew:
 * https://cloud.google.com/kubernetes-engine/docs/concepts/managing-clusters#manual-changes-that-recreate-nodes
 */
const renewingNodes = [
  "machine_type",
  "disk_size_gb",
  "disk_type",
  "image_type",
  "storage_pools",
  "kubelet_config",
  "linux_node_config",
  "containerd_config",
  "gcfs_config",
  "gvnic",
  "fast_socket",
  "logging_variant",
  "workload_metadata_config",
];

/** Where a type has arguments that change in place, by making anew all that a resource of it consists of. */
export function renewingArguments(type: string): readonly ArgumentPath[] {
  if (type !== "google_container_node_pool") return [];
  return [["version"], ...renewingNodes.map((argument) => ["node_config", 0, argument])];
}

/** What is at stake with a resource; nothing where it can be made again at once by applying again. */
export function stakeOf(type: string, before: unknown): Stake | undefined {
  const stake = guarded[type];
  if (typeof stake === "function") return stake((before ?? {}) as Arguments);
  if (stake !== undefined) return stake;
  return type in keyArguments.types ? { loses: "the data in it goes", minutes: 10 } : undefined;
}

/**
 * Of all zones together, as far as the state tells: it has their mean without its fraction, which differs from the
 * number in a zone where the pool scales by itself.
 */
function nodesOf(pool: Arguments): { readonly least?: number; readonly most?: number } {
  const { node_count: perZone, node_locations: locations, autoscaling } = pool;
  if (typeof perZone !== "number") return {};
  const zones = Array.isArray(locations) ? locations.length : 1;
  const scales = Array.isArray(autoscaling) && autoscaling.length > 0;
  return { least: perZone * zones, most: perZone * zones + (scales ? Math.max(zones - 1, 0) : 0) };
}
