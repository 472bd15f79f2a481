/** A type of resource whose loss cannot be undone by applying again, or that holds data. */
export interface KeptResource {
  /** Arguments that can name the key it is encrypted with: one of these has to, and all of its values. */
  readonly keyAt?: readonly string[];

  /** What the service's agent has in its name as a member, to which the key has to be granted. */
  readonly agent?: string;

  /**
   * Arguments whose change destroys the resource and creates another: `ForceNew` in the provider's source, or
   * a `ForceNewIfChange` that can strike.
   */
  readonly replacedBy: readonly string[];

  /** What holds where such an argument is not stated, so that stating it is no change. */
  readonly defaults?: Readonly<Record<string, unknown>>;
}

/**
 * The types that an environment must not lose and those that hold data. From the provider's source:
 * https://github.com/hashicorp/terraform-provider-google/tree/v6.50.0/google/services
 */
export const keptResources: Readonly<Record<string, KeptResource>> = {
  // Until it is there again, nothing keeps data in.
  google_access_context_manager_service_perimeter: { replacedBy: ["parent", "name", "perimeter_type"] },
  google_artifact_registry_repository: {
    agent: "gcp-sa-artifactregistry",
    keyAt: ["kms_key_name"],
    replacedBy: ["repository_id", "location", "project", "format", "mode", "kms_key_name"],
    defaults: { mode: "STANDARD_REPOSITORY" },
  },
  // Holds nothing itself, but clients know its address. Its key encrypts the image and what an instance writes.
  google_cloud_run_v2_service: {
    agent: "serverless-robot-prod",
    keyAt: ["template.encryption_key"],
    replacedBy: ["name", "location", "project"],
  },
  google_compute_address: {
    replacedBy: [
      "name",
      "region",
      "project",
      "address",
      "address_type",
      "network_tier",
      "purpose",
      "subnetwork",
    ],
  },
  google_compute_disk: {
    agent: "compute-system",
    keyAt: ["disk_encryption_key.kms_key_self_link"],
    replacedBy: [
      "name",
      "zone",
      "project",
      "type",
      "description",
      "disk_encryption_key.kms_key_self_link",
      "image",
      "snapshot",
      "source_disk",
      "physical_block_size_bytes",
      "enable_confidential_compute",
      "storage_pool",
      // Of the size only a smaller one replaces the disk.
      "size",
    ],
  },
  google_compute_global_address: {
    replacedBy: ["name", "project", "address", "address_type", "network", "prefix_length", "purpose"],
  },
  // Hosts on premises know its address.
  google_compute_global_forwarding_rule: {
    replacedBy: [
      "name",
      "project",
      "ip_address",
      "load_balancing_scheme",
      "network",
      "service_directory_registrations.service_directory_region",
    ],
  },
  // Its boot disk goes with it.
  google_compute_instance: {
    agent: "compute-system",
    keyAt: ["boot_disk.kms_key_self_link"],
    replacedBy: [
      "name",
      "zone",
      "project",
      "description",
      "hostname",
      "boot_disk.kms_key_self_link",
      "boot_disk.initialize_params.image",
      "boot_disk.initialize_params.size",
      "boot_disk.initialize_params.type",
      "guest_accelerator.type",
      "guest_accelerator.count",
      "scratch_disk.interface",
      "scratch_disk.size",
      "network_interface.nic_type",
      "scheduling.preemptible",
      "scheduling.provisioning_model",
      "scheduling.max_run_duration.seconds",
      "scheduling.on_instance_stop_action.discard_local_ssd",
      "metadata_startup_script",
      "reservation_affinity.type",
    ],
    defaults: { "scheduling.preemptible": false },
  },
  google_compute_network: {
    replacedBy: [
      "name",
      "project",
      "auto_create_subnetworks",
      "description",
      "internal_ipv6_range",
      "network_profile",
    ],
    defaults: { auto_create_subnetworks: true },
  },
  google_compute_subnetwork: {
    // Of the range only a change that does not contain the old one replaces the subnet.
    replacedBy: ["name", "network", "region", "project", "description", "purpose", "ip_cidr_range"],
  },
  google_container_cluster: {
    agent: "container-engine-robot",
    keyAt: ["database_encryption.key_name"],
    // Of node_config everything replaces it too, which is why changes to it are ignored.
    replacedBy: [
      "name",
      "location",
      "project",
      "description",
      "network",
      "subnetwork",
      "networking_mode",
      "datapath_provider",
      "default_max_pods_per_node",
      "enable_autopilot",
      "enable_kubernetes_alpha",
      "enable_l4_ilb_subsetting",
      "enable_tpu",
      "initial_node_count",
      "ip_allocation_policy.cluster_ipv4_cidr_block",
      "ip_allocation_policy.cluster_secondary_range_name",
      "ip_allocation_policy.services_ipv4_cidr_block",
      "ip_allocation_policy.services_secondary_range_name",
      "cluster_autoscaling.auto_provisioning_defaults.boot_disk_kms_key",
      "confidential_nodes.enabled",
      "master_auth.client_certificate_config.issue_client_certificate",
      "private_cluster_config.enable_private_nodes",
      "private_cluster_config.master_ipv4_cidr_block",
      "private_cluster_config.private_endpoint_subnetwork",
    ],
  },
  // Holds nothing that has to last, but its nodes run what people wait for, and accelerators may not be had again.
  google_container_node_pool: {
    agent: "compute-system",
    keyAt: ["node_config.boot_disk_kms_key"],
    replacedBy: [
      "name",
      "location",
      "project",
      "cluster",
      "initial_node_count",
      "max_pods_per_node",
      "placement_policy.policy_name",
      "queued_provisioning.enabled",
      "network_config.additional_node_network_configs.network",
      "network_config.additional_node_network_configs.subnetwork",
      "network_config.pod_range",
      "node_config.boot_disk_kms_key",
      "node_config.ephemeral_storage_local_ssd_config.local_ssd_count",
      "node_config.flex_start",
      "node_config.guest_accelerator.count",
      "node_config.guest_accelerator.gpu_driver_installation_config.gpu_driver_version",
      "node_config.guest_accelerator.gpu_partition_size",
      "node_config.guest_accelerator.gpu_sharing_config.gpu_sharing_strategy",
      "node_config.guest_accelerator.gpu_sharing_config.max_shared_clients_per_gpu",
      "node_config.guest_accelerator.type",
      "node_config.local_nvme_ssd_block_config.local_ssd_count",
      "node_config.max_run_duration",
      "node_config.metadata",
      "node_config.min_cpu_platform",
      "node_config.oauth_scopes",
      "node_config.reservation_affinity.consume_reservation_type",
      "node_config.reservation_affinity.key",
      "node_config.reservation_affinity.values",
      "node_config.secondary_boot_disks.disk_image",
      "node_config.service_account",
      "node_config.shielded_instance_config.enable_integrity_monitoring",
      "node_config.shielded_instance_config.enable_secure_boot",
      "node_config.spot",
    ],
    defaults: { "node_config.spot": false },
  },
  google_gke_backup_backup_plan: {
    agent: "gcp-sa-gkebackup",
    keyAt: ["backup_config.encryption_key.gcp_kms_encryption_key"],
    replacedBy: ["name", "location", "project", "cluster"],
  },
  // Google keeps the name of one that is gone for 30 days, and every grant to its identities is void.
  google_iam_workload_identity_pool: { replacedBy: ["workload_identity_pool_id", "project"] },
  google_iam_workload_identity_pool_provider: {
    replacedBy: ["workload_identity_pool_id", "workload_identity_pool_provider_id", "project"],
  },
  google_kms_crypto_key: {
    replacedBy: [
      "name",
      "key_ring",
      "purpose",
      "destroy_scheduled_duration",
      "import_only",
      "skip_initial_version_creation",
      "crypto_key_backend",
      "version_template.protection_level",
    ],
    defaults: {
      purpose: "ENCRYPT_DECRYPT",
      destroy_scheduled_duration: "2592000s",
      "version_template.protection_level": "SOFTWARE",
    },
  },
  google_kms_key_ring: { replacedBy: ["name", "location", "project"] },
  google_logging_project_bucket_config: {
    agent: "google_logging_project_cmek_settings",
    keyAt: ["cmek_settings.kms_key_name"],
    replacedBy: ["bucket_id", "location", "project"],
  },
  google_pubsub_topic: { agent: "gcp-sa-pubsub", keyAt: ["kms_key_name"], replacedBy: ["name", "project"] },
  google_secret_manager_secret: {
    agent: "gcp-sa-secretmanager",
    keyAt: [
      "replication.auto.customer_managed_encryption.kms_key_name",
      "replication.user_managed.replicas.customer_managed_encryption.kms_key_name",
    ],
    replacedBy: [
      "secret_id",
      "project",
      "replication.user_managed.replicas.location",
      "rotation.rotation_period",
      "ttl",
    ],
  },
  // Another account of the same name is another member: every grant to the old one is void.
  google_service_account: { replacedBy: ["account_id", "project"] },
  // What Google runs for the network, databases among it, is cut off with it.
  google_service_networking_connection: { replacedBy: ["network", "service"] },
  google_storage_bucket: {
    agent: "google_storage_project_service_account",
    keyAt: ["encryption.default_kms_key_name"],
    replacedBy: [
      "name",
      "location",
      "project",
      "enable_object_retention",
      "hierarchical_namespace.enabled",
      "custom_placement_config.data_locations",
      // A locked policy that is to be unlocked.
      "retention_policy.is_locked",
    ],
    defaults: {
      enable_object_retention: false,
      "hierarchical_namespace.enabled": false,
      "retention_policy.is_locked": false,
    },
  },
  google_workbench_instance: {
    // Its data disk names the same key by way of the grant to gcp-sa-notebooks.
    agent: "compute-system",
    keyAt: ["gce_setup.boot_disk.kms_key"],
    replacedBy: [
      "name",
      "location",
      "project",
      "instance_id",
      "instance_owners",
      "disable_proxy_access",
      "gce_setup.boot_disk.disk_encryption",
      "gce_setup.boot_disk.disk_type",
      "gce_setup.boot_disk.kms_key",
      "gce_setup.data_disks.disk_encryption",
      "gce_setup.data_disks.disk_type",
      "gce_setup.data_disks.kms_key",
      "gce_setup.disable_public_ip",
      "gce_setup.enable_ip_forwarding",
      "gce_setup.network_interfaces.network",
      "gce_setup.network_interfaces.subnet",
      "gce_setup.network_interfaces.nic_type",
      "gce_setup.service_accounts.email",
      "gce_setup.tags",
      "gce_setup.vm_image.project",
      "gce_setup.vm_image.family",
      "gce_setup.vm_image.name",
    ],
  },
};

