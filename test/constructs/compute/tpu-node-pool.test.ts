import type { TerraformStack } from "cdktf";
import {
  Accelerator,
  CheckpointBucket,
  TpuNodePool,
  type TpuNodePoolProps,
  tpuSlices,
} from "../../../constructs";
import { findZones } from "../../../constructs/catalog/accelerators";
import { regionOf } from "../../../constructs/catalog/regions";
import { tpuGenerations } from "../../../constructs/catalog/tpu-topologies";
import { type ClusterChoices, someCluster } from "../../support/cluster";
import { findings, onlyResource, terraformOf } from "../../support/terraform";

type Stated = Partial<Omit<TpuNodePoolProps, "cluster">>;

function pool(stack: TerraformStack, stated: Stated = {}, cluster?: ClusterChoices): TpuNodePool {
  return new TpuNodePool(stack, "Tpu", {
    cluster: someCluster(stack, cluster),
    accelerator: Accelerator.TPU_V5E,
    topology: "4x4",
    ...stated,
  });
}

function resourceOf(stated?: Stated, cluster?: ClusterChoices) {
  return onlyResource(
    terraformOf((stack) => pool(stack, stated, cluster)),
    "google_container_node_pool",
  );
}

/** What the pool tells of itself. */
function told<Value>(ask: (of: TpuNodePool) => Value, stated?: Stated): Value {
  let value: Value | undefined;
  terraformOf((stack) => {
    value = ask(pool(stack, stated));
  });
  return value as Value;
}

const everySlice = tpuGenerations().flatMap(({ accelerator }) => tpuSlices(accelerator));

describe("a pool whose slice takes several machines", () => {
  test("comes and goes as one slice, in one zone, with its shape as placement", () => {
    const resource = resourceOf();
    expect(resource).toMatchObject({
      name: "tpu",
      node_locations: ["europe-west4-b"],
      initial_node_count: 0,
      autoscaling: { min_node_count: 0, max_node_count: 4, location_policy: "ANY" },
      placement_policy: { type: "COMPACT", tpu_topology: "4x4" },
      upgrade_settings: { strategy: "SURGE", max_surge: 0, max_unavailable: 1 },
      node_config: {
        machine_type: "ct5lp-hightpu-4t",
        spot: false,
        // Left out, the provider turns it off.
        kubelet_config: { cpu_cfs_quota: true },
      },
      timeouts: { create: "120m", update: "120m", delete: "120m" },
      lifecycle: {
        ignore_changes: ["version", "initial_node_count", "node_count", "placement_policy[0].type"],
      },
    });
    expect(resource).not.toHaveProperty("node_count");
    // A limit in total would leave the zone's at none.
    expect(resource.autoscaling).not.toHaveProperty("total_max_node_count");
    expect(resource.node_config).not.toHaveProperty("guest_accelerator");
    // GKE puts the taint of TPUs there.
    expect(resource.node_config).not.toHaveProperty("taint");
  });

  test("stays when its nodes are stated", () => {
    const resource = resourceOf({ nodes: 4 });
    expect(resource.node_count).toBe(4);
    expect(resource).not.toHaveProperty("autoscaling");
  });

  test("is all that a job has to know", () => {
    expect(
      told(
        ({
          slice,
          accelerator,
          nodesPerSlice,
          tpuTopology,
          acceleratorResource,
          nodeSelector,
          tolerations,
        }) => ({
          slice,
          accelerator,
          nodesPerSlice,
          tpuTopology,
          acceleratorResource,
          nodeSelector,
          tolerations,
        }),
      ),
    ).toEqual({
      slice: {
        accelerator: "tpu-v5-lite-podslice",
        topology: "4x4",
        machineType: "ct5lp-hightpu-4t",
        chips: 16,
        chipsPerNode: 4,
        nodes: 4,
      },
      accelerator: { accelerator: "tpu-v5-lite-podslice", count: 4 },
      nodesPerSlice: 4,
      tpuTopology: "4x4",
      acceleratorResource: "google.com/tpu",
      nodeSelector: {
        "cloud.google.com/gke-nodepool": "tpu",
        "cloud.google.com/gke-tpu-accelerator": "tpu-v5-lite-podslice",
        "cloud.google.com/gke-tpu-topology": "4x4",
      },
      tolerations: [],
    });
  });

  test("lies in the first of the cluster's zones that has the machines, unless another is stated", () => {
    const cluster = { region: "us-central1", zones: ["us-central1-f", "us-central1-a", "us-central1-b"] };
    expect(resourceOf({}, cluster).node_locations).toEqual(["us-central1-a"]);
    expect(resourceOf({ zones: ["us-central1-a"] }, cluster).node_locations).toEqual(["us-central1-a"]);
  });
});

