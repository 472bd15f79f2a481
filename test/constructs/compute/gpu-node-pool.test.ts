import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import { Fn, TerraformStack, Testing } from "cdktf";
import { Construct } from "constructs";
import {
  Accelerator,
  type GpuAccelerator,
  GpuNodePool,
  type GpuNodePoolProps,
  PrivateNetwork,
  WorkloadIdentity,
} from "../../../constructs";
import { acceleratorFacts, acceleratorNames } from "../../../constructs/catalog/accelerators";
import { countsOf, machineTypes } from "../../../constructs/catalog/machine-types";
import { type Provisioning, provisioningsOf } from "../../../constructs/catalog/node-pools";
import { regionOf } from "../../../constructs/catalog/regions";
import { zonesOffering } from "../../../constructs/compute/pool-zones";
import { type ClusterChoices, someCluster } from "../../support/cluster";
import { findings, onlyResource, resources, terraformOf } from "../../support/terraform";

type Props = Omit<GpuNodePoolProps, "cluster">;

const l4: Props = { accelerator: Accelerator.NVIDIA_L4, perNode: 1, autoscaling: { min: 0, max: 8 } };

interface NodePool {
  readonly node_config: Readonly<Record<string, unknown>>;
  readonly network_config: Readonly<Record<string, unknown>>;
}

interface NodeConfig {
  readonly machine_type: string;
  readonly guest_accelerator: readonly { readonly type: string; readonly count: number }[];
}

function pool(stack: TerraformStack, props: Partial<Props> = {}, cluster: ClusterChoices = {}): GpuNodePool {
  return new GpuNodePool(stack, "L4", { cluster: someCluster(stack, cluster), ...l4, ...props });
}

function nodePool(props: Partial<Props> = {}, cluster: ClusterChoices = {}) {
  const terraform = terraformOf((stack) => {
    pool(stack, props, cluster);
  });
  return onlyResource(terraform, "google_container_node_pool") as unknown as NodePool;
}

function plannedSubnet(stack: TerraformStack, podsPerNode: number) {
  const network = new PrivateNetwork(stack, "Planned", {
    name: "planned",
    region: "europe-west4",
    cidr: "10.0.0.0/12",
    subnets: { nodes: { nodes: 100, podsPerNode } },
  });
  return network.subnet("nodes");
}

function built(props: Partial<Props> = {}, cluster: ClusterChoices = {}): GpuNodePool {
  let made: GpuNodePool | undefined;
  terraformOf((stack) => {
    made = pool(stack, props, cluster);
  });
  if (made === undefined) throw new Error("nothing was built");
  return made;
}

const gpus = acceleratorNames.map(acceleratorFacts).filter(({ kind }) => kind === "gpu");

/** Some way to come by a machine. */
const provisioningProps: Readonly<Record<Provisioning, Partial<Props>>> = {
  "on-demand": {},
  spot: { spot: true },
  "flex-start": { flexStart: true },
  reservation: { reservation: "gpus" },
};

