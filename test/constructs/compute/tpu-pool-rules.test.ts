import { Accelerator } from "../../../constructs";
import { checkCombinations } from "../../../constructs/compute/combination-rule";
import type { PoolRequest } from "../../../constructs/compute/pool-request";
import { tpuPoolRules } from "../../../constructs/compute/tpu-pool-rules";
import { l4Request } from "../../support/pool-requests";

/** A slice of four machines that nothing is wrong with. */
const slice = l4Request({
  kind: "tpu",
  name: "tpu",
  machineType: "ct5lp-hightpu-4t",
  accelerator: Accelerator.TPU_V5E,
  perNode: 4,
  driverVersion: undefined,
  tpuTopology: "4x4",
  zones: ["europe-west4-b"],
  nodes: 4,
  autoscaling: undefined,
});

/** Slices of one machine each. */
const single: Partial<PoolRequest> = { machineType: "ct5lp-hightpu-8t", perNode: 8, tpuTopology: "2x4" };

const between = (min: number, max: number): Partial<PoolRequest> => ({
  nodes: undefined,
  autoscaling: { min, max },
});

interface Row {
  readonly id: string;
  readonly refused: Partial<PoolRequest>;
  readonly property: keyof PoolRequest;
  readonly remedy: string;
  readonly passes: Partial<PoolRequest>;
}

const rows: readonly Row[] = [
  {
    id: "tpu-slice-nodes",
    refused: { nodes: 2 },
    property: "nodes",
    remedy: 'topology "4x4" has 16 chips, ct5lp-hightpu-4t holds 4: nodes must be 4',
    passes: { ...single, nodes: 2 },
  },
  {
    id: "tpu-slice-autoscaling-max",
    refused: between(0, 8),
    property: "autoscaling",
    remedy:
      'topology "4x4" has 16 chips, ct5lp-hightpu-4t holds 4: max must be 4, and more slices are more pools',
    passes: { ...single, ...between(0, 8) },
  },
  {
    id: "tpu-slice-autoscaling-min",
    refused: between(1, 4),
    property: "autoscaling",
    remedy: "a slice is there whole or not at all: min must be 0 or 4",
    passes: between(4, 4),
  },
  {
    id: "tpu-slice-zone",
    refused: { zones: ["us-central1-a", "us-central1-b"] },
    property: "zones",
    remedy:
      "the machines of a slice are wired to each other: state one zone, and a pool for each further one",
    passes: { ...single, zones: ["us-central1-a", "us-central1-b"] },
  },
  {
    id: "tpu-slice-upgrades",
    refused: { upgrades: "surge" },
    property: "upgrades",
    remedy: 'a slice takes no further node: leave upgrades at "one-less"',
    passes: { ...single, upgrades: "surge" },
  },
  {
    id: "tpu-driver",
    refused: { driverVersion: "latest" },
    property: "driverVersion",
    remedy: "leave it out: the driver of TPUs comes with the node's image",
    passes: {},
  },
  {
    id: "tpu-sharing",
    refused: { sharing: { strategy: "mps", clientsMax: 2 } },
    property: "sharing",
    remedy: "leave it out: a container takes all chips of its node",
    passes: {},
  },
  {
    id: "tpu-partition",
    refused: { migProfile: "1g.5gb" },
    property: "migProfile",
    remedy: "leave it out: a container takes all chips of its node",
    passes: {},
  },
];

function requestOf(stated: Partial<PoolRequest>): PoolRequest {
  return { ...slice, ...stated };
}

describe("the table of what a pool of TPUs cannot combine", () => {
  test("is tested row by row", () => {
    expect(rows.map(({ id }) => id)).toEqual(tpuPoolRules.map(({ id }) => id));
  });

  test("names a source for each row", () => {
    expect(tpuPoolRules.map(({ source }) => source)).toEqual(
      tpuPoolRules.map(() => expect.stringMatching(/^https:\/\/cloud\.google\.com\//)),
    );
  });

  test.each(rows.map((row) => [row.id, row] as const))("refuses, and says what to do: %s", (_, row) => {
    const request = requestOf(row.refused);
    expect(checkCombinations(tpuPoolRules, request)).toEqual([
      { property: row.property, received: request[row.property], remedy: row.remedy },
    ]);
  });

  test.each(rows.map((row) => [row.id, row] as const))("lets what is right pass: %s", (_, row) => {
    expect(checkCombinations(tpuPoolRules, requestOf(row.passes))).toEqual([]);
  });

  test("reports every row that is broken", () => {
    const broken = requestOf({ ...between(1, 2), upgrades: "surge", zones: ["a-b-c", "a-b-d"] });
    expect(checkCombinations(tpuPoolRules, broken).map(({ property }) => property)).toEqual([
      "autoscaling",
      "autoscaling",
      "zones",
      "upgrades",
    ]);
  });
});
