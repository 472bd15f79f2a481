import type { IWorkloadIdentity } from "../security/workload-identity";
import type { HardwareRequest } from "../sizing/hardware-request";
import type { ICluster } from "./cluster";
import type { BootDiskType, NodeTaint, NodeUpgrades, PoolScaling } from "./pool-request";

/** What can be asked of a node pool of any kind. */
export interface NodePoolProps {
  /** Cluster that the nodes join. */
  readonly cluster: ICluster;

  /**
   * Name of the pool.
   *
   * @default - the construct's id in lower case
   */
  readonly name?: string;

  /**
   * Zones that the nodes lie in.
   *
   * @default - those of the cluster's zones that offer the machine and its accelerator
   */
  readonly zones?: readonly string[];

  /**
   * Nodes of all zones together, as many in each. Give this or `autoscaling`.
   *
   * @default - as `autoscaling` says
   */
  readonly nodes?: number;

  /**
   * Fewest and most nodes of all zones together, in whichever zone has them.
   *
   * @default - as `nodes` says
   */
  readonly autoscaling?: PoolScaling;

  /**
   * Whether nodes cost less and can be taken away at any moment, after half a minute's notice. They carry the taint
   * `cloud.google.com/gke-spot=true:NoSchedule`, so that only what can bear that comes to them.
   *
   * @default false
   */
  readonly spot?: boolean;

  /**
   * What a node boots from.
   *
   * @default - "hyperdisk-balanced" where the machine has no other, "pd-balanced" elsewhere
   */
  readonly bootDiskType?: BootDiskType;

  /**
   * Size of what a node boots from and keeps images on.
   *
   * @default - 200 with GPUs, whose images are large, 100 without
   */
  readonly bootDiskGiB?: number;

  /**
   * Local SSDs of a node: fast, and empty whenever a node comes.
   *
   * @default - those that come with the machine
   */
  readonly localSsds?: number;

  /**
   * What local SSDs are for: what pods write to `emptyDir` and to their own file systems, or block devices that pods ask
   * for as volumes.
   *
   * @default "ephemeral-storage"
   */
  readonly localSsdUse?: "ephemeral-storage" | "raw-block";

  /**
   * Disk image, as `projects/P/global/images/I`, of the container images that a node has from its first second. The
   * cluster has to stream images.
   *
   * @default - none
   */
  readonly preloadedImages?: string;

  /**
   * What the nodes run as. Pods run as their own workload identities. One of the pool's own is granted what a node needs,
   * and has to be granted the repositories that images come from.
   *
   * @default - the cluster's identity for nodes
   */
  readonly identity?: IWorkloadIdentity;

  /**
   * Labels that Kubernetes shows on each node, beside those that GKE puts there.
   *
   * @default - none
   */
  readonly labels?: Readonly<Record<string, string>>;

  /**
   * Taints of each node, beside those that GKE puts there.
   *
   * @default - none; that of Spot nodes where they are such
   */
  readonly taints?: readonly NodeTaint[];

  /**
   * Pods that fit on a node, which its range of addresses is cut for: 8 to 256.
   *
   * @default - 32, or as many as the cluster's subnet was planned for, where those are fewer
   */
  readonly maxPodsPerNode?: number;

  /**
   * Tags that firewall rules know the nodes by.
   *
   * @default - none
   */
  readonly networkTags?: readonly string[];

  /**
   * Whether nodes boot signed code only, the kernel's modules included. GKE's own GPU drivers are signed.
   *
   * @default true
   */
  readonly secureBoot?: boolean;

  /**
   * How nodes get a new version.
   *
   * @default - "one-less" with accelerators, which are seldom to spare, "surge" without
   */
  readonly upgrades?: NodeUpgrades;

  /**
   * Whether Google replaces a node that is not healthy.
   *
   * @default - true, but false with flex-start, which refuses it
   */
  readonly autoRepair?: boolean;

  /**
   * What runs on the nodes. Where the rules that `recommendHardware` goes by speak against them, synth warns.
   *
   * @default - nothing is judged
   */
  readonly workload?: HardwareRequest;
}
