import { Accelerator } from "../../../constructs";
import { machineType } from "../../../constructs/catalog/machine-types";
import { type TpuAccelerator, tpuGenerations } from "../../../constructs/catalog/tpu-topologies";
import { checkTpuSlice, findTpuSlice, tpuSlices } from "../../../constructs/compute/tpu-slice";

const { TPU_V4, TPU_V5E, TPU_V5P, TPU_V6E } = Accelerator;

const shapes = tpuGenerations().flatMap((generation) =>
  generation.machines.flatMap((machine) => [
    ...machine.singleHost.map((topology) => ({ ...generation, ...machine, topology, isMultiHost: false })),
    ...machine.multiHost.map((topology) => ({ ...generation, ...machine, topology, isMultiHost: true })),
  ]),
);

/**
 * Written down from https://cloud.google.com/kubernetes-engine/docs/concepts/plan-tpus and
 * https://cloud.google.com/tpu/docs/v5p, read on 2026-11-21, and not from the catalog.
 */
const known: readonly (readonly [TpuAccelerator, string, string, number, number])[] = [
  [TPU_V5E, "1x1", "ct5lp-hightpu-1t", 1, 1],
  [TPU_V5E, "2x2", "ct5lp-hightpu-4t", 4, 1],
  [TPU_V5E, "2x4", "ct5lp-hightpu-8t", 8, 1],
  [TPU_V5E, "2x4", "ct5lp-hightpu-4t", 8, 2],
  [TPU_V5E, "4x4", "ct5lp-hightpu-4t", 16, 4],
  [TPU_V5E, "4x8", "ct5lp-hightpu-4t", 32, 8],
  [TPU_V5E, "8x8", "ct5lp-hightpu-4t", 64, 16],
  [TPU_V5E, "8x16", "ct5lp-hightpu-4t", 128, 32],
  [TPU_V5E, "16x16", "ct5lp-hightpu-4t", 256, 64],
  [TPU_V6E, "1x1", "ct6e-standard-1t", 1, 1],
  [TPU_V6E, "2x2", "ct6e-standard-4t", 4, 1],
  [TPU_V6E, "2x4", "ct6e-standard-8t", 8, 1],
  [TPU_V6E, "2x4", "ct6e-standard-4t", 8, 2],
  [TPU_V6E, "4x4", "ct6e-standard-4t", 16, 4],
  [TPU_V6E, "4x8", "ct6e-standard-4t", 32, 8],
  [TPU_V6E, "8x8", "ct6e-standard-4t", 64, 16],
  [TPU_V6E, "8x16", "ct6e-standard-4t", 128, 32],
  [TPU_V6E, "16x16", "ct6e-standard-4t", 256, 64],
  [TPU_V4, "2x2x1", "ct4p-hightpu-4t", 4, 1],
  [TPU_V4, "2x2x2", "ct4p-hightpu-4t", 8, 2],
  [TPU_V4, "2x2x4", "ct4p-hightpu-4t", 16, 4],
  [TPU_V4, "2x4x4", "ct4p-hightpu-4t", 32, 8],
  [TPU_V4, "4x4x4", "ct4p-hightpu-4t", 64, 16],
  [TPU_V4, "4x4x8", "ct4p-hightpu-4t", 128, 32],
  [TPU_V4, "4x8x8", "ct4p-hightpu-4t", 256, 64],
  [TPU_V4, "8x8x8", "ct4p-hightpu-4t", 512, 128],
  [TPU_V4, "8x8x12", "ct4p-hightpu-4t", 768, 192],
  [TPU_V4, "8x8x16", "ct4p-hightpu-4t", 1_024, 256],
  [TPU_V4, "8x16x16", "ct4p-hightpu-4t", 2_048, 512],
  [TPU_V4, "12x16x16", "ct4p-hightpu-4t", 3_072, 768],
  [TPU_V5P, "2x2x1", "ct5p-hightpu-4t", 4, 1],
  [TPU_V5P, "2x2x2", "ct5p-hightpu-4t", 8, 2],
  [TPU_V5P, "2x2x4", "ct5p-hightpu-4t", 16, 4],
  [TPU_V5P, "2x4x4", "ct5p-hightpu-4t", 32, 8],
  [TPU_V5P, "4x4x4", "ct5p-hightpu-4t", 64, 16],
  [TPU_V5P, "4x4x8", "ct5p-hightpu-4t", 128, 32],
  [TPU_V5P, "4x8x8", "ct5p-hightpu-4t", 256, 64],
  [TPU_V5P, "8x8x8", "ct5p-hightpu-4t", 512, 128],
  [TPU_V5P, "8x8x16", "ct5p-hightpu-4t", 1_024, 256],
  [TPU_V5P, "8x16x16", "ct5p-hightpu-4t", 2_048, 512],
  [TPU_V5P, "16x16x16", "ct5p-hightpu-4t", 4_096, 1_024],
  [TPU_V5P, "16x16x24", "ct5p-hightpu-4t", 6_144, 1_536],
  // Listed by none of the tables, and yet made of whole cubes.
  [TPU_V4, "4x4x12", "ct4p-hightpu-4t", 192, 48],
  [TPU_V5P, "4x8x16", "ct5p-hightpu-4t", 512, 128],
];

