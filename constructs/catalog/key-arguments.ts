/** What means that there is nothing to encrypt here: an argument that is stated at all, or has one value. */
export interface KeyException {
  readonly argument: string;
  readonly is?: string;
}

/** What has to name a key for a resource to be encrypted with a key of one's own. */
export interface KeyArgument {
  /** Repeated block, each of which names its own key. */
  readonly within?: string;
  readonly argument: string;
  /** Argument that may name the key instead. */
  readonly or?: string;
  readonly unless?: readonly KeyException[];
  /** What leaves the key unused, though it is named. */
  readonly unused?: KeyException;
}

/** A disk that exists has its key, and a local SSD cannot have one. */
const disk: Omit<KeyArgument, "argument"> = {
  within: "disk",
  unless: [{ argument: "source" }, { argument: "type", is: "SCRATCH" }],
};

/**
 * Where each type of resource that stores something names its key. Types that inherit the key from what
 * they lie in (tables of an instance, objects of a bucket) are left out, as are types that cannot name one.
 */
export const keyArguments = {
  asOf: "2026-11-21",
  source: "https://registry.terraform.io/providers/hashicorp/google/6.50.0/docs",
  types: {
    google_alloydb_backup: [{ argument: "encryption_config.kms_key_name" }],
    google_alloydb_cluster: [{ argument: "encryption_config.kms_key_name" }],
    google_artifact_registry_repository: [{ argument: "kms_key_name" }],
    google_bigquery_dataset: [{ argument: "default_encryption_configuration.kms_key_name" }],
    google_bigtable_instance: [{ argument: "cluster.kms_key_name" }],
    google_cloud_run_v2_job: [{ argument: "template.template.encryption_key" }],
    google_cloud_run_v2_service: [{ argument: "template.encryption_key" }],
    google_cloud_run_v2_worker_pool: [{ argument: "template.encryption_key" }],
    google_cloudfunctions2_function: [{ argument: "kms_key_name" }],
    google_cloudfunctions_function: [{ argument: "kms_key_name" }],
    google_colab_runtime_template: [{ argument: "encryption_spec.kms_key_name" }],
    google_composer_environment: [{ argument: "config.encryption_config.kms_key_name" }],
    google_compute_disk: [{ argument: "disk_encryption_key.kms_key_self_link" }],
    google_compute_image: [{ argument: "image_encryption_key.kms_key_self_link" }],
    google_compute_instance: [
      { within: "boot_disk", argument: "kms_key_self_link", unless: [{ argument: "source" }] },
    ],
    google_compute_instance_template: [{ ...disk, argument: "disk_encryption_key.kms_key_self_link" }],
    google_compute_region_disk: [{ argument: "disk_encryption_key.kms_key_name" }],
    google_compute_region_instance_template: [{ ...disk, argument: "disk_encryption_key.kms_key_self_link" }],
    google_compute_snapshot: [{ argument: "snapshot_encryption_key.kms_key_self_link" }],
    google_container_cluster: [
      {
        argument: "database_encryption.key_name",
        unused: { argument: "database_encryption.state", is: "DECRYPTED" },
      },
      {
        argument: "node_config.boot_disk_kms_key",
        unless: [
          { argument: "remove_default_node_pool", is: "true" },
          { argument: "enable_autopilot", is: "true" },
        ],
      },
    ],
    google_container_node_pool: [{ argument: "node_config.boot_disk_kms_key" }],
    google_data_fusion_instance: [{ argument: "crypto_key_config.key_reference" }],
    google_dataflow_job: [{ argument: "kms_key_name" }],
    google_dataproc_cluster: [{ argument: "cluster_config.encryption_config.kms_key_name" }],
    google_dataproc_metastore_service: [{ argument: "encryption_config.kms_key" }],
    google_datastream_stream: [{ argument: "customer_managed_encryption_key" }],
    google_discovery_engine_data_store: [{ argument: "kms_key_name" }],
    google_document_ai_processor: [{ argument: "kms_key_name" }],
    google_filestore_instance: [{ argument: "kms_key_name" }],
    google_firestore_database: [{ argument: "cmek_config.kms_key_name" }],
    google_gke_backup_backup_plan: [{ argument: "backup_config.encryption_key.gcp_kms_encryption_key" }],
    google_healthcare_dataset: [{ argument: "encryption_spec.kms_key_name" }],
    google_logging_billing_account_bucket_config: [{ argument: "cmek_settings.kms_key_name" }],
    google_logging_folder_bucket_config: [{ argument: "cmek_settings.kms_key_name" }],
    google_logging_organization_bucket_config: [{ argument: "cmek_settings.kms_key_name" }],
    google_logging_project_bucket_config: [{ argument: "cmek_settings.kms_key_name" }],
    google_looker_instance: [{ argument: "encryption_config.kms_key_name" }],
    google_managed_kafka_cluster: [{ argument: "gcp_config.kms_key" }],
    google_memorystore_instance: [{ argument: "kms_key" }],
    google_notebooks_instance: [{ argument: "kms_key" }],
    google_parameter_manager_parameter: [{ argument: "kms_key" }],
    google_parameter_manager_regional_parameter: [{ argument: "kms_key" }],
    google_pubsub_topic: [{ argument: "kms_key_name" }],
    google_redis_cluster: [{ argument: "kms_key" }],
    google_redis_instance: [{ argument: "customer_managed_key" }],
    google_secret_manager_regional_secret: [{ argument: "customer_managed_encryption.kms_key_name" }],
    google_secure_source_manager_instance: [{ argument: "kms_key" }],
    google_spanner_database: [
      { argument: "encryption_config.kms_key_name", or: "encryption_config.kms_key_names" },
    ],
    google_sql_database_instance: [{ argument: "encryption_key_name" }],
    google_storage_bucket: [{ argument: "encryption.default_kms_key_name" }],
    google_vertex_ai_dataset: [{ argument: "encryption_spec.kms_key_name" }],
    google_vertex_ai_endpoint: [{ argument: "encryption_spec.kms_key_name" }],
    google_vertex_ai_featurestore: [{ argument: "encryption_spec.kms_key_name" }],
    google_vertex_ai_tensorboard: [{ argument: "encryption_spec.kms_key_name" }],
    google_workbench_instance: [
      { argument: "gce_setup.boot_disk.kms_key" },
      { argument: "gce_setup.data_disks.kms_key" },
    ],
    google_workflows_workflow: [{ argument: "crypto_key_name" }],
  } as Readonly<Record<string, readonly KeyArgument[]>>,
};