describe("a pool of GPUs", () => {
  test.each(gpus)(
    "can be had of $title in every number, on every machine that the catalog has for it",
    (gpu) => {
      const shapes = machineTypes().flatMap((machine) =>
        countsOf(machine, gpu.name).map((perNode) => ({ machineType: machine.name, perNode })),
      );
      expect(shapes).not.toEqual([]);
      const terraform = terraformOf((stack) => {
        for (const { machineType, perNode } of shapes) {
          const scope = new Construct(stack, `${machineType} ${perNode}`);
          const accelerator = gpu.name as GpuAccelerator;
          const [zone] = zonesOffering({ machineType, accelerator }) ?? [];
          const cluster = someCluster(scope, { region: regionOf(zone), zones: [zone] });
          const provisioning = provisioningProps[provisioningsOf(machineType)[0]];
          new GpuNodePool(scope, "Pool", {
            cluster,
            nodes: machineType.startsWith("a4x-") ? 1 : undefined,
            autoscaling: machineType.startsWith("a4x-") ? undefined : l4.autoscaling,
            machineType,
            accelerator,
            perNode,
            ...provisioning,
          });
        }
      });
      const made = resources(terraform, "google_container_node_pool").map((each) => {
        const { machine_type, guest_accelerator } = each.node_config as NodeConfig;
        const [{ type, count }] = guest_accelerator;
        return `${machine_type}: ${count} ${type}`;
      });
      const asked = shapes.map(({ machineType, perNode }) => `${machineType}: ${perNode} ${gpu.name}`);
      expect(made.sort()).toEqual(asked.sort());
    },
  );

  test("boots from Hyperdisk where there is no other disk", () => {
    const [zone] = acceleratorFacts(Accelerator.NVIDIA_H200_141GB).zones;
    const props = { accelerator: Accelerator.NVIDIA_H200_141GB, perNode: 8, spot: true };
    expect(nodePool(props, { region: regionOf(zone), zones: [zone] }).node_config).toMatchObject({
      machine_type: "a3-ultragpu-8g",
      disk_type: "hyperdisk-balanced",
    });
  });

  test("sends pods for Arm to nodes with such processors", () => {
    const props = {
      accelerator: Accelerator.NVIDIA_GB200,
      perNode: 4,
      reservation: "gb200",
      placementPolicy: "nvl72",
    };
    const [zone] = acceleratorFacts(Accelerator.NVIDIA_GB200).zones;
    expect(built(props, { region: regionOf(zone), zones: [zone] })).toMatchObject({
      nodeSelector: { "kubernetes.io/arch": "arm64" },
      tolerations: [{ key: "kubernetes.io/arch", operator: "Equal", value: "arm64", effect: "NoSchedule" }],
    });
    expect(built().nodeSelector).not.toHaveProperty(["kubernetes.io/arch"]);
  });

  test("joins its cluster under its id, in the zones that offer the GPU", () => {
    expect(nodePool()).toMatchObject({
      name: "l4",
      location: "europe-west4",
      cluster: "projects/some-project/locations/europe-west4/clusters/plinth-test",
      node_locations: ["europe-west4-a", "europe-west4-b", "europe-west4-c"],
    });
    const a100 = { accelerator: Accelerator.NVIDIA_A100_40GB, name: "a100" };
    expect(nodePool(a100)).toMatchObject({
      name: "a100",
      node_locations: ["europe-west4-a", "europe-west4-b"],
    });
  });

  test("has the smallest machine with so many GPUs, and states their driver", () => {
    expect(nodePool().node_config).toMatchObject({
      machine_type: "g2-standard-4",
      guest_accelerator: [
        {
          type: "nvidia-l4",
          count: 1,
          gpu_driver_installation_config: { gpu_driver_version: "DEFAULT" },
        },
      ],
    });
  });

  test.each([
    [Accelerator.NVIDIA_L4, 2, "g2-standard-24"],
    [Accelerator.NVIDIA_L4, 8, "g2-standard-96"],
    [Accelerator.NVIDIA_A100_80GB, 4, "a2-ultragpu-4g"],
    [Accelerator.NVIDIA_H100_80GB, 8, "a3-highgpu-8g"],
    [Accelerator.NVIDIA_T4, 1, "n1-standard-4"],
    [Accelerator.NVIDIA_T4, 2, "n1-standard-8"],
  ] as const)("finds the machine for %s, %p of them: %s", (accelerator, perNode, machine) => {
    expect(nodePool({ accelerator, perNode }).node_config).toMatchObject({ machine_type: machine });
  });

  test("is as closed as its cluster: shielded, private, under the cluster's key and identity", () => {
    const { node_config, network_config } = nodePool();
    expect(network_config).toMatchObject({ enable_private_nodes: true });
    expect(node_config).toMatchObject({
      image_type: "COS_CONTAINERD",
      disk_type: "pd-balanced",
      disk_size_gb: 200,
      boot_disk_kms_key: expect.stringContaining(
        "google_kms_crypto_key_iam_member.Cluster_Key_ComputeAgent_",
      ),
      service_account: "plinth-nodes@some-project.iam.gserviceaccount.com",
      oauth_scopes: ["https://www.googleapis.com/auth/cloud-platform"],
      shielded_instance_config: { enable_secure_boot: true, enable_integrity_monitoring: true },
      workload_metadata_config: { mode: "GKE_METADATA" },
      kubelet_config: { insecure_kubelet_readonly_port_enabled: "FALSE" },
      gvnic: { enabled: true },
      gcfs_config: { enabled: true },
      spot: false,
    });
  });

  test("leaves the taint of GPUs to GKE", () => {
    expect(nodePool().node_config).not.toHaveProperty("taint");
    expect(built().tolerations).toEqual([]);
  });

  test("streams images only where its cluster does", () => {
    const { node_config } = nodePool({}, { features: { imageStreaming: false } });
    expect(node_config).toMatchObject({ gcfs_config: { enabled: false } });
  });

  test("waits for the pool without GPUs", () => {
    expect(nodePool()).toMatchObject({
      depends_on: [expect.stringMatching(/^google_container_node_pool_stand_in\./)],
    });
  });

  test("grows and shrinks in total, in whichever zone has GPUs", () => {
    expect(nodePool({ autoscaling: { min: 4, max: 9 } })).toMatchObject({
      initial_node_count: 1,
      autoscaling: { total_min_node_count: 4, total_max_node_count: 9, location_policy: "ANY" },
    });
    expect(nodePool()).toMatchObject({ initial_node_count: 0 });
    expect(nodePool()).not.toHaveProperty("node_count");
  });

  test("has room for large images where nobody says how much", () => {
    expect(nodePool({ bootDiskGiB: undefined }).node_config).toMatchObject({ disk_size_gb: 200 });
  });

  test("of one size has as many nodes in each zone", () => {
    const fixed = nodePool({ autoscaling: undefined, nodes: 6 });
    expect(fixed).toMatchObject({ node_count: 2 });
    expect(fixed).not.toHaveProperty("autoscaling");
  });

  test("ignores what GKE changes by itself, and what it does not tell back", () => {
    expect(nodePool()).toMatchObject({
      lifecycle: { ignore_changes: ["version", "initial_node_count", "node_count"] },
    });
    const fixed = nodePool({
      autoscaling: undefined,
      nodes: 1,
      zones: ["europe-west4-a"],
      compactPlacement: true,
    });
    expect(fixed).toMatchObject({
      placement_policy: { type: "COMPACT" },
      lifecycle: { ignore_changes: ["version", "initial_node_count", "placement_policy[0].type"] },
    });
  });

  test("lies by a resource policy of one's own, as machines wired to each other do", () => {
    const props = { accelerator: Accelerator.NVIDIA_GB200, perNode: 4, reservation: "gb200" };
    const cluster = { region: "us-central1", zones: ["us-central1-a"] };
    expect(nodePool({ ...props, placementPolicy: "nvl72" }, cluster)).toMatchObject({
      placement_policy: { type: "COMPACT", policy_name: "nvl72" },
      node_config: { ephemeral_storage_local_ssd_config: { local_ssd_count: 4 } },
    });
    expect(nodePool({ compactPlacement: true, zones: ["europe-west4-a"] })).not.toHaveProperty(
      "placement_policy.policy_name",
    );
  });

  test("waits two hours for GPUs, and upgrades without one to spare", () => {
    expect(nodePool()).toMatchObject({
      timeouts: { create: "120m", update: "120m", delete: "120m" },
      management: { auto_repair: true, auto_upgrade: true },
      upgrade_settings: { strategy: "SURGE", max_surge: 0, max_unavailable: 1 },
    });
  });

  test("upgrades as asked", () => {
    expect(nodePool({ upgrades: "surge" })).toMatchObject({
      upgrade_settings: { strategy: "SURGE", max_surge: 1, max_unavailable: 0 },
    });
    expect(nodePool({ upgrades: "blue-green" })).toMatchObject({
      upgrade_settings: {
        strategy: "BLUE_GREEN",
        blue_green_settings: {
          standard_rollout_policy: { batch_node_count: 1 },
          node_pool_soak_duration: "3600s",
        },
      },
    });
  });

  test("leaves the upgrades of what is waited for to Google, which has only one way of them", () => {
    expect(nodePool({ flexStart: true })).not.toHaveProperty("upgrade_settings");
    expect(nodePool({ queuedProvisioning: true })).not.toHaveProperty("upgrade_settings");
  });

  test("refuses a name that another pool of the cluster has, in whichever scope that is", () => {
    expect(
      findings((stack) => {
        const cluster = someCluster(stack);
        new GpuNodePool(new Construct(stack, "Chat"), "L4", { cluster, ...l4 });
        new GpuNodePool(stack, "Other", { cluster, ...l4, name: "l4" });
      }),
    ).toEqual([{ property: "name", received: "l4", remedy: "stack/Chat/L4 has it: state another name" }]);
  });

  test("lets pools of different clusters have the same name", () => {
    const terraform = terraformOf((stack) => {
      for (const scope of ["One", "Other"].map((id) => new Construct(stack, id)))
        new GpuNodePool(scope, "L4", { cluster: someCluster(scope), ...l4 });
    });
    expect(resources(terraform, "google_container_node_pool").map(({ name }) => name)).toEqual(["l4", "l4"]);
  });

  test("has as many pods to a node as the subnet was planned for at most", () => {
    const pools = (podsPerNode: number, maxPodsPerNode?: number) => (stack: TerraformStack) => {
      const subnet = plannedSubnet(stack, podsPerNode);
      const cluster = Object.assign(someCluster(stack), { subnet });
      new GpuNodePool(stack, "L4", { cluster, ...l4, maxPodsPerNode });
    };
    const podsOf = (podsPerNode: number) =>
      onlyResource(terraformOf(pools(podsPerNode)), "google_container_node_pool").max_pods_per_node;
    expect([podsOf(16), podsOf(64)]).toEqual([16, 32]);
    expect(findings(pools(64, 110))).toEqual([
      {
        property: "maxPodsPerNode",
        received: 110,
        remedy: "use at most 64, which the subnet was planned for, or plan it with podsPerNode 110",
      },
    ]);
  });

  test.each([
    ["default", "DEFAULT"],
    ["latest", "LATEST"],
    ["disabled", "INSTALLATION_DISABLED"],
  ] as const)("takes the driver %s", (driverVersion, expected) => {
    expect(nodePool({ driverVersion }).node_config).toMatchObject({
      guest_accelerator: [{ gpu_driver_installation_config: { gpu_driver_version: expected } }],
    });
  });

  test.each([
    ["time-sharing", "TIME_SHARING"],
    ["mps", "MPS"],
  ] as const)("shares a GPU by %s", (strategy, expected) => {
    const sharing = { strategy, clientsMax: 4 };
    expect(nodePool({ sharing }).node_config).toMatchObject({
      guest_accelerator: [
        { gpu_sharing_config: { gpu_sharing_strategy: expected, max_shared_clients_per_gpu: 4 } },
      ],
    });
    expect(built({ sharing }).nodeSelector).toMatchObject({
      "cloud.google.com/gke-gpu-sharing-strategy": strategy,
      "cloud.google.com/gke-max-shared-clients-per-gpu": "4",
    });
  });

  test("cuts a GPU into partitions, and shares those", () => {
    const props: Partial<Props> = {
      accelerator: Accelerator.NVIDIA_A100_40GB,
      migProfile: "1g.5gb",
      sharing: { strategy: "time-sharing", clientsMax: 2 },
    };
    expect(nodePool(props).node_config).toMatchObject({
      guest_accelerator: [
        { gpu_partition_size: "1g.5gb", gpu_sharing_config: { max_shared_clients_per_gpu: 2 } },
      ],
    });
    expect(built(props).nodeSelector).toMatchObject({ "cloud.google.com/gke-gpu-partition-size": "1g.5gb" });
  });

  test("has an interface in each network for GPUs of other machines", () => {
    const terraform = terraformOf((stack) => {
      const additionalNetworks = ["one", "two", "three", "four"].map((name) => {
        const subnets = { gpus: { name: `${name}-gpus`, region: "europe-west4" } };
        const network = PrivateNetwork.fromName(stack, name, { name, subnets });
        return { network, subnet: network.subnet("gpus") };
      });
      pool(stack, { accelerator: Accelerator.NVIDIA_H100_80GB, perNode: 8, additionalNetworks });
    });
    expect(onlyResource(terraform, "google_container_node_pool")).toMatchObject({
      network_config: {
        additional_node_network_configs: [
          { network: "one", subnetwork: "one-gpus" },
          { network: "two", subnetwork: "two-gpus" },
          { network: "three", subnetwork: "three-gpus" },
          { network: "four", subnetwork: "four-gpus" },
        ],
      },
    });
  });

  test("uses the SSDs that come with a machine, and those that are asked for, as they are to be used", () => {
    const a100 = { accelerator: Accelerator.NVIDIA_A100_80GB, perNode: 2 };
    expect(nodePool(a100).node_config).toMatchObject({
      ephemeral_storage_local_ssd_config: { local_ssd_count: 2 },
    });
    expect(nodePool({ localSsds: 1, localSsdUse: "raw-block" }).node_config).toMatchObject({
      local_nvme_ssd_block_config: { local_ssd_count: 1 },
    });
    expect(nodePool().node_config).not.toHaveProperty("ephemeral_storage_local_ssd_config");
  });

  test("preloads images and turns on fast sockets", () => {
    const preloadedImages = "projects/acme-ml-dev/global/images/vllm";
    expect(nodePool({ preloadedImages, fastSocket: true }).node_config).toMatchObject({
      secondary_boot_disks: [{ disk_image: preloadedImages, mode: "CONTAINER_IMAGE_CACHE" }],
      fast_socket: { enabled: true },
    });
  });

  test("comes from a reservation", () => {
    expect(nodePool({ reservation: "l4-res" }).node_config).toMatchObject({
      reservation_affinity: {
        consume_reservation_type: "SPECIFIC_RESERVATION",
        key: "compute.googleapis.com/reservation-name",
        values: ["l4-res"],
      },
    });
    expect(nodePool().node_config).not.toHaveProperty("reservation_affinity");
  });

  test("does not judge what is known at apply only", () => {
    const later = (name: string) => Fn.lower(name);
    const props = {
      reservation: later("GPUS"),
      preloadedImages: later("IMAGES"),
      placementPolicy: later("CLOSE"),
      networkTags: [later("GPU")],
      labels: { "acme.example/team": later("CHAT") },
      zones: ["europe-west4-b"],
    };
    expect(findings((stack) => pool(stack, props))).toEqual([]);
  });

  test("lies in those zones of its cluster, too, that are known at apply only", () => {
    const zones = [Fn.lower("EUROPE-WEST4-A"), "europe-west4-b", "europe-west4-d"];
    expect(nodePool({ machineType: "g2-standard-4" }, { zones })).toMatchObject({
      node_locations: [expect.stringContaining('lower("EUROPE-WEST4-A")'), "europe-west4-b"],
    });
  });

  test("that is waited for is not repaired, and reserves nothing", () => {
    const flexible = nodePool({ flexStart: true, maxRunSeconds: 3_600, autoscaling: { min: 3, max: 6 } });
    expect(flexible).toMatchObject({
      initial_node_count: 0,
      autoscaling: { total_min_node_count: 3, total_max_node_count: 6 },
      management: { auto_repair: false },
    });
    expect(flexible.node_config).toMatchObject({
      flex_start: true,
      max_run_duration: "3600s",
      reservation_affinity: { consume_reservation_type: "NO_RESERVATION" },
    });
    expect(flexible).not.toHaveProperty("queued_provisioning");
  });

  test("that is queued for is waited for as well", () => {
    const queued = nodePool({ queuedProvisioning: true });
    expect(queued).toMatchObject({
      queued_provisioning: { enabled: true },
      management: { auto_repair: false },
    });
    expect(queued.node_config).toMatchObject({ flex_start: true });
  });

  test("of Spot nodes keeps away what cannot bear to be stopped", () => {
    const taint = { key: "cloud.google.com/gke-spot", value: "true" };
    const dedicated = { key: "acme.example/team", value: "chat", effect: "NoExecute" } as const;
    expect(nodePool({ spot: true, taints: [dedicated] }).node_config).toMatchObject({
      spot: true,
      taint: [
        { ...taint, effect: "NO_SCHEDULE" },
        { key: "acme.example/team", value: "chat", effect: "NO_EXECUTE" },
      ],
    });
    expect(built({ spot: true, taints: [dedicated] }).tolerations).toEqual([
      { ...taint, operator: "Equal", effect: "NoSchedule" },
      { key: "acme.example/team", operator: "Equal", value: "chat", effect: "NoExecute" },
    ]);
  });

  test("does not taint Spot nodes a second time", () => {
    const own = { key: "cloud.google.com/gke-spot", value: "true", effect: "NoExecute" } as const;
    expect(nodePool({ spot: true, taints: [own] }).node_config).toMatchObject({
      taint: [{ ...own, effect: "NO_EXECUTE" }],
    });
  });

  test("takes its size, its disk, its labels and its tags as asked", () => {
    const asked = nodePool({
      machineType: "g2-standard-16",
      zones: ["europe-west4-b"],
      bootDiskType: "pd-ssd",
      bootDiskGiB: 500,
      labels: { "acme.example/team": "chat" },
      networkTags: ["gpu"],
      maxPodsPerNode: 64,
      secureBoot: false,
      autoRepair: false,
      gvnic: true,
    });
    expect(asked).toMatchObject({
      node_locations: ["europe-west4-b"],
      max_pods_per_node: 64,
      management: { auto_repair: false },
      node_config: {
        machine_type: "g2-standard-16",
        disk_type: "pd-ssd",
        disk_size_gb: 500,
        labels: { "acme.example/team": "chat" },
        tags: ["gpu"],
        shielded_instance_config: { enable_secure_boot: false },
      },
    });
  });

  test("grants an identity of its own what a node needs, once", () => {
    const terraform = terraformOf((stack) => {
      const cluster = someCluster(stack);
      const identity = new WorkloadIdentity(stack, "Nodes", { name: "gpu-nodes", description: "GPU nodes" });
      new GpuNodePool(stack, "L4", { cluster, identity, ...l4 });
      new GpuNodePool(stack, "L4x2", { cluster, identity, ...l4, perNode: 2 });
    });
    expect(onlyResource(terraform, "google_project_iam_member")).toMatchObject({
      role: "roles/container.defaultNodeServiceAccount",
    });
    for (const each of resources(terraform, "google_container_node_pool"))
      expect(each.depends_on).toContainEqual(expect.stringMatching(/^google_project_iam_member\./));
  });

  test("in another stack than its cluster waits for that stack, whose resources it cannot name", () => {
    const app = Testing.app();
    const [platform, serving] = ["platform", "serving"].map((id) => {
      const stack = new TerraformStack(app, id);
      new GoogleProvider(stack, "google", { project: "some-project", region: "europe-west4" });
      return stack;
    });
    const cluster = someCluster(platform);
    const identity = new WorkloadIdentity(platform, "Nodes", { name: "gpu-nodes", description: "GPU nodes" });
    new GpuNodePool(serving, "L4", { cluster, identity, ...l4 });
    const made = onlyResource(JSON.parse(Testing.synth(serving)), "google_container_node_pool");
    expect(made.depends_on).toEqual([]);
    expect(serving.dependencies).toContain(platform);
  });

  test("tells jobs and endpoints how to run in it", () => {
    const made = built();
    expect(made).toMatchObject({
      poolName: "l4",
      machineType: "g2-standard-4",
      zones: ["europe-west4-a", "europe-west4-b", "europe-west4-c"],
      spot: false,
      accelerator: { accelerator: "nvidia-l4", count: 1 },
      nodesPerSlice: 1,
      tpuTopology: undefined,
      acceleratorResource: "nvidia.com/gpu",
      nodeSelector: {
        "cloud.google.com/gke-nodepool": "l4",
        "cloud.google.com/gke-accelerator": "nvidia-l4",
      },
    });
    expect(made.resource).toBe(made.node.tryFindChild("Resource"));
  });

  test("names a zone that has the GPU where none of the cluster's has it", () => {
    const received = findings((stack) => {
      pool(stack, { accelerator: Accelerator.NVIDIA_A100_80GB }, { zones: ["europe-west4-b"] });
    });
    expect(received).toEqual([
      {
        property: "zones",
        received: [],
        remedy: expect.stringMatching(
          /^none of europe-west4-b, the cluster's zones, offers a2-ultragpu-1g with nvidia-a100-80gb; nearest: europe-west4-a, /,
        ),
      },
    ]);
  });

  test("refuses networks that its nodes cannot have a further interface in", () => {
    const received = findings((stack) => {
      const cluster = someCluster(stack);
      const subnets = {
        here: { name: "a", region: "europe-west4" },
        there: { name: "b", region: "us-east1" },
      };
      const gpus = PrivateNetwork.fromName(stack, "Gpus", { name: "gpus", subnets });
      const additionalNetworks = [
        { network: cluster.network, subnet: cluster.subnet },
        { network: gpus, subnet: gpus.subnet("here") },
        { network: gpus, subnet: gpus.subnet("there") },
        { network: gpus, subnet: gpus.subnet("here") },
      ];
      const h100 = { accelerator: Accelerator.NVIDIA_H100_80GB, perNode: 8 } as const;
      new GpuNodePool(stack, "H100", { cluster, ...l4, ...h100, additionalNetworks });
    });
    expect(received.map(({ property, remedy }) => [property, remedy])).toEqual([
      ["additionalNetworks", "it is the cluster's own: use networks beside it"],
      ["additionalNetworks", "use a subnet in the cluster's region, europe-west4"],
      ["additionalNetworks", "each interface has a subnet of its own: name it once"],
    ]);
  });

  test("tells everything that cannot be at once", () => {
    const received = findings((stack) => {
      pool(stack, {
        name: "L4",
        perNode: 3,
        nodes: 4,
        spot: true,
        reservation: "res",
        migProfile: "1g.5gb",
        sharing: { strategy: "mps", clientsMax: 100 },
      });
    });
    expect(received.map(({ property }) => property).sort()).toEqual(
      ["name", "migProfile", "nodes", "nodes", "perNode", "sharing", "spot"].sort(),
    );
  });

  test("names GPUs alone where an accelerator is none", () => {
    const [{ remedy }] = findings((stack) => {
      pool(stack, { accelerator: "nvidia-l5" as typeof Accelerator.NVIDIA_L4 });
    });
    expect(remedy).toMatch(/^did you mean "nvidia-l4"\? Use one of nvidia-/);
    expect(remedy).not.toContain("tpu-");
  });

  test("refuses an accelerator of which nothing is known, with what is closest", () => {
    const received = findings((stack) => {
      pool(stack, { accelerator: "nvidia-l5" as typeof Accelerator.NVIDIA_L4, name: "L4" });
    });
    expect(received).toMatchObject([
      { property: "name" },
      { property: "accelerator", remedy: expect.stringMatching(/^did you mean "nvidia-l4"\?/) },
    ]);
  });
});
