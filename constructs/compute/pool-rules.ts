import type { CombinationRule } from "./combination-rule";

/** What no node pool can combine, of whatever kind. */
export const poolRules: readonly CombinationRule[] = [
  {
    id: "one-size",
    property: "nodes",
    refused: ({ nodes, autoscaling }) => (nodes === undefined) === (autoscaling === undefined),
    remedy: "state either nodes, for a pool of one size, or autoscaling",
    source: "https://cloud.google.com/kubernetes-engine/docs/concepts/cluster-autoscaler",
  },
];