describe("a pool whose machines are a slice each", () => {
  test("has no placement, and from none to one of them", () => {
    const resource = resourceOf({ topology: "2x4" });
    expect(resource).toMatchObject({
      initial_node_count: 0,
      autoscaling: { total_min_node_count: 0, total_max_node_count: 1 },
      node_config: { machine_type: "ct5lp-hightpu-8t" },
    });
    expect(resource).not.toHaveProperty("placement_policy");
  });

  test("has as many as are asked for", () => {
    expect(resourceOf({ topology: "2x4", nodes: 7 }).node_count).toBe(7);
    expect(resourceOf({ topology: "2x4", autoscaling: { min: 1, max: 9 } }).autoscaling).toMatchObject({
      total_min_node_count: 1,
      total_max_node_count: 9,
    });
  });

  test("tells its shape, and that no others belong to it", () => {
    expect(
      told(({ nodesPerSlice, tpuTopology }) => [nodesPerSlice, tpuTopology], { topology: "2x4" }),
    ).toEqual([1, "2x4"]);
  });

  test("becomes a slice of two where smaller machines are asked for", () => {
    expect(resourceOf({ topology: "2x4", chipsPerNode: 4 })).toMatchObject({
      autoscaling: { min_node_count: 0, max_node_count: 2 },
      placement_policy: { type: "COMPACT", tpu_topology: "2x4" },
      node_config: { machine_type: "ct5lp-hightpu-4t" },
    });
  });
});

describe("a pool of each shape of the catalog", () => {
  test.each(
    everySlice.map((slice) => [slice.accelerator, slice.topology, slice.machineType, slice] as const),
  )(
    "is made of the machines that its chips take, %s %s of %s",
    (accelerator, topology, machineType, { chipsPerNode, nodes }) => {
      const [zone] = findZones(accelerator);
      const resource = resourceOf(
        { accelerator, topology, chipsPerNode, nodes },
        // That of TPUs v4 has nothing else.
        { region: regionOf(zone), zones: [zone], foundationRegion: "us-central1" },
      );
      expect(resource).toMatchObject({
        node_count: nodes,
        node_locations: [zone],
        node_config: { machine_type: machineType },
      });
      expect(resource.placement_policy).toEqual(
        nodes > 1 ? { type: "COMPACT", tpu_topology: topology } : undefined,
      );
    },
  );
});

