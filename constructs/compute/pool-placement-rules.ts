import { machineType } from "../catalog/machine-types";
import { nodePoolCatalog } from "../catalog/node-pools";
import type { CombinationRule } from "./combination-rule";

const compactPlacement = "https://cloud.google.com/kubernetes-engine/docs/how-to/compact-placement";

const { compactFamilies, compactNodesMax } = nodePoolCatalog;

/** What cannot lie close together. */
export const placementRules: readonly CombinationRule[] = [
  {
    id: "compact-in-one-zone",
    property: "compactPlacement",
    refused: ({ compactPlacement, zones }) => compactPlacement && zones.length > 1,
    remedy: ({ zones }) => `what lies close together lies in one zone: use zones: ["${zones[0]}"]`,
    source: compactPlacement,
  },
  {
    id: "compact-family",
    property: "compactPlacement",
    refused: ({ kind, compactPlacement, machineType: name }) => {
      const machine = machineType(name);
      return (
        kind !== "tpu" &&
        compactPlacement &&
        machine !== undefined &&
        !compactFamilies.includes(machine.family)
      );
    },
    remedy: ({ machineType: name }) =>
      `${name} cannot lie close together; machines of ${compactFamilies.join(", ")} can`,
    source: "https://cloud.google.com/compute/docs/instances/placement-policies-overview",
  },
  {
    id: "compact-without-blue-green",
    property: "upgrades",
    refused: ({ compactPlacement, upgrades }) => compactPlacement && upgrades === "blue-green",
    remedy: 'nodes that lie close together have no second pool beside them: use "one-less" or "surge"',
    source: compactPlacement,
  },
  {
    id: "compact-nodes",
    property: "compactPlacement",
    refused: ({ compactPlacement, nodes = 0, autoscaling }) =>
      compactPlacement && Math.max(nodes, autoscaling?.max ?? 0) > compactNodesMax,
    remedy: `at most ${compactNodesMax} nodes lie close together: use several pools`,
    source: compactPlacement,
  },
];
