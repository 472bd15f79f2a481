import { Token } from "cdktf";
import { isHyperdiskOnly } from "../catalog/boot-disks";
import { machineType } from "../catalog/machine-types";
import type { ICluster } from "./cluster";
import type { NodePoolProps } from "./node-pool-props";
import { SPOT_TAINT } from "./node-taints";
import { plannedPodsPerNode } from "./planned-pods";
import type { PoolRequest } from "./pool-request";
import { zonesOffering } from "./pool-zones";

const PODS_PER_NODE = 32;

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

/**
 * Those of a cluster's zones that offer a machine and what is attached to it, and those that are known at apply only; all,
 * where nothing is known of the machine.
 */
function clusterZones({ zones }: ICluster, stated: Pick<PoolRequest, "machineType" | "accelerator">) {
  const offering = zonesOffering(stated);
  return offering === undefined
    ? zones
    : zones.filter((zone) => Token.isUnresolved(zone) || offering.includes(zone));
}
