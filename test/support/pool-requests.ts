import { Accelerator } from "../../constructs";
import type { PoolRequest } from "../../constructs/compute/pool-request";

/** A request that no rule refuses: one L4 to a node, in three zones. */
export function l4Request(differing: Partial<PoolRequest> = {}): PoolRequest {
  const zones = ["europe-west4-a", "europe-west4-b", "europe-west4-c"];
  return {
    kind: "gpu",
    name: "l4",
    machineType: "g2-standard-4",
    zones,
    autoscaling: { min: 0, max: 8 },
    accelerator: Accelerator.NVIDIA_L4,
    perNode: 1,
    driverVersion: "default",
    spot: false,
    flexStart: false,
    queuedProvisioning: false,
    compactPlacement: false,
    gvnic: true,
    fastSocket: false,
    additionalNetworks: [],
    bootDiskType: "pd-balanced",
    bootDiskGiB: 100,
    localSsds: 0,
    labels: {},
    taints: [],
    maxPodsPerNode: 32,
    networkTags: [],
    upgrades: "one-less",
    autoRepair: true,
    cluster: { zones, imageStreaming: true, multiNetworking: true, bucketMounts: true },
    ...differing,
  };
}

/** What differs for machines with other accelerators. */
export const machines = {
  t4: { machineType: "n1-standard-4", accelerator: Accelerator.NVIDIA_T4, perNode: 1 },
  a100: {
    machineType: "a2-ultragpu-1g",
    accelerator: Accelerator.NVIDIA_A100_80GB,
    perNode: 1,
    zones: ["europe-west4-a"],
    localSsds: 1,
  },
  h100: {
    machineType: "a3-highgpu-8g",
    accelerator: Accelerator.NVIDIA_H100_80GB,
    perNode: 8,
    zones: ["europe-west4-b", "europe-west4-c"],
    localSsds: 16,
  },
  oneH100: {
    machineType: "a3-highgpu-1g",
    accelerator: Accelerator.NVIDIA_H100_80GB,
    perNode: 1,
    zones: ["europe-west4-b", "europe-west4-c"],
    localSsds: 2,
  },
  a4x: {
    machineType: "a4x-highgpu-4g",
    accelerator: Accelerator.NVIDIA_GB200,
    perNode: 4,
    zones: ["us-central1-a"],
    cluster: {
      zones: ["us-central1-a"],
      imageStreaming: true,
      multiNetworking: true,
      bucketMounts: true,
    },
    reservation: "gb200",
    bootDiskType: "hyperdisk-balanced",
    localSsds: 4,
  },
  v6e: {
    machineType: "ct6e-standard-1t",
    accelerator: Accelerator.TPU_V6E,
    perNode: 1,
    zones: ["europe-west4-a"],
  },
} as const;
