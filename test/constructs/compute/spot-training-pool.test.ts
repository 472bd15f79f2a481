import type { TerraformStack } from "cdktf";
import {
  Accelerator,
  CheckpointBucket,
  SpotTrainingPool,
  type SpotTrainingPoolProps,
} from "../../../constructs";
import { someCluster } from "../../support/cluster";
import { findings, onlyResource, resources, terraformOf } from "../../support/terraform";

function pool(stack: TerraformStack, props: Partial<SpotTrainingPoolProps> = {}): SpotTrainingPool {
  const cluster = someCluster(stack);
  const { key } = cluster;
  return new SpotTrainingPool(stack, "H100", {
    cluster,
    accelerator: Accelerator.NVIDIA_H100_80GB,
    perNode: 8,
    checkpoints: new CheckpointBucket(stack, "Checkpoints", { name: "some-project-checkpoints", key }),
    ...props,
  });
}

function nodePool(props: Partial<SpotTrainingPoolProps> = {}) {
  const terraform = terraformOf((stack) => {
    pool(stack, props);
  });
  return onlyResource(terraform, "google_container_node_pool");
}

describe("a pool for training on Spot", () => {
  test("has Spot nodes that only what tolerates them comes to", () => {
    expect(nodePool()).toMatchObject({
      name: "h100",
      node_config: {
        machine_type: "a3-highgpu-8g",
        spot: true,
        taint: [{ key: "cloud.google.com/gke-spot", value: "true", effect: "NO_SCHEDULE" }],
      },
    });
  });

  test("costs nothing while no job runs", () => {
    expect(nodePool()).toMatchObject({
      initial_node_count: 0,
      autoscaling: { total_min_node_count: 0, total_max_node_count: 8, location_policy: "ANY" },
    });
  });

  test("has as many nodes as asked", () => {
    expect(nodePool({ autoscaling: { min: 0, max: 32 } })).toMatchObject({
      autoscaling: { total_max_node_count: 32 },
    });
    const fixed = nodePool({ nodes: 2 });
    expect(fixed).toMatchObject({ node_count: 1 });
    expect(fixed).not.toHaveProperty("autoscaling");
  });

  test("tells jobs where checkpoints go, what to tolerate and what to ask for", () => {
    terraformOf((stack) => {
      const made = pool(stack);
      expect(made.checkpoints).toBe(stack.node.tryFindChild("Checkpoints"));
      expect(made).toMatchObject({
        spot: true,
        accelerator: { accelerator: "nvidia-h100-80gb", count: 8 },
        acceleratorResource: "nvidia.com/gpu",
        nodeSelector: {
          "cloud.google.com/gke-nodepool": "h100",
          "cloud.google.com/gke-accelerator": "nvidia-h100-80gb",
        },
        tolerations: [
          { key: "cloud.google.com/gke-spot", operator: "Equal", value: "true", effect: "NoSchedule" },
        ],
      });
    });
  });

  test("grants its nodes nothing of the checkpoints", () => {
    const terraform = terraformOf((stack) => {
      pool(stack);
    });
    expect(resources(terraform, "google_storage_bucket_iam_member")).toEqual([]);
  });

  test("cannot be had without checkpoints, neither of the compiler nor without it", () => {
    const received = findings((stack) => {
      const cluster = someCluster(stack);
      // @ts-expect-error no checkpoints
      new SpotTrainingPool(stack, "H100", { cluster, accelerator: Accelerator.NVIDIA_H100_80GB, perNode: 8 });
    });
    expect(received).toEqual([
      {
        property: "checkpoints",
        received: undefined,
        remedy: "state the CheckpointBucket that jobs go on from: a Spot node can go at any moment",
      },
    ]);
  });

  test("is Spot without being asked, and cannot be asked to be anything else", () => {
    // @ts-expect-error not a choice
    expect(nodePool({ spot: false })).toMatchObject({ node_config: { spot: true } });
  });

  test("refuses what a pool of GPUs cannot combine", () => {
    const received = findings((stack) => {
      pool(stack, { nodes: 3, perNode: 5, autoscaling: { min: 2, max: 1 } });
    });
    expect(received.map(({ property }) => property).sort()).toEqual([
      "autoscaling",
      "nodes",
      "nodes",
      "perNode",
    ]);
  });

  test("refuses machines that are not to be had as Spot, whatever else it is told", () => {
    const smuggled = { reservation: "h100-res", flexStart: true } as Partial<SpotTrainingPoolProps>;
    expect(
      findings((stack) => {
        pool(stack, smuggled);
      }).map(({ property }) => property),
    ).toEqual(["spot", "spot", "flexStart"]);
  });
});
