import type {
  BackupSchedule,
  CpuServingPoolProps,
  GpuNodePoolProps,
  MaintenanceWindow,
  PoolScaling,
  ReleaseChannel,
  SpotTrainingPoolProps,
  TpuNodePoolProps,
} from "../constructs";

/** What an environment decides about the cluster that its models are trained and served on. */
export interface PlatformSettings {
  /**
   * Subnet of the network that the cluster lies in: one with `podsPerNode`.
   *
   * @default "clusters"
   */
  readonly subnet?: string;

  /** How soon Kubernetes' versions reach the cluster. */
  readonly releaseChannel: ReleaseChannel;

  /**
   * When GKE may upgrade the cluster.
   *
   * @default - Saturdays and Sundays from 00:00 UTC, for 8 hours
   */
  readonly maintenanceWindow?: MaintenanceWindow;

  /** Machine and size of the pool that exists first. */
  readonly systemPool: SystemPoolSize;

  /**
   * When the cluster is backed up.
   *
   * @default - never
   */
  readonly backup?: BackupSchedule;

  readonly pools: PoolSettings;
}

export interface SystemPoolSize {
  readonly machineType: string;

  /** Nodes of all zones together. */
  readonly autoscaling: PoolScaling;
}

/** Pools by name. Whatever is stated of one forces another in its place but for labels, taints, zones and scaling. */
export interface PoolSettings {
  readonly gpu: Readonly<Record<string, GpuPoolSettings>>;
  readonly tpu: Readonly<Record<string, TpuPoolSettings>>;
  readonly cpuServing: Readonly<Record<string, CpuPoolSettings>>;

  /** Their jobs keep checkpoints in the foundation's bucket for them. */
  readonly spotTraining: Readonly<Record<string, SpotPoolSettings>>;
}

type Common = "zones" | "autoscaling";

export type GpuPoolSettings = Pick<
  GpuNodePoolProps,
  | Common
  | "accelerator"
  | "perNode"
  | "machineType"
  | "spot"
  | "reservation"
  | "flexStart"
  | "sharing"
  | "migProfile"
>;

export interface TpuPoolSettings
  extends Pick<TpuNodePoolProps, Common | "accelerator" | "topology" | "reservation" | "flexStart"> {
  /**
   * Whether the nodes are Spot, and what trains on them keeps its checkpoints in the foundation's bucket.
   *
   * @default false
   */
  readonly spot?: boolean;
}

export type CpuPoolSettings = Pick<
  CpuServingPoolProps,
  Common | "instructionSet" | "vcpus" | "memoryGiB" | "machineType" | "spot"
>;

export type SpotPoolSettings = Pick<
  SpotTrainingPoolProps,
  Common | "accelerator" | "perNode" | "machineType"
>;
