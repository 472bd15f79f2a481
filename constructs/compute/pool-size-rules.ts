import { Token } from "cdktf";
import { nodePoolCatalog } from "../catalog/node-pools";
import { regionOf } from "../catalog/regions";
import type { CombinationRule } from "./combination-rule";
import type { PoolRequest } from "./pool-request";
import { byDistance, zonesOffering } from "./pool-zones";
import { isWhole } from "./value-forms";

const autoscaler = "https://cloud.google.com/kubernetes-engine/docs/concepts/cluster-autoscaler";

const { nodesPerZoneMax } = nodePoolCatalog;

/** How many nodes a pool cannot have, and in which zones. */
export const sizeRules: readonly CombinationRule[] = [
  {
    id: "one-size",
    property: "nodes",
    refused: ({ nodes, autoscaling }) => (nodes === undefined) === (autoscaling === undefined),
    remedy: "state either nodes, for a pool of one size, or autoscaling",
    source: autoscaler,
  },
  {
    id: "nodes-whole",
    property: "nodes",
    refused: ({ nodes }) => nodes !== undefined && !isWhole(nodes, 1),
    remedy: "use a whole number, at least 1; a pool that is to be empty at times takes autoscaling",
    source: nodePoolCatalog.source,
  },
  {
    id: "nodes-in-each-zone",
    property: "nodes",
    refused: ({ nodes, zones }) => nodes !== undefined && isWhole(nodes, 1) && nodes % zones.length > 0,
    remedy: ({ nodes = 0, zones }) => {
      const fewer = nodes - (nodes % zones.length);
      const either = fewer === 0 ? `${zones.length}` : `${fewer} or ${fewer + zones.length}`;
      return `each of the ${zones.length} zones has as many: use ${either}, or fewer zones`;
    },
    source: "https://cloud.google.com/kubernetes-engine/docs/concepts/regional-clusters",
  },
  {
    id: "scaling-order",
    property: "autoscaling",
    refused: ({ autoscaling: scaling }) =>
      scaling !== undefined &&
      !(isWhole(scaling.min, 0) && isWhole(scaling.max, 1) && scaling.min <= scaling.max),
    remedy: "use whole numbers, a min of at least 0 and a max of at least 1 and no less than min",
    source: autoscaler,
  },
  {
    id: "nodes-per-zone",
    property: "zones",
    // Slices of TPUs are documented with more.
    refused: ({ kind, nodes = 0, autoscaling, zones }) =>
      kind !== "tpu" && Math.max(nodes, autoscaling?.max ?? 0) > nodesPerZoneMax * Math.max(zones.length, 1),
    remedy: `a pool has at most ${nodesPerZoneMax} nodes in a zone: use more zones, or several pools`,
    source: nodePoolCatalog.source,
  },
  {
    id: "zones-offer",
    property: "zones",
    refused: (request) => request.zones.length === 0 || zonesWithout(request).length > 0,
    remedy: (request) => {
      const { machineType: machine, accelerator, zones, cluster } = request;
      const what = accelerator === undefined ? machine : `${machine} with ${accelerator}`;
      const who =
        zones.length === 0
          ? `none of ${cluster.zones.join(", ")}, the cluster's zones, offers`
          : `${zonesWithout(request).join(", ")} ${zonesWithout(request).length === 1 ? "does" : "do"} not offer`;
      const near = byDistance(zonesOffering(request) ?? [], cluster.zones[0]).slice(0, 3);
      return `${who} ${what}; nearest: ${near.join(", ") || "none that is known"}`;
    },
    source: "https://cloud.google.com/compute/docs/gpus/gpu-regions-zones",
  },
  {
    id: "zones-of-region",
    property: "zones",
    refused: ({ zones, cluster }) => {
      const [home] = cluster.zones;
      return isKnown(home) && zones.filter(isKnown).some((zone) => regionOf(zone) !== regionOf(home));
    },
    remedy: ({ cluster }) =>
      `nodes lie in their cluster's region: use zones of ${regionOf(cluster.zones[0])}`,
    source: "https://cloud.google.com/kubernetes-engine/docs/concepts/regional-clusters",
  },
  {
    id: "zones-once",
    property: "zones",
    refused: ({ zones }) => new Set(zones).size < zones.length,
    remedy: "name each zone once",
    source: "https://cloud.google.com/kubernetes-engine/docs/concepts/regional-clusters",
  },
];

function zonesWithout(request: PoolRequest): readonly string[] {
  const offering = zonesOffering(request);
  if (offering === undefined) return [];
  return request.zones.filter((zone) => isKnown(zone) && !offering.includes(zone));
}

/** A zone that is known at apply only is not judged. */
function isKnown(zone: string): boolean {
  return !Token.isUnresolved(zone);
}
