import {
  ContainerNodePool,
  type ContainerNodePoolNodeConfig,
} from "@cdktf/provider-google/lib/container-node-pool";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { isHyperdiskOnly } from "../catalog/boot-disks";
import { type AcceleratorCount, machineType } from "../catalog/machine-types";
import { checkName } from "../catalog/names";
import { ConstructError, type Finding } from "../construct-error";
import { waitable } from "../kubernetes/same-stack";
import type { IWorkloadIdentity } from "../security/workload-identity";
import { checkWorkload, type HardwareRequest } from "../sizing/hardware-request";
import { isTraining } from "../sizing/hardware-rules";
import { warnOfHardware } from "../sizing/hardware-warnings";
import type { ICluster } from "./cluster";
import { type CombinationRule, checkCombinations } from "./combination-rule";
import { nodeConfigIn } from "./node-config";
import { checkNodeNetworks, type NodeNetwork } from "./node-networks";
import type { INodePool, Toleration } from "./node-pool";
import { SPOT_TAINT } from "./node-taints";
import { plannedPodsPerNode } from "./planned-pods";
import { checkPoolName, keepPoolName } from "./pool-names";
import type { BootDiskType, NodeTaint, NodeUpgrades, PoolRequest, PoolScaling } from "./pool-request";
import { poolRules } from "./pool-rules";
import { zonesOffering } from "./pool-zones";

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

/** What a kind of node pool adds to what any is. */
export interface NodePoolKind {
  readonly request: PoolRequest;

  /** Table of what this kind cannot combine, beside that of all kinds. */
  readonly rules: readonly CombinationRule[];

  /** What is not a matter of combinations. */
  readonly findings?: readonly Finding[];

  /** Name of the extended resource that a pod asks for. */
  readonly acceleratorResource?: string;

  /** Labels that GKE puts on the nodes, beside the pool's name. */
  readonly nodeSelector?: Readonly<Record<string, string>>;

  /** Taints that GKE puts there by itself, of those that Kubernetes does not tolerate by itself. */
  readonly googleTaints?: readonly NodeTaint[];

  /** Nodes that make one slice of TPUs. */
  readonly nodesPerSlice?: number;

  /** How nodes lie to one another: the shape of a slice of several. A compact placement follows from the request. */
  readonly sliceTopology?: string;

  /** Further networks, as many as the request names. */
  readonly networks?: readonly NodeNetwork[];

  readonly nodeConfig?: Partial<ContainerNodePoolNodeConfig>;
}

const taintEffects: Readonly<Record<NodeTaint["effect"], string>> = {
  NoSchedule: "NO_SCHEDULE",
  PreferNoSchedule: "PREFER_NO_SCHEDULE",
  NoExecute: "NO_EXECUTE",
};

/** Writes a node's logs and metrics. */
const NODE_ROLE = "roles/container.defaultNodeServiceAccount";

const PODS_PER_NODE = 32;

const BLUE_GREEN_SOAK_SECONDS = 3_600;

/** A node pool that this application creates. */
export abstract class ManagedNodePool extends Construct implements INodePool {
  readonly cluster: ICluster;
  readonly poolName: string;
  readonly machineType: string;
  readonly zones: readonly string[];
  readonly spot: boolean;
  readonly accelerator?: AcceleratorCount;
  readonly nodesPerSlice: number;
  readonly tpuTopology?: string;
  readonly acceleratorResource?: string;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
  readonly resource: ITerraformDependable;