describe("a shape of the catalog", () => {
  test.each(shapes.map((shape) => [shape.accelerator, shape.topology, shape.machineType, shape] as const))(
    "is a whole number of machines, %s %s of %s",
    (accelerator, topology, name, { chips: chipsPerNode, isMultiHost, dimensions }) => {
      const axes = topology.split("x").map(Number);
      let chips = 1;
      for (const axis of axes) chips *= axis;
      const slice = findTpuSlice({ accelerator, topology, chipsPerNode });
      expect(axes).toHaveLength(dimensions);
      expect(slice).toEqual({
        accelerator,
        topology,
        machineType: name,
        chips,
        chipsPerNode,
        nodes: isMultiHost ? chips / chipsPerNode : 1,
      });
      expect(Number.isInteger(slice?.nodes)).toBe(true);
      expect((slice?.nodes ?? 0) > 1).toBe(isMultiHost);
      expect((slice?.nodes ?? 0) * chipsPerNode).toBe(chips);
      expect(machineType(name)?.attached).toEqual({ accelerator, count: chipsPerNode });
    },
  );
});

describe("a shape that Google documents", () => {
  test.each(known)("is the slice that it says, %s %s of %s", (...row) => {
    const [accelerator, topology, name, chips, nodes] = row;
    expect(findTpuSlice({ accelerator, topology, chipsPerNode: chips / nodes })).toEqual({
      accelerator,
      topology,
      machineType: name,
      chips,
      chipsPerNode: chips / nodes,
      nodes,
    });
  });

  test.each([TPU_V5E, TPU_V6E])("is every one that the catalog has, of %s", (accelerator) => {
    const documented = known
      .filter(([of]) => of === accelerator)
      .map(([, topology, name]) => [topology, name]);
    const listed = tpuSlices(accelerator).map(({ topology, machineType }) => [topology, machineType]);
    expect(listed.sort()).toEqual(documented.sort());
  });
});

describe("of several machines that make a shape", () => {
  test("the largest is taken, which needs no other", () => {
    expect(findTpuSlice({ accelerator: TPU_V5E, topology: "2x4" })).toMatchObject({
      machineType: "ct5lp-hightpu-8t",
      nodes: 1,
    });
  });
});

describe("what is refused of a slice", () => {
  test("an accelerator that is no TPU", () => {
    expect(checkTpuSlice({ accelerator: "tpu-v5-lite-podslise" as TpuAccelerator, topology: "2x4" })).toEqual(
      [
        {
          property: "accelerator",
          received: "tpu-v5-lite-podslise",
          remedy: expect.stringMatching(/^did you mean "tpu-v5-lite-podslice"\? Use one of tpu-/),
        },
      ],
    );
  });

  test.each([
    ["4x2", 'state its axes in Google\'s order: "2x4"'],
    ["4x5", 'did you mean "4x4"? tpu-v5-lite-podslice comes as 1x1, 2x2, 2x4, 4x4, 4x8, 8x8, 8x16, 16x16'],
    ["4x4x4", 'did you mean "4x4"? tpu-v5-lite-podslice comes as 1x1, 2x2, 2x4, 4x4, 4x8, 8x8, 8x16, 16x16'],
    ["eight", "tpu-v5-lite-podslice comes as 1x1, 2x2, 2x4, 4x4, 4x8, 8x8, 8x16, 16x16"],
  ])("a shape that it does not come in, %s", (topology, remedy) => {
    expect(checkTpuSlice({ accelerator: TPU_V5E, topology })).toEqual([
      { property: "topology", received: topology, remedy },
    ]);
  });

  test.each([
    ["16x4x8", 'state its axes in Google\'s order: "4x8x16"'],
    ["1x2x2", 'state its axes in Google\'s order: "2x2x1"'],
    [
      "4x4x6",
      'did you mean "4x4x4"? tpu-v4-podslice comes as 2x2x4, 2x4x4, 4x4x4, 4x4x8, 4x8x8, 8x8x8, 8x8x12, 8x8x16, or with ascending multiples of 4 up to 12x16x16',
    ],
    ["16x16x16", expect.stringMatching(/up to 12x16x16$/)],
  ])("a shape that three axes do not make, %s", (topology, remedy) => {
    expect(checkTpuSlice({ accelerator: TPU_V4, topology })).toEqual([
      { property: "topology", received: topology, remedy },
    ]);
  });

  test("machines that do not make the shape", () => {
    expect(checkTpuSlice({ accelerator: TPU_V5E, topology: "4x4", chipsPerNode: 8 })).toEqual([
      {
        property: "chipsPerNode",
        received: 8,
        remedy: "a slice of 4x4 is made of machines with 4 (ct5lp-hightpu-4t)",
      },
    ]);
    expect(checkTpuSlice({ accelerator: TPU_V5E, topology: "2x4", chipsPerNode: 1 })).toEqual([
      {
        property: "chipsPerNode",
        received: 1,
        remedy: "a slice of 2x4 is made of machines with 4 (ct5lp-hightpu-4t) or 8 (ct5lp-hightpu-8t)",
      },
    ]);
  });

  test("nothing of one that exists", () => {
    expect(checkTpuSlice({ accelerator: TPU_V6E, topology: "16x16" })).toEqual([]);
  });
});