/** The types that hold no data and can be created anew by applying again: rules, grants, switches. */
export const replaceableTypes: readonly string[] = [
  "google_artifact_registry_repository_iam_member",
  "google_billing_budget",
  "google_cloud_quotas_quota_preference",
  "google_cloud_scheduler_job",
  "google_cloud_run_v2_service_iam_member",
  "google_compute_instance_iam_member",
  "google_compute_network_firewall_policy",
  "google_compute_network_firewall_policy_association",
  "google_compute_network_firewall_policy_rule",
  "google_compute_resource_policy",
  "google_compute_resource_policy_attachment",
  "google_compute_route",
  "google_compute_router",
  "google_compute_router_nat",
  "google_data_loss_prevention_deidentify_template",
  "google_data_loss_prevention_inspect_template",
  "google_dns_managed_zone",
  "google_dns_policy",
  "google_dns_record_set",
  "google_iap_tunnel_instance_iam_member",
  "google_kms_crypto_key_iam_member",
  "google_logging_log_view",
  "google_logging_project_exclusion",
  "google_logging_project_sink",
  "google_monitoring_alert_policy",
  "google_monitoring_notification_channel",
  "google_org_policy_policy",
  "google_os_config_os_policy_assignment",
  "google_project_iam_audit_config",
  "google_project_iam_member",
  "google_project_service",
  "google_project_service_identity",
  "google_pubsub_topic_iam_member",
  "google_service_account_iam_member",
  "google_storage_bucket_iam_member",
  // Of checkpoints that newer ones have superseded.
  "google_storage_folder",
  // Kubernetes objects: a job that is replaced goes on from its checkpoints, and a namespace stays.
  "helm_release",
  // What a release is replaced by.
  "terraform_data",
  "google_workbench_instance_iam_member",
];

/** What an argument holds, by its path; every value where blocks on the way are lists. */
export function valuesAt(resource: unknown, path: string): unknown[] {
  return path.split(".").reduce<unknown[]>(
    (values, key) =>
      values.flatMap((value) => {
        const inner = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
        return Array.isArray(inner) ? inner : [inner];
      }),
    [resource],
  );
}
