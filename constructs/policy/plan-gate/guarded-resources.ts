import { keyArguments } from "../../catalog/key-arguments";

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

/**
 * The types that hold data, that others know by their address, or that take long or cost much to be made again, and
 * what is at stake with each. https://registry.terraform.io/providers/hashicorp/google/6.50.0/docs
 */
const guarded: Readonly<Record<string, Stake | ((before: Arguments) => Stake)>> = {
  google_access_context_manager_service_perimeter: {
    loses: "nothing keeps data in until it is back",
    minutes: 5,
  },
  google_artifact_registry_repository: { loses: "its images go", minutes: 2 },
  google_bigquery_dataset: { loses: "its tables go", minutes: 1 },
  google_cloud_run_v2_service: {
    loses: "requests fail until it is back, by another address for some",
    minutes: 5,
  },
  google_compute_address: { loses: "who lets its address in has to learn another", minutes: 1 },
  google_compute_disk: { loses: "what is on it goes", minutes: 2 },
  google_compute_global_address: { loses: "who lets its address in has to learn another", minutes: 1 },
  google_compute_global_forwarding_rule: { loses: "requests fail until it is back", minutes: 5 },
  google_compute_instance: { loses: "what it runs stops, and its boot disk goes", minutes: 5 },
  google_compute_network: { loses: "everything in it has to go before", minutes: 30 },
  google_compute_subnetwork: { loses: "every machine in it has to go before", minutes: 10 },
  google_container_cluster: { loses: "everything that runs in it goes, its pools too", minutes: 30 },
  google_container_node_pool: (before) => {
    const nodes = nodesOf(before);
    // Drained in turns, and for up to an hour each where a disruption budget asks for it.
    if (nodes !== undefined)
      return { loses: `${nodes} node${nodes === 1 ? "" : "s"} drain`, minutes: 10 + 2 * nodes };
    return { loses: "its nodes drain", minutes: 20 };
  },
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
  google_kms_key_ring: {
    loses: "Google keeps its name for good, so that it cannot be made again",
    minutes: 1,
  },
  google_logging_project_bucket_config: {
    loses: "its logs go, and its name stays taken for 7 days",
    minutes: 1,
  },
  google_pubsub_topic: { loses: "its subscriptions are cut off, and undelivered messages go", minutes: 1 },
  google_secret_manager_secret: { loses: "its values go", minutes: 1 },
  google_service_account: { loses: "every grant to it is void, though another has its name", minutes: 2 },
  google_service_networking_connection: {
    loses: "databases that are reached by it are cut off",
    minutes: 10,
  },
  google_sql_database_instance: {
    loses: "its databases and backups go, and its name stays taken for a week",
    minutes: 20,
  },
  google_storage_bucket: { loses: "its objects go", minutes: 1 },
  google_vertex_ai_endpoint: { loses: "requests fail until models are deployed to another", minutes: 20 },
  google_workbench_instance: { loses: "notebooks on its disks go", minutes: 10 },
  helm_release: { loses: "what its chart made stops and goes, jobs that run among it", minutes: 10 },
};

/** What is at stake with a resource; nothing where it can be made again at once by applying again. */
export function stakeOf(type: string, before: unknown): Stake | undefined {
  const stake = guarded[type];
  if (typeof stake === "function") return stake((before ?? {}) as Arguments);
  if (stake !== undefined) return stake;
  return type in keyArguments.types ? { loses: "the data in it goes", minutes: 10 } : undefined;
}

/** Of all zones together, as far as the state tells. */
function nodesOf(pool: Arguments): number | undefined {
  const { node_count: perZone, node_locations: zones } = pool;
  return typeof perZone === "number" ? perZone * (Array.isArray(zones) ? zones.length : 1) : undefined;
}