  protected constructor(scope: Construct, id: string, props: NodePoolProps, kind: NodePoolKind) {
    super(scope, id);
    const { cluster } = props;
    const { request } = kind;
    ConstructError.throwIfAny(this, [
      ...checkWorkload("workload", props.workload),
      ...checkName("nodePool", "name", request.name),
      ...checkPoolName("name", request.name, cluster),
      ...(kind.findings ?? []),
      ...checkNodeNetworks("additionalNetworks", kind.networks ?? [], cluster),
      ...checkCombinations([...poolRules, ...kind.rules], request),
    ]);

    keepPoolName(request.name, cluster, this);
    this.cluster = cluster;
    this.poolName = request.name;
    this.machineType = request.machineType;
    this.zones = request.zones;
    this.spot = request.spot;
    if (request.accelerator !== undefined && request.perNode !== undefined)
      this.accelerator = { accelerator: request.accelerator, count: request.perNode };
    this.nodesPerSlice = kind.nodesPerSlice ?? 1;
    this.tpuTopology = request.tpuTopology;
    this.acceleratorResource = kind.acceleratorResource;
    this.nodeSelector = { "cloud.google.com/gke-nodepool": request.name, ...kind.nodeSelector };
    this.tolerations = [...request.taints, ...(kind.googleTaints ?? [])].map(({ key, value, effect }) => ({
      key,
      operator: "Equal",
      value,
      effect,
    }));
    if (props.workload !== undefined)
      warnOfHardware(this, {
        ...props.workload,
        machineType: this.machineType,
        accelerator: this.accelerator?.accelerator,
        count: this.accelerator?.count,
        minCpuPlatform: request.minCpuPlatform,
        machines: Math.max(this.nodesPerSlice, isTraining(props.workload) ? mostNodes(request) : 1),
      });
    this.resource = new ContainerNodePool(this, "Resource", {
      name: request.name,
      cluster: cluster.clusterId,
      location: cluster.region,
      nodeLocations: [...request.zones],
      ...sizeOf(kind),
      maxPodsPerNode: request.maxPodsPerNode,
      nodeConfig: nodeConfigOf(props, kind),
      networkConfig: {
        enablePrivateNodes: true,
        additionalNodeNetworkConfigs: stated(kind.networks ?? [])?.map(({ network, subnet }) => ({
          network: network.networkName,
          subnetwork: subnet.subnetName,
        })),
      },
      placementPolicy: placementOf(kind),
      queuedProvisioning: request.queuedProvisioning ? { enabled: true } : undefined,
      management: { autoRepair: request.autoRepair, autoUpgrade: true },
      // Google upgrades nodes with flex-start in its own way, and answers with that whatever is asked.
      upgradeSettings: request.flexStart ? undefined : upgradeSettingsOf(request.upgrades),
      timeouts: timeoutsOf(request),
      lifecycle: { ignoreChanges: ignoredChanges(kind) },
      dependsOn: waitable(this, [...cluster.ready, ...nodeGrants(props)]),
    });
  }
}

/** What an account of the pool's own needs to be a node's; the cluster grants it to its own. */
function nodeGrants({ identity }: NodePoolProps): ITerraformDependable[] {
  if (identity === undefined) return [];
  const granted = identity.node.tryFindChild(`Project ${NODE_ROLE}`) as ITerraformDependable | undefined;
  return [granted ?? identity.grantProjectRole(NODE_ROLE)];
}

/** What a pool asks for, with the defaults that hold for every kind. */
export function poolRequest(
  id: string,
  props: NodePoolProps,
  stated: Pick<PoolRequest, "kind" | "machineType"> & Partial<PoolRequest>,
): PoolRequest {
  const { cluster, name = id.toLowerCase(), spot = false, taints = [] } = props;
  const flexStart = stated.flexStart ?? false;
  const podsPlanned = plannedPodsPerNode(cluster.subnet);
  return {
    name,
    zones: props.zones ?? clusterZones(cluster, stated),
    nodes: props.nodes,
    autoscaling: props.autoscaling,
    spot,
    flexStart,
    queuedProvisioning: false,
    compactPlacement: false,
    gvnic: true,
    fastSocket: false,
    additionalNetworks: [],
    bootDiskType:
      props.bootDiskType ?? (isHyperdiskOnly(stated.machineType) ? "hyperdisk-balanced" : "pd-balanced"),
    bootDiskGiB: props.bootDiskGiB ?? (stated.kind === "gpu" ? 200 : 100),
    localSsds: props.localSsds ?? machineType(stated.machineType)?.localSsds.bundled ?? 0,
    preloadedImages: props.preloadedImages,
    labels: props.labels ?? {},
    taints: spot && !taints.some(({ key }) => key === SPOT_TAINT.key) ? [SPOT_TAINT, ...taints] : taints,
    maxPodsPerNode: props.maxPodsPerNode ?? Math.min(PODS_PER_NODE, podsPlanned ?? PODS_PER_NODE),
    networkTags: props.networkTags ?? [],
    upgrades: props.upgrades ?? (stated.kind === "cpu" ? "surge" : "one-less"),
    autoRepair: props.autoRepair ?? !flexStart,
    cluster: { ...cluster.features, zones: cluster.zones, podsPlanned },
    ...stated,
  };
}

/** Those of a cluster's zones that offer a machine and what is attached to it; all, where nothing is known of it. */
function clusterZones({ zones }: ICluster, stated: Pick<PoolRequest, "machineType" | "accelerator">) {
  const offering = zonesOffering(stated);
  return offering === undefined ? zones : zones.filter((zone) => offering.includes(zone));
}

