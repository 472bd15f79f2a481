import { TerraformOutput } from "cdktf";
import {
  type AcceleratorCluster,
  type AcceleratorClusterProps,
  EncryptionKey,
  ImageRepository,
  Policies,
  Principal,
  PrivateNetwork,
} from "../../../constructs";
import { acceleratorCluster, importedCluster } from "../../support/clusters";
import { atApply } from "../../support/declared-resource";
import { findings, onlyResource, resources, type Terraform, terraformOf } from "../../support/terraform";

function terraformWith(props: Partial<AcceleratorClusterProps> = {}): Terraform {
  return terraformOf((stack) => acceleratorCluster(stack, props));
}

function clusterWith(props: Partial<AcceleratorClusterProps> = {}) {
  return onlyResource(terraformWith(props), "google_container_cluster");
}

function findingsWith(props: Partial<AcceleratorClusterProps>) {
  return findings((stack) => acceleratorCluster(stack, props));
}

/** What a reference leads to, as it is written into Terraform JSON. */
function referenceTo(value: (cluster: AcceleratorCluster) => string): unknown {
  const terraform = terraformOf((stack) => {
    new TerraformOutput(stack, "reference", { value: value(acceleratorCluster(stack)), staticId: true });
  });
  return (terraform as { output?: { reference?: { value?: unknown } } }).output?.reference?.value;
}