describe("capacity of a pool of TPUs", () => {
  test("is Spot with what resumes it", () => {
    const terraform = terraformOf((stack) => {
      const cluster = someCluster(stack);
      const checkpoints = new CheckpointBucket(stack, "Checkpoints", {
        name: "some-project-checkpoints",
        key: cluster.key,
      });
      const spot = new TpuNodePool(stack, "Tpu", {
        cluster,
        accelerator: Accelerator.TPU_V5E,
        topology: "4x4",
        spot: { checkpoints },
      });
      expect(spot.checkpoints).toBe(checkpoints);
      expect(spot.spot).toBe(true);
      expect(spot.tolerations).toEqual([
        { key: "cloud.google.com/gke-spot", operator: "Equal", value: "true", effect: "NoSchedule" },
      ]);
    });
    expect(onlyResource(terraform, "google_container_node_pool").node_config).toMatchObject({
      spot: true,
      taint: [{ key: "cloud.google.com/gke-spot", value: "true", effect: "NO_SCHEDULE" }],
    });
  });

  test("is Spot where there is nothing to resume", () => {
    expect(resourceOf({ spot: "stateless" }).node_config).toMatchObject({ spot: true });
    expect(told(({ checkpoints }) => checkpoints, { spot: "stateless" })).toBeUndefined();
  });

  test("is a reservation", () => {
    expect(resourceOf({ reservation: "tpu-res" }).node_config).toMatchObject({
      reservation_affinity: {
        consume_reservation_type: "SPECIFIC_RESERVATION",
        key: "compute.googleapis.com/reservation-name",
        values: ["tpu-res"],
      },
    });
  });

  test("is what is free for some days", () => {
    expect(resourceOf({ flexStart: true, maxRunSeconds: 86_400 })).toMatchObject({
      node_config: {
        flex_start: true,
        max_run_duration: "86400s",
        reservation_affinity: { consume_reservation_type: "NO_RESERVATION" },
      },
      management: { auto_repair: false },
    });
  });

  test("is waited for until there is all of it", () => {
    expect(resourceOf({ flexStart: true, queuedProvisioning: true })).toMatchObject({
      queued_provisioning: { enabled: true },
    });
  });
});

describe("what is refused of a pool of TPUs", () => {
  test("is told all at once", () => {
    expect(
      findings((stack) =>
        pool(stack, {
          name: "Tpu_1",
          topology: "4x4",
          nodes: 2,
          zones: ["europe-west4-a", "europe-west4-b"],
        }),
      ),
    ).toEqual([
      expect.objectContaining({ property: "name", received: "Tpu_1" }),
      {
        property: "zones",
        received: ["europe-west4-a", "europe-west4-b"],
        remedy: expect.stringMatching(
          /^europe-west4-a does not offer ct5lp-hightpu-4t with tpu-v5-lite-podslice; nearest: europe-west4-b,/,
        ),
      },
      {
        property: "nodes",
        received: 2,
        remedy: 'topology "4x4" has 16 chips, ct5lp-hightpu-4t holds 4: nodes must be 4',
      },
      {
        property: "zones",
        received: ["europe-west4-a", "europe-west4-b"],
        remedy: expect.stringMatching(/^the machines of a slice are wired to each other/),
      },
    ]);
  });

  test("a region without the TPUs, with the nearest zones that have them", () => {
    const cluster = { region: "europe-north1", zones: ["europe-north1-a", "europe-north1-b"] };
    expect(findings((stack) => pool(stack, { accelerator: Accelerator.TPU_V6E }, cluster))).toEqual([
      {
        property: "zones",
        received: [],
        remedy: expect.stringMatching(
          /^none of europe-north1-a, europe-north1-b, the cluster's zones, offers ct6e-standard-4t with tpu-v6e-slice; nearest: europe-west4-a,/,
        ),
      },
    ]);
  });

  test("Spot beside a reservation, and nodes that are not the slice's, as the guide shows it", () => {
    const build = (stack: TerraformStack) =>
      pool(stack, { spot: "stateless", reservation: "tpu-res", nodes: 2 });
    expect(() => terraformOf(build)).toThrow(
      [
        "stack/Tpu: 2 findings",
        '  spot   got true: excludes reservation "tpu-res": drop one',
        '  nodes  got 2: topology "4x4" has 16 chips, ct5lp-hightpu-4t holds 4: nodes must be 4',
      ].join("\n"),
    );
  });

  test("a shape that does not exist, beside what else is wrong", () => {
    expect(
      findings((stack) => pool(stack, { topology: "3x3", name: "TPU" })).map(({ property }) => property),
    ).toEqual(["name", "topology"]);
  });
});
