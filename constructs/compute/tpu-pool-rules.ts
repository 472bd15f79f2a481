import { chipsOf } from "../catalog/tpu-topologies";
import type { CombinationRule } from "./combination-rule";
import type { PoolRequest } from "./pool-request";

const ABOUT_TPUS = "https://cloud.google.com/kubernetes-engine/docs/concepts/tpus";

/** What a pool of TPUs cannot combine. A slice of several machines is a unit: it is there whole, or not at all. */
export const tpuPoolRules: readonly CombinationRule[] = [
  {
    id: "tpu-slice-nodes",
    property: "nodes",
    refused: (request) =>
      isMultiHost(request) && request.nodes !== undefined && request.nodes !== sliceNodes(request),
    remedy: (request) => `${arithmetic(request)}: nodes must be ${sliceNodes(request)}`,
    source: `${ABOUT_TPUS}#node_pool`,
  },
  {
    id: "tpu-slice-autoscaling-max",
    property: "autoscaling",
    refused: (request) =>
      isMultiHost(request) &&
      request.autoscaling !== undefined &&
      request.autoscaling.max !== sliceNodes(request),
    remedy: (request) =>
      `${arithmetic(request)}: max must be ${sliceNodes(request)}, and more slices are more pools`,
    source: `${ABOUT_TPUS}#tpu-autoscaling`,
  },
  {
    id: "tpu-slice-autoscaling-min",
    property: "autoscaling",
    refused: (request) =>
      isMultiHost(request) &&
      request.autoscaling !== undefined &&
      request.autoscaling.min !== 0 &&
      request.autoscaling.min !== sliceNodes(request),
    remedy: (request) => `a slice is there whole or not at all: min must be 0 or ${sliceNodes(request)}`,
    source: `${ABOUT_TPUS}#tpu-autoscaling`,
  },
  {
    id: "tpu-slice-zone",
    property: "zones",
    refused: (request) => isMultiHost(request) && request.zones.length > 1,
    remedy:
      "the machines of a slice are wired to each other: state one zone, and a pool for each further one",
    source: `${ABOUT_TPUS}#node_pool`,
  },
  {
    id: "tpu-slice-upgrades",
    property: "upgrades",
    refused: (request) => isMultiHost(request) && request.upgrades !== "one-less",
    remedy: 'a slice takes no further node: leave upgrades at "one-less"',
    source: `${ABOUT_TPUS}#node_pool`,
  },
  {
    id: "tpu-driver",
    property: "driverVersion",
    refused: ({ driverVersion }) => driverVersion !== undefined,
    remedy: "leave it out: the driver of TPUs comes with the node's image",
    source: ABOUT_TPUS,
  },
  {
    id: "tpu-sharing",
    property: "sharing",
    refused: ({ sharing }) => sharing !== undefined,
    remedy: "leave it out: a container takes all chips of its node",
    source: ABOUT_TPUS,
  },
  {
    id: "tpu-partition",
    property: "migProfile",
    refused: ({ migProfile }) => migProfile !== undefined,
    remedy: "leave it out: a container takes all chips of its node",
    source: ABOUT_TPUS,
  },
];

/** Machines of the slice that is asked for. */
function sliceNodes({ tpuTopology, perNode }: PoolRequest): number {
  if (tpuTopology === undefined || perNode === undefined) return 1;
  return (chipsOf(tpuTopology) ?? perNode) / perNode;
}

function isMultiHost(request: PoolRequest): boolean {
  return sliceNodes(request) > 1;
}

function arithmetic({ tpuTopology = "", machineType, perNode }: PoolRequest): string {
  return `topology "${tpuTopology}" has ${chipsOf(tpuTopology)} chips, ${machineType} holds ${perNode}`;
}
