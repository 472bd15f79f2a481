import type { Accelerator } from "../catalog/accelerators";
import type { ClusterFeatures } from "./cluster";

/** Nodes of all zones together. */
export interface PoolScaling {
  readonly min: number;
  readonly max: number;
}

/** Keeps pods away from nodes that do not tolerate it. */
export interface NodeTaint {
  readonly key: string;
  readonly value: string;
  readonly effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/** How several containers share one GPU. */
export interface GpuSharing {
  /** In turns, or at once with limits to memory and threads. */
  readonly strategy: "time-sharing" | "mps";
  /** Containers per GPU, or per partition of it: 2 to 48. */
  readonly clientsMax: number;
}

/**
 * How nodes get a new version: one more before one goes, which takes a machine to spare; one goes before another comes;
 * or a second pool beside the first, until it has proved itself.
 */
export type NodeUpgrades = "surge" | "one-less" | "blue-green";

/** Disks that a node can boot from, of those that Google offers. */
export type BootDiskType = "pd-standard" | "pd-balanced" | "pd-ssd" | "hyperdisk-balanced";

/** What a node pool asks of GKE, defaults filled in: what the table of combinations judges. */
export interface PoolRequest {
  readonly kind: "cpu" | "gpu" | "tpu";
  readonly name: string;
  /** Empty where the catalog has none for what is asked, which is a finding by itself. */
  readonly machineType: string;
  readonly zones: readonly string[];

  /** Exactly one of these is stated. */
  readonly nodes?: number;
  readonly autoscaling?: PoolScaling;

  readonly accelerator?: Accelerator;
  readonly perNode?: number;
  readonly driverVersion?: "default" | "latest" | "disabled";
  readonly migProfile?: string;
  readonly sharing?: GpuSharing;

  /** Shape of a slice of TPUs, of one machine or several. */
  readonly tpuTopology?: string;

  readonly spot: boolean;
  readonly flexStart: boolean;
  readonly queuedProvisioning: boolean;
  /** Name of the reservation that the nodes come from. */
  readonly reservation?: string;
  readonly compactPlacement: boolean;
  /** Name of the resource policy by which nodes lie close together, where it is not one of GKE's own. */
  readonly placementPolicy?: string;
  readonly maxRunSeconds?: number;

  readonly gvnic: boolean;
  readonly fastSocket: boolean;
  /** Names of networks for traffic between accelerators of several machines. */
  readonly additionalNetworks: readonly string[];

  readonly bootDiskType: BootDiskType;
  readonly bootDiskGiB: number;
  readonly localSsds: number;
  /** Disk image: one, since the provider makes a disk of the first only. */
  readonly preloadedImages?: string;
  readonly minCpuPlatform?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly NodeTaint[];
  readonly maxPodsPerNode: number;
  readonly networkTags: readonly string[];

  readonly upgrades: NodeUpgrades;
  readonly autoRepair: boolean;

  readonly cluster: ClusterFeatures & {
    readonly zones: readonly string[];
    /** Pods of one node that the subnet was planned for, where that is known. */
    readonly podsPlanned?: number;
  };
}
