import type { INetwork } from "../network/private-network";
import type { ISubnet } from "../network/subnet";
import type { IEncryptionKey } from "../security/encryption-key";
import type { IImageSource } from "../storage/image-source";
import type { ReleaseChannel } from "./accelerator-cluster-checks";
import type { BackupSchedule } from "./cluster-backup";
import type { MaintenanceExclusion, MaintenanceWindow } from "./cluster-maintenance";
import type { AutoscalingProfile, NodeAutoProvisioning } from "./node-auto-provisioning";
import type { SystemPoolSettings } from "./system-pool";

export interface AcceleratorClusterProps {
  /** Name of the cluster. */
  readonly name: string;

  /** Network that the nodes are in. */
  readonly network: INetwork;

  /** Subnet of that network with ranges for pods and services, in the region of the key. */
  readonly subnet: ISubnet;

  /**
   * Key of what the cluster keeps in etcd, of its nodes' disks and of its backups. The cluster runs where its key lies.
   */
  readonly key: IEncryptionKey;

  /**
   * Zones that the nodes lie in, in order of preference: those that offer the accelerators.
   *
   * @default - all zones of the region
   */
  readonly zones?: readonly string[];

  /**
   * Repositories that the nodes pull images from.
   *
   * @default - none
   */
  readonly images?: readonly IImageSource[];

  /**
   * Account id of what the nodes run as.
   *
   * @default - the cluster's name and `-nodes`
   */
  readonly nodeAccountName?: string;

  /**
   * How soon Kubernetes' versions reach the cluster.
   *
   * @default "regular"
   */
  readonly releaseChannel?: ReleaseChannel;

  /**
   * When GKE may upgrade the cluster: 48 hours at least of any 32 days.
   *
   * @default - Saturdays and Sundays from 00:00 UTC, for 8 hours
   */
  readonly maintenanceWindow?: MaintenanceWindow;

  /**
   * Times in which GKE leaves the cluster as it is, by name.
   *
   * @default - none
   */
  readonly maintenanceExclusions?: Readonly<Record<string, MaintenanceExclusion>>;

  /**
   * Pods that a node may run. Settled when the cluster is made.
   *
   * @default - as many as the subnet was planned for; 110 where it is imported
   */
  readonly podsPerNode?: number;

  /**
   * Machine and size of the pool that exists first, where what needs no accelerator runs.
   *
   * @default - e2-standard-4; one node per zone, in three zones at most, up to four times as many
   */
  readonly systemPool?: Partial<SystemPoolSettings>;

  /**
   * Whether a node goes soon after it has little to do, or later.
   *
   * @default "optimize-utilization"
   */
  readonly autoscalingProfile?: AutoscalingProfile;

  /**
   * Limits within which GKE makes pools by itself, for pods that no declared pool takes. State it when the cluster is
   * made: stated later, the provider replaces the cluster for the key of those pools' disks. From GKE 1.33.3 on a
   * compute class gets its pools without it.
   *
   * @default - GKE makes none
   */
  readonly nodeAutoProvisioning?: NodeAutoProvisioning;

  /**
   * Images start before they are read whole.
   *
   * @default true
   */
  readonly imageStreaming?: boolean;

  /**
   * Buckets can be mounted into pods.
   *
   * @default true
   */
  readonly bucketMounts?: boolean;

  /**
   * Nodes can have further network interfaces, as machines with eight GPUs need for traffic between them.
   *
   * @default false
   */
  readonly multiNetworking?: boolean;

  /**
   * Only images that the project's Binary Authorization policy admits are run. Until there is one, that is every image.
   *
   * @default true
   */
  readonly binaryAuthorization?: boolean;

  /**
   * Ranges, by name, from which the control plane is reached at an address of the network too: `{ office:
   * "10.8.0.0/16" }`. It never has an address on the internet.
   *
   * @default - its DNS name alone, which Google's IAM guards
   */
  readonly privateEndpoint?: Readonly<Record<string, string>>;

  /**
   * Domain whose group `gke-security-groups` holds the groups that Kubernetes' access control may name.
   *
   * @default - it names accounts only
   */
  readonly groupsDomain?: string;

  /**
   * When the cluster is backed up, or false for never.
   *
   * @default - daily at 03:00 UTC, kept for 30 days
   */
  readonly backup?: BackupSchedule | false;

  /**
   * Whether GKE says on a topic of the cluster's own that it is or can be upgraded, or has a vulnerability.
   *
   * @default false
   */
  readonly upgradeNotifications?: boolean;

  /**
   * Labels of the cluster beside the stack's.
   *
   * @default - none
   */
  readonly labels?: Readonly<Record<string, string>>;

  /**
   * Whether Terraform refuses to destroy the cluster and its backups.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;
}