describe("a cluster for accelerators", () => {
  test("lies in all zones of the region of its key, in the subnet's own ranges", () => {
    expect(clusterWith()).toMatchObject({
      name: "plinth-test",
      location: "europe-west4",
      node_locations: ["europe-west4-a", "europe-west4-b", "europe-west4-c"],
      network: expect.stringMatching(/^\$\{google_compute_network\.Network_\w+\.self_link\}$/),
      subnetwork: expect.stringMatching(/^\$\{google_compute_subnetwork\.Network_nodes_\w+\.self_link\}$/),
      networking_mode: "VPC_NATIVE",
      ip_allocation_policy: {
        cluster_secondary_range_name: "pods",
        services_secondary_range_name: "services",
      },
    });
  });

  test("has a control plane that is reached by its name alone, and nodes without external addresses", () => {
    const cluster = clusterWith();
    expect(cluster).toMatchObject({
      control_plane_endpoints_config: {
        dns_endpoint_config: { allow_external_traffic: true },
        ip_endpoints_config: { enabled: false },
      },
      private_cluster_config: { enable_private_nodes: true, enable_private_endpoint: true },
      master_auth: { client_certificate_config: { issue_client_certificate: false } },
      enable_legacy_abac: false,
      anonymous_authentication_config: { mode: "LIMITED" },
      rbac_binding_config: {
        enable_insecure_binding_system_authenticated: false,
        enable_insecure_binding_system_unauthenticated: false,
      },
    });
    expect(cluster).not.toHaveProperty("master_authorized_networks_config");
  });

  test("has an address in the network for ranges that are named, and never one on the internet", () => {
    expect(clusterWith({ privateEndpoint: { office: "10.16.0.0/16" } })).toMatchObject({
      control_plane_endpoints_config: { ip_endpoints_config: { enabled: true } },
      private_cluster_config: { enable_private_endpoint: true },
      master_authorized_networks_config: {
        gcp_public_cidrs_access_enabled: false,
        private_endpoint_enforcement_enabled: true,
        cidr_blocks: [{ display_name: "office", cidr_block: "10.16.0.0/16" }],
      },
    });
  });

  test("runs Dataplane V2 with what AI workloads need, and meters what they cost", () => {
    expect(clusterWith()).toMatchObject({
      datapath_provider: "ADVANCED_DATAPATH",
      enable_intranode_visibility: true,
      enable_l4_ilb_subsetting: true,
      enable_multi_networking: false,
      enable_shielded_nodes: true,
      gateway_api_config: { channel: "CHANNEL_STANDARD" },
      release_channel: { channel: "REGULAR" },
      binary_authorization: { evaluation_mode: "PROJECT_SINGLETON_POLICY_ENFORCE" },
      cost_management_config: { enabled: true },
      addons_config: {
        dns_cache_config: { enabled: true },
        gce_persistent_disk_csi_driver_config: { enabled: true },
        gcs_fuse_csi_driver_config: { enabled: true },
        gke_backup_agent_config: { enabled: true },
      },
      monitoring_config: {
        managed_prometheus: { enabled: true },
        advanced_datapath_observability_config: { enable_metrics: true, enable_relay: false },
      },
      node_pool_defaults: {
        node_config_defaults: {
          gcfs_config: { enabled: true },
          insecure_kubelet_readonly_port_enabled: "FALSE",
        },
      },
    });
  });

  test("states components in the order in which Google returns them, since another would be a change forever", () => {
    expect(clusterWith()).toMatchObject({
      logging_config: {
        enable_components: ["SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "SCHEDULER", "CONTROLLER_MANAGER"],
      },
      monitoring_config: {
        enable_components: [
          ...["SYSTEM_COMPONENTS", "APISERVER", "SCHEDULER", "CONTROLLER_MANAGER", "STORAGE", "HPA", "POD"],
          ...["DAEMONSET", "DEPLOYMENT", "STATEFULSET", "CADVISOR", "KUBELET", "DCGM", "JOBSET"],
        ],
      },
    });
  });

  test("takes what is asked otherwise", () => {
    const cluster = clusterWith({
      zones: ["europe-west4-b"],
      releaseChannel: "stable",
      podsPerNode: 32,
      imageStreaming: false,
      bucketMounts: false,
      multiNetworking: true,
      binaryAuthorization: false,
      autoscalingProfile: "balanced",
      groupsDomain: "acme.example",
      labels: { "cost-center": "42" },
      deletionProtection: false,
    });
    expect(cluster).toMatchObject({
      node_locations: ["europe-west4-b"],
      release_channel: { channel: "STABLE" },
      default_max_pods_per_node: 32,
      enable_multi_networking: true,
      binary_authorization: { evaluation_mode: "DISABLED" },
      addons_config: { gcs_fuse_csi_driver_config: { enabled: false } },
      node_pool_defaults: { node_config_defaults: { gcfs_config: { enabled: false } } },
      cluster_autoscaling: { enabled: false, autoscaling_profile: "BALANCED" },
      authenticator_groups_config: { security_group: "gke-security-groups@acme.example" },
      resource_labels: { "cost-center": "42" },
      deletion_protection: false,
      lifecycle: { prevent_destroy: false },
    });
  });

  test("lets a node run as many pods as its subnet was planned for, and 110 where nobody knows", () => {
    expect(clusterWith()).toMatchObject({ default_max_pods_per_node: 64 });
    const imported = terraformOf((stack) => {
      const network = PrivateNetwork.fromName(stack, "Shared", {
        name: "shared",
        subnets: {
          nodes: {
            name: "nodes",
            region: "europe-west4",
            podsRangeName: "gke-pods",
            servicesRangeName: "gke-services",
          },
        },
      });
      acceleratorCluster(stack, { network, subnet: network.subnet("nodes") });
    });
    expect(onlyResource(imported, "google_container_cluster")).toMatchObject({
      default_max_pods_per_node: 110,
      ip_allocation_policy: {
        cluster_secondary_range_name: "gke-pods",
        services_secondary_range_name: "gke-services",
      },
    });
  });

  test("encrypts what it keeps, its disks and its backups with its key, each by way of the agent's grant", () => {
    const terraform = terraformWith();
    expect(onlyResource(terraform, "google_container_cluster")).toMatchObject({
      database_encryption: {
        state: "ENCRYPTED",
        key_name: expect.stringContaining("google_kms_crypto_key_iam_member.Key_GkeAgent_"),
      },
      node_config: {
        boot_disk_kms_key: expect.stringContaining("google_kms_crypto_key_iam_member.Key_ComputeAgent_"),
      },
    });
    expect(onlyResource(terraform, "google_container_node_pool")).toMatchObject({
      node_config: {
        boot_disk_kms_key: expect.stringContaining("google_kms_crypto_key_iam_member.Key_ComputeAgent_"),
      },
    });
    expect(onlyResource(terraform, "google_gke_backup_backup_plan")).toMatchObject({
      backup_config: {
        encryption_key: {
          gcp_kms_encryption_key: expect.stringContaining(
            "google_kms_crypto_key_iam_member.Key_GkeBackupAgent_",
          ),
        },
      },
    });
  });

  test("is made with a pool that goes at once, and is not replaced for what that pool was like", () => {
    expect(clusterWith()).toMatchObject({
      remove_default_node_pool: true,
      initial_node_count: 1,
      node_config: {
        service_account: expect.stringContaining("google_service_account.Cluster_Nodes_"),
        shielded_instance_config: { enable_secure_boot: true, enable_integrity_monitoring: true },
        workload_metadata_config: { mode: "GKE_METADATA" },
      },
      lifecycle: { ignore_changes: ["node_config"], prevent_destroy: true },
      deletion_protection: true,
      timeouts: { create: "60m", update: "120m", delete: "60m" },
    });
  });

  test("keeps the rules of every pack", () => {
    const packs = ["gdpr", "hipaa", "pci-dss", "ccpa"] as const;
    const violations: string[] = [];
    terraformOf((stack) => {
      acceleratorCluster(stack, { upgradeNotifications: true });
      for (const { rule, path } of Policies.check(stack, { packs }).findings)
        violations.push(`${rule} ${path}`);
    });
    expect(violations.filter((violation) => violation.includes("Cluster"))).toEqual([]);
  });
});

describe("the nodes of a cluster", () => {
  test("run as an account that can write logs and metrics and nothing else, which the cluster waits for", () => {
    const terraform = terraformWith();
    expect(onlyResource(terraform, "google_service_account")).toMatchObject({
      account_id: "plinth-test-nodes",
    });
    expect(onlyResource(terraform, "google_project_iam_member")).toMatchObject({
      role: "roles/container.defaultNodeServiceAccount",
      member: expect.stringContaining("google_service_account.Cluster_Nodes_"),
    });
    expect(onlyResource(terraform, "google_container_cluster").depends_on).toEqual([
      expect.stringContaining("google_project_iam_member."),
    ]);
  });

  test("pull images from the repositories that are named", () => {
    const terraform = terraformOf((stack) => {
      const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
      const images = [new ImageRepository(stack, "Images", { name: "images", key })];
      acceleratorCluster(stack, { key, images });
    });
    expect(onlyResource(terraform, "google_artifact_registry_repository_iam_member")).toMatchObject({
      role: "roles/artifactregistry.reader",
      member: expect.stringContaining("google_service_account.Cluster_Nodes_"),
    });
    expect(onlyResource(terraform, "google_container_cluster").depends_on).toContainEqual(
      expect.stringContaining("google_artifact_registry_repository_iam_member."),
    );
  });

  test("run under another account's name where the cluster's is too long", () => {
    const name = "plinth-production-accelerators";
    expect(findingsWith({ name })).toEqual([
      {
        property: "nodeAccountName",
        received: `${name}-nodes`,
        remedy: expect.stringContaining("6 to 30"),
      },
    ]);
    const terraform = terraformWith({ name, nodeAccountName: "plinth-nodes" });
    expect(onlyResource(terraform, "google_service_account")).toMatchObject({ account_id: "plinth-nodes" });
  });
});

describe("the system's pool", () => {
  test("is there before what waits for the cluster, without a taint, hardened as every node", () => {
    const terraform = terraformWith();
    const pool = onlyResource(terraform, "google_container_node_pool");
    expect(pool).toMatchObject({
      name: "system",
      cluster: expect.stringMatching(/^\$\{google_container_cluster\.Cluster_\w+\.id\}$/),
      autoscaling: { total_min_node_count: 3, total_max_node_count: 12, location_policy: "BALANCED" },
      node_config: {
        machine_type: "e2-standard-4",
        metadata: { "disable-legacy-endpoints": "true" },
        kubelet_config: { cpu_cfs_quota: true, insecure_kubelet_readonly_port_enabled: "FALSE" },
        service_account: expect.stringContaining("google_service_account.Cluster_Nodes_"),
        shielded_instance_config: { enable_secure_boot: true, enable_integrity_monitoring: true },
        workload_metadata_config: { mode: "GKE_METADATA" },
      },
      lifecycle: { ignore_changes: ["initial_node_count"] },
    });
    expect(pool.node_config).not.toHaveProperty("taint");
    expect(onlyResource(terraform, "google_gke_backup_backup_plan").depends_on).toEqual([
      expect.stringContaining("google_container_node_pool.Cluster_SystemPool_"),
    ]);
  });

  test("has the machine and the size that are asked for", () => {
    const terraform = terraformWith({
      zones: ["europe-west4-a"],
      systemPool: { machineType: "e2-standard-8", autoscaling: { min: 2, max: 5 } },
    });
    expect(onlyResource(terraform, "google_container_node_pool")).toMatchObject({
      node_locations: ["europe-west4-a"],
      autoscaling: { total_min_node_count: 2, total_max_node_count: 5 },
      node_config: { machine_type: "e2-standard-8" },
    });
  });

  test("boots from Hyperdisk where the machine has no other disk", () => {
    const terraform = terraformWith({ systemPool: { machineType: "n4-standard-4" } });
    expect(onlyResource(terraform, "google_container_node_pool").node_config).toMatchObject({
      disk_type: "hyperdisk-balanced",
    });
  });

  test("grows from as many nodes as there are zones", () => {
    expect(
      onlyResource(terraformWith({ zones: ["europe-west4-a"] }), "google_container_node_pool"),
    ).toMatchObject({
      autoscaling: { total_min_node_count: 1, total_max_node_count: 4 },
    });
  });

  test.each([
    [{ machineType: "a2-highgpu-1g" }, "systemPool.machineType", "without accelerators"],
    [{ machineType: "e2-standard-99" }, "systemPool.machineType", "one of the catalog"],
    [{ autoscaling: { min: 0, max: 3 } }, "systemPool.autoscaling.min", "from 1"],
    [{ autoscaling: { min: 4, max: 3 } }, "systemPool.autoscaling.min", "at most max, which is 3"],
    [{ autoscaling: { min: 1, max: 2 } }, "systemPool.autoscaling.max", "at least 3, or fewer zones"],
  ])("refuses %j", (systemPool, property, remedy) => {
    expect(findingsWith({ systemPool })).toEqual([
      { property, received: expect.anything(), remedy: expect.stringContaining(remedy) },
    ]);
  });
});

describe("maintenance", () => {
  const policyWith = (props: Partial<AcceleratorClusterProps>) => clusterWith(props).maintenance_policy;

  test("happens at weekends, and its window does not move from one synth to the next", () => {
    expect(policyWith({})).toEqual({
      recurring_window: {
        start_time: "2026-01-10T00:00:00Z",
        end_time: "2026-01-10T08:00:00Z",
        recurrence: "FREQ=WEEKLY;BYDAY=SA,SU",
      },
      maintenance_exclusion: [],
    });
  });

  test("happens when it is asked to, over midnight too, and not in the times that are excluded", () => {
    expect(
      policyWith({
        maintenanceWindow: { days: ["thursday", "tuesday", "monday"], opensAt: "22:30", hours: 6 },
        maintenanceExclusions: {
          sales: {
            from: "2026-11-20T00:00:00Z",
            until: "2027-01-05T00:00:00Z",
            holdsUp: "minor-and-node-upgrades",
          },
        },
      }),
    ).toEqual({
      recurring_window: {
        start_time: "2026-01-05T22:30:00Z",
        end_time: "2026-01-06T04:30:00Z",
        recurrence: "FREQ=WEEKLY;BYDAY=MO,TU,TH",
      },
      maintenance_exclusion: [
        {
          exclusion_name: "sales",
          start_time: "2026-11-20T00:00:00Z",
          end_time: "2027-01-05T00:00:00Z",
          exclusion_options: { scope: "NO_MINOR_OR_NODE_UPGRADES" },
        },
      ],
    });
  });

  test.each([
    // 32 days hold each day of the week four times at least, and eight weekend days.
    [["sunday"], 11, 44],
    [["saturday", "sunday"], 5, 40],
  ] as const)("wants 48 hours of any 32 days: %j for %d hours leave %d", (days, hours, open) => {
    expect(findingsWith({ maintenanceWindow: { days, opensAt: "00:00", hours } })).toEqual([
      {
        property: "maintenanceWindow",
        received: { days, opensAt: "00:00", hours },
        remedy: expect.stringContaining(`this leaves ${open}`),
      },
    ]);
  });

  test.each([
    [["sunday"], 12],
    [["saturday", "sunday"], 6],
  ] as const)("has 48 hours of any 32 days with %j for %d hours", (days, hours) => {
    expect(findingsWith({ maintenanceWindow: { days, opensAt: "00:00", hours } })).toEqual([]);
  });

  test("refuses windows that are none, all faults at once", () => {
    const maintenanceWindow = { days: ["sonday"], opensAt: "24:00", hours: 3 };
    const received = findingsWith({ maintenanceWindow: maintenanceWindow as never });
    expect(received).toEqual([
      {
        property: "maintenanceWindow.days",
        received: "sonday",
        remedy: expect.stringContaining('did you mean "monday"'),
      },
      { property: "maintenanceWindow.opensAt", received: "24:00", remedy: expect.stringContaining("UTC") },
      { property: "maintenanceWindow.hours", received: 3, remedy: "use 4 to 24 whole hours" },
    ]);
    expect(findingsWith({ maintenanceWindow: { days: [], opensAt: "00:00", hours: 8 } })).toEqual([
      { property: "maintenanceWindow.days", received: [], remedy: "name one day at least" },
    ]);
  });

  test.each([
    [{ until: "2026-12-01T00:00:00Z" }, "until", "after 2026-12-20T00:00:00Z"],
    [{ until: "2027-03-21T00:00:00Z" }, "until", "after 90 days at most"],
    [{ from: "2026-12-20" }, "from", "as 2026-12-20T00:00:00Z"],
    [{ from: "2026-02-30T00:00:00Z" }, "from", "as 2026-12-20T00:00:00Z"],
    [{ from: "2026-12-20T00:00:00+01:00" }, "from", "as 2026-12-20T00:00:00Z"],
    [{ holdsUp: "all-upgrade" as never }, "holdsUp", 'did you mean "all-upgrades"'],
  ])("refuses an exclusion of %j", (fault, end, remedy) => {
    const exclusion = {
      from: "2026-12-20T00:00:00Z",
      until: "2027-01-05T00:00:00Z",
      holdsUp: "all-upgrades",
      ...fault,
    } as const;
    expect(findingsWith({ maintenanceExclusions: { holidays: exclusion } })).toEqual([
      {
        property: `maintenanceExclusions.holidays.${end}`,
        received: exclusion[end as "from"],
        remedy: expect.stringContaining(remedy),
      },
    ]);
  });

  test("holds up everything for 90 days, and minor versions for longer", () => {
    const from = "2026-12-20T00:00:00Z";
    const maintenanceExclusions = {
      freeze: { from, until: "2027-03-20T00:00:00Z", holdsUp: "all-upgrades" },
      pinned: { from, until: "2027-06-20T00:00:00Z", holdsUp: "minor-upgrades" },
    } as const;
    expect(findingsWith({ maintenanceExclusions })).toEqual([]);
  });

  test("is excluded 20 times at most", () => {
    const exclusion = {
      from: "2026-12-20T00:00:00Z",
      until: "2026-12-21T00:00:00Z",
      holdsUp: "all-upgrades",
    };
    const maintenanceExclusions = Object.fromEntries(
      Array.from({ length: 21 }, (_, index) => [`day-${index}`, exclusion]),
    ) as AcceleratorClusterProps["maintenanceExclusions"];
    expect(findingsWith({ maintenanceExclusions })).toEqual([
      { property: "maintenanceExclusions", received: 21, remedy: expect.stringContaining("at most 20") },
    ]);
  });
});

describe("pools that GKE makes by itself", () => {
  test("are off, with nothing that would be refused or would replace the cluster", () => {
    expect(clusterWith().cluster_autoscaling).toEqual({
      enabled: false,
      autoscaling_profile: "OPTIMIZE_UTILIZATION",
    });
  });

  test("are like the declared ones, within limits", () => {
    const nodeAutoProvisioning = {
      vcpusMax: 1_000,
      memoryGiBMax: 8_000,
      accelerators: { "nvidia-l4": 16 },
    } as const;
    expect(clusterWith({ nodeAutoProvisioning }).cluster_autoscaling).toMatchObject({
      enabled: true,
      auto_provisioning_locations: ["europe-west4-a", "europe-west4-b", "europe-west4-c"],
      resource_limits: [
        { resource_type: "cpu", minimum: 0, maximum: 1_000 },
        { resource_type: "memory", minimum: 0, maximum: 8_000 },
        { resource_type: "nvidia-l4", minimum: 0, maximum: 16 },
      ],
      auto_provisioning_defaults: {
        boot_disk_kms_key: expect.stringContaining("google_kms_crypto_key_iam_member.Key_ComputeAgent_"),
        service_account: expect.stringContaining("google_service_account.Cluster_Nodes_"),
        shielded_instance_config: { enable_secure_boot: true, enable_integrity_monitoring: true },
        management: { auto_repair: true, auto_upgrade: true },
      },
    });
  });

  test("have limits that are some", () => {
    const accelerators = { "nvidia-l5": 1, "nvidia-l4": 0 } as never;
    expect(findingsWith({ nodeAutoProvisioning: { vcpusMax: 0, memoryGiBMax: 0.5, accelerators } })).toEqual([
      { property: "nodeAutoProvisioning.vcpusMax", received: 0, remedy: "use a whole number from 1" },
      { property: "nodeAutoProvisioning.memoryGiBMax", received: 0.5, remedy: "use a whole number from 1" },
      {
        property: "nodeAutoProvisioning.accelerators",
        received: "nvidia-l5",
        remedy: expect.stringContaining('did you mean "nvidia-l4"'),
      },
      {
        property: "nodeAutoProvisioning.accelerators.nvidia-l4",
        received: 0,
        remedy: "use a whole number from 1",
      },
    ]);
  });
});

describe("the backup of a cluster", () => {
  test("is made every night of everything, and kept for 30 days", () => {
    expect(onlyResource(terraformWith(), "google_gke_backup_backup_plan")).toMatchObject({
      location: "europe-west4",
      cluster: expect.stringMatching(/^\$\{google_container_cluster\.Cluster_\w+\.id\}$/),
      backup_schedule: { cron_schedule: "0 3 * * *" },
      retention_policy: { backup_retain_days: 30 },
      backup_config: { all_namespaces: true, include_secrets: true, include_volume_data: true },
      lifecycle: { prevent_destroy: true },
    });
  });

  test("is made when it is asked for, or never", () => {
    expect(
      onlyResource(terraformWith({ backup: { hour: 23, retainDays: 90 } }), "google_gke_backup_backup_plan"),
    ).toMatchObject({
      backup_schedule: { cron_schedule: "0 23 * * *" },
      retention_policy: { backup_retain_days: 90 },
    });
    const without = terraformWith({ backup: false });
    expect(resources(without, "google_gke_backup_backup_plan")).toEqual([]);
    expect(onlyResource(without, "google_container_cluster")).toMatchObject({
      addons_config: { gke_backup_agent_config: { enabled: false } },
    });
  });

  test("refuses hours and days that there are not", () => {
    expect(findingsWith({ backup: { hour: 24, retainDays: 366 } })).toEqual([
      { property: "backup.retainDays", received: 366, remedy: "use 1 to 365 whole days" },
      { property: "backup.hour", received: 24, remedy: "use 0 to 23" },
    ]);
  });
});

describe("the notifications of a cluster", () => {
  test("go to an encrypted topic that can be subscribed to", () => {
    const terraform = terraformOf((stack) => {
      const { upgradeNotifications } = acceleratorCluster(stack, { upgradeNotifications: true });
      upgradeNotifications?.grantSubscribe(new Principal(stack, "Ops", "group:ops@acme.example"));
    });
    expect(onlyResource(terraform, "google_pubsub_topic")).toMatchObject({
      name: "plinth-test-upgrades",
      kms_key_name: expect.stringContaining("google_kms_crypto_key_iam_member.Key_PubSubAgent_"),
      message_storage_policy: { allowed_persistence_regions: ["europe-west4"] },
    });
    expect(onlyResource(terraform, "google_container_cluster")).toMatchObject({
      notification_config: {
        pubsub: {
          enabled: true,
          topic: expect.stringMatching(/^\$\{google_pubsub_topic\.Cluster_Upgrades_\w+\.id\}$/),
        },
      },
    });
    expect(onlyResource(terraform, "google_pubsub_topic_iam_member")).toMatchObject({
      role: "roles/pubsub.subscriber",
      member: "group:ops@acme.example",
    });
  });

  test("are not asked for by default", () => {
    expect(resources(terraformWith(), "google_pubsub_topic")).toEqual([]);
  });
});

describe("a cluster that GKE would refuse", () => {
  test("names every fault at once", () => {
    const received = findings((stack) => {
      const network = new PrivateNetwork(stack, "Other", {
        name: "other",
        region: "us-central1",
        cidr: "10.16.0.0/12",
        subnets: { machines: { nodes: 60 } },
      });
      acceleratorCluster(stack, {
        name: "Plinth",
        subnet: network.subnet("machines"),
        zones: ["europe-west4-d", "europe-west4-a", "europe-west4-a", "us-central1-a"],
        releaseChannel: "fast" as never,
        podsPerNode: 7,
        autoscalingProfile: "balance" as never,
        privateEndpoint: { office: "10.16.0.1/16" },
        groupsDomain: "https://acme.example",
        labels: { Team: "ML Platform" },
      });
    });
    expect(received.map(({ property, remedy }) => [property, remedy])).toEqual([
      ["name", "use 1 to 40 lower-case letters, digits and hyphens, a letter first, no hyphen last"],
      ["subnet", "name a subnet in europe-west4: the cluster runs where its key lies"],
      [
        "subnet",
        "plan it with podsPerNode, or name podsRangeName and servicesRangeName of one that is imported: pods and services have addresses of their own",
      ],
      [
        "zones",
        'did you mean "europe-west4-a"? name zones of europe-west4, where the key lies: europe-west4-a, europe-west4-b, europe-west4-c',
      ],
      ["zones", "state it once"],
      [
        "zones",
        "name zones of europe-west4, where the key lies: europe-west4-a, europe-west4-b, europe-west4-c",
      ],
      ["releaseChannel", "Use one of rapid, regular, stable, extended"],
      ["podsPerNode", "use a whole number from 8 to 256"],
      ["autoscalingProfile", 'did you mean "balanced"? Use one of optimize-utilization, balanced'],
      ["privateEndpoint.office", 'did you mean "10.16.0.0/16"? A range begins with its first address'],
      ["groupsDomain", "use a domain name in lower case, as models.acme.example, without a dot last"],
      ["labels", "use 1 to 63 lower-case letters, digits, hyphens and underscores, a letter first"],
      ["labels.Team", "use at most 63 lower-case letters, digits, hyphens and underscores"],
    ]);
  });

  test("lies where its key lies", () => {
    const received = findings((stack) => {
      const key = new EncryptionKey(stack, "Elsewhere", { name: "elsewhere", location: "us-central1" });
      acceleratorCluster(stack, { key });
    });
    expect(received).toEqual([
      {
        property: "subnet",
        received: "europe-west4",
        remedy: expect.stringContaining("name a subnet in us-central1"),
      },
    ]);
  });

  test("has a subnet with ranges for pods and services", () => {
    const received = findings((stack) => {
      const network = new PrivateNetwork(stack, "Other", {
        name: "other",
        region: "europe-west4",
        cidr: "10.16.0.0/12",
        subnets: { machines: { nodes: 60 } },
      });
      acceleratorCluster(stack, { network, subnet: network.subnet("machines") });
    });
    expect(received).toEqual([
      {
        property: "subnet",
        received: { podsRangeName: undefined, servicesRangeName: undefined },
        remedy: expect.stringContaining("plan it with podsPerNode"),
      },
    ]);
  });

  test("has no more pods per node than the subnet was planned for", () => {
    expect(findingsWith({ podsPerNode: 65 })).toEqual([
      { property: "podsPerNode", received: 65, remedy: expect.stringContaining("use at most 64") },
    ]);
  });

  test("has a zone", () => {
    expect(findingsWith({ zones: [] })).toMatchObject([{ property: "zones", received: [] }]);
  });
});

describe("what a cluster tells of itself", () => {
  test.each([
    [
      "endpoint",
      /^https:\/\/\$\{google_container_cluster\.Cluster_\w+\.control_plane_endpoints_config\[0\]\.dns_endpoint_config\[0\]\.endpoint\}$/,
    ],
    [
      "workloadPool",
      /^\$\{google_container_cluster\.Cluster_\w+\.workload_identity_config\[0\]\.workload_pool\}$/,
    ],
    ["clusterId", /^\$\{google_container_cluster\.Cluster_\w+\.id\}$/],
    ["project", /^\$\{google_container_cluster\.Cluster_\w+\.project\}$/],
  ] as const)("its %s is known from the cluster itself", (property, form) => {
    expect(referenceTo((cluster) => cluster[property])).toMatch(form);
  });

  test("its features, zones and what to wait for", () => {
    terraformOf((stack) => {
      const cluster = acceleratorCluster(stack, { multiNetworking: true, zones: ["europe-west4-b"] });
      expect(cluster.features).toEqual({ imageStreaming: true, multiNetworking: true, bucketMounts: true });
      expect(cluster.zones).toEqual(["europe-west4-b"]);
      expect(cluster.region).toBe("europe-west4");
      expect(cluster.ready).toEqual([cluster.systemPool.resource]);
      expect(cluster.systemPool).toMatchObject({
        poolName: "system",
        machineType: "e2-standard-4",
        spot: false,
        nodesPerSlice: 1,
        nodeSelector: { "cloud.google.com/gke-nodepool": "system" },
        tolerations: [],
      });
    });
  });
});

describe("a grant on a cluster", () => {
  test.each([
    ["grantConnect", "roles/container.clusterViewer"],
    ["grantView", "roles/container.viewer"],
    ["grantDeploy", "roles/container.developer"],
  ] as const)("%s holds for this cluster only", (grant, role) => {
    const terraform = terraformOf((stack) => {
      acceleratorCluster(stack)[grant](new Principal(stack, "Team", "group:team@acme.example"));
    });
    const member = resources(terraform, "google_project_iam_member").find(
      (each) => each.member === "group:team@acme.example",
    );
    const id = atApply("google_container_cluster.Cluster_EB0386A7.id");
    expect(member).toMatchObject({
      role,
      condition: {
        expression: `resource.name == "${id}" || resource.name.startsWith("${id}/")`,
      },
    });
  });
});

describe("a cluster that is managed elsewhere", () => {
  test("is looked up where its key lies, and is asked as one that is made here", () => {
    const terraform = terraformOf((stack) => {
      const cluster = importedCluster(stack);
      expect(cluster).toMatchObject({
        clusterName: "platform",
        region: "europe-west4",
        zones: ["europe-west4-a", "europe-west4-b", "europe-west4-c"],
        features: { imageStreaming: true, multiNetworking: false, bucketMounts: true },
        ready: [],
      });
      cluster.grantView(new Principal(stack, "Team", "group:team@acme.example"));
      new TerraformOutput(stack, "endpoint", { value: cluster.endpoint, staticId: true });
    });
    expect(Object.values(terraform.data?.google_container_cluster ?? {})).toEqual([
      { name: "platform", location: "europe-west4" },
    ]);
    expect(onlyResource(terraform, "google_project_iam_member")).toMatchObject({
      role: "roles/container.viewer",
      condition: { expression: expect.stringContaining("data.google_container_cluster.Cluster_") },
    });
    expect(JSON.stringify(terraform)).toContain(".dns_endpoint_config[0].endpoint}");
  });

  test("has a name and zones that there are", () => {
    expect(
      findings((stack) => importedCluster(stack, { name: "Platform", zones: ["us-central1-a"] })),
    ).toMatchObject([
      { property: "name", received: "Platform" },
      { property: "zones", received: "us-central1-a" },
    ]);
  });
});