/** The pool's nodes in total where it grows and shrinks, in each zone where it does not. */
function sizeOf({ request, sliceTopology }: NodePoolKind) {
  const { kind, spot, flexStart, nodes, autoscaling, zones } = request;
  if (autoscaling === undefined) return { nodeCount: (nodes ?? 0) / zones.length };
  const { min, max } = autoscaling;
  return {
    // Of each zone, so that no more are made at first than have to be there; none of those that are waited for.
    initialNodeCount: flexStart ? 0 : Math.floor(min / zones.length),
    autoscaling: {
      // What is scarce is where it is to be had: balanced zones would wait for the one that has none.
      locationPolicy: kind === "cpu" && !spot ? "BALANCED" : "ANY",
      // A slice comes as a whole in its one zone, and GKE takes no limits in total for it.
      ...(sliceTopology === undefined
        ? { totalMinNodeCount: min, totalMaxNodeCount: max }
        : { minNodeCount: min, maxNodeCount: max }),
    },
  };
}

function nodeConfigOf(
  props: NodePoolProps,
  { request, nodeConfig }: NodePoolKind,
): ContainerNodePoolNodeConfig {
  const { cluster, identity = cluster.nodeIdentity, secureBoot = true } = props;
  const common = nodeConfigIn(cluster, { identity, secureBoot });
  return {
    ...common,
    machineType: request.machineType,
    minCpuPlatform: request.minCpuPlatform,
    diskType: request.bootDiskType,
    diskSizeGb: request.bootDiskGiB,
    labels: Object.keys(request.labels).length > 0 ? { ...request.labels } : undefined,
    taint: stated(request.taints)?.map(({ effect, ...taint }) => ({
      ...taint,
      effect: taintEffects[effect],
    })),
    tags: stated(request.networkTags),
    spot: request.spot,
    flexStart: request.flexStart ? true : undefined,
    maxRunDuration: request.maxRunSeconds === undefined ? undefined : `${request.maxRunSeconds}s`,
    reservationAffinity: reservationAffinityOf(request),
    ...localSsdsOf(request, props.localSsdUse),
    secondaryBootDisks:
      request.preloadedImages === undefined
        ? undefined
        : [{ diskImage: request.preloadedImages, mode: "CONTAINER_IMAGE_CACHE" }],
    gvnic: { enabled: request.gvnic },
    ...nodeConfig,
    kubeletConfig: { ...common.kubeletConfig, ...nodeConfig?.kubeletConfig },
  };
}

/** A list that is left out where there is nothing in it: Google's own answer then stands. */
function stated<Entry>(list: readonly Entry[]): Entry[] | undefined {
  return list.length === 0 ? undefined : [...list];
}

function localSsdsOf({ localSsds }: PoolRequest, use: NodePoolProps["localSsdUse"] = "ephemeral-storage") {
  if (localSsds === 0) return {};
  const config = { localSsdCount: localSsds };
  return use === "raw-block"
    ? { localNvmeSsdBlockConfig: config }
    : { ephemeralStorageLocalSsdConfig: config };
}

function reservationAffinityOf({ reservation, flexStart, queuedProvisioning }: PoolRequest) {
  if (reservation !== undefined)
    return {
      consumeReservationType: "SPECIFIC_RESERVATION",
      key: "compute.googleapis.com/reservation-name",
      values: [reservation],
    };
  return flexStart || queuedProvisioning ? { consumeReservationType: "NO_RESERVATION" } : undefined;
}

function placementOf({ request, sliceTopology }: NodePoolKind) {
  if (!request.compactPlacement && sliceTopology === undefined) return undefined;
  return { type: "COMPACT", policyName: request.placementPolicy, tpuTopology: sliceTopology };
}

function upgradeSettingsOf(upgrades: NodeUpgrades) {
  if (upgrades === "surge") return { strategy: "SURGE", maxSurge: 1, maxUnavailable: 0 };
  if (upgrades === "one-less") return { strategy: "SURGE", maxSurge: 0, maxUnavailable: 1 };
  return {
    strategy: "BLUE_GREEN",
    blueGreenSettings: {
      standardRolloutPolicy: { batchNodeCount: 1, batchSoakDuration: "0s" },
      nodePoolSoakDuration: `${BLUE_GREEN_SOAK_SECONDS}s`,
    },
  };
}

/** Accelerators that are scarce come late, and what is upgraded node by node takes as long as its pods do. */
function timeoutsOf({ kind }: PoolRequest) {
  const timeout = kind === "cpu" ? "60m" : "120m";
  return { create: timeout, update: timeout, delete: timeout };
}

function ignoredChanges(kind: NodePoolKind): string[] {
  return [
    // GKE raises it by itself.
    "version",
    // Counts at birth only, and replaces the pool.
    "initial_node_count",
    ...(kind.request.autoscaling === undefined ? [] : ["node_count"]),
    // Google does not tell it back.
    ...(placementOf(kind) === undefined ? [] : ["placement_policy[0].type"]),
  ];
}

/** Those that can compute one model together. */
function mostNodes({ nodes = 1, autoscaling }: PoolRequest): number {
  return autoscaling?.max ?? nodes;
}
