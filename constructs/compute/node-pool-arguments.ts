import type {
  ContainerNodePoolConfig,
  ContainerNodePoolNodeConfig,
} from "@cdktf/provider-google/lib/container-node-pool";
import { nodeConfigIn } from "./node-config";
import type { NodePoolKind } from "./node-pool-kind";
import type { NodePoolProps } from "./node-pool-props";
import type { NodeTaint, NodeUpgrades, PoolRequest } from "./pool-request";

const taintEffects: Readonly<Record<NodeTaint["effect"], string>> = {
  NoSchedule: "NO_SCHEDULE",
  PreferNoSchedule: "PREFER_NO_SCHEDULE",
  NoExecute: "NO_EXECUTE",
};

const BLUE_GREEN_SOAK_SECONDS = 3_600;

/** A node pool as the provider wants it told, all but what it waits for. */
export function nodePoolArguments(props: NodePoolProps, kind: NodePoolKind): ContainerNodePoolConfig {
  const { cluster } = props;
  const { request } = kind;
  return {
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
  };
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
