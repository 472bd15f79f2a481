import { nodePoolCatalog } from "../catalog/node-pools";
import type { CombinationRule } from "./combination-rule";
import { isWhole, isWithin } from "./value-forms";

const { podsPerNode } = nodePoolCatalog;

/** Networks and addresses of pods that nodes cannot have. */
export const networkRules: readonly CombinationRule[] = [
  {
    id: "multi-networking",
    property: "additionalNetworks",
    refused: ({ additionalNetworks, cluster }) => additionalNetworks.length > 0 && !cluster.multiNetworking,
    remedy:
      "nodes have further networks only where the cluster has multi-networking, and with it Dataplane V2: turn on its multiNetworking, or leave it out",
    source: "https://cloud.google.com/kubernetes-engine/docs/how-to/setup-multinetwork-support-for-pods",
  },
  {
    id: "pods-per-node",
    property: "maxPodsPerNode",
    refused: ({ maxPodsPerNode: pods }) => !(isWhole(pods, 1) && isWithin(pods, podsPerNode)),
    remedy: `use a whole number, ${podsPerNode.min} to ${podsPerNode.max}`,
    source: "https://cloud.google.com/kubernetes-engine/docs/how-to/flexible-pod-cidr",
  },
  {
    id: "pods-within-plan",
    property: "maxPodsPerNode",
    refused: ({ maxPodsPerNode: pods, cluster: { podsPlanned } }) =>
      isWhole(pods, 1) && isWithin(pods, podsPerNode) && podsPlanned !== undefined && pods > podsPlanned,
    remedy: ({ maxPodsPerNode: pods, cluster: { podsPlanned } }) =>
      `use at most ${podsPlanned}, which the subnet was planned for, or plan it with podsPerNode ${pods}`,
    source: "https://cloud.google.com/kubernetes-engine/docs/how-to/flexible-pod-cidr",
  },
];
