import { type TerraformStack, Token } from "cdktf";
import fc from "fast-check";
import {
  Accelerator,
  type CapacityRequest,
  ConstructError,
  planCapacity,
  regions,
  requireCapacity,
} from "../../../constructs";
import { findZones } from "../../../constructs/catalog/accelerators";
import { type MachineType, machineTypes, zonesOfMachine } from "../../../constructs/catalog/machine-types";
import { type PublicModel, publicModels } from "../../support/public-models";
import { findings } from "../../support/terraform";

const GIB = 1024 ** 3;

/** What a model's authors publish, and the same number by hand from its config.json. */
const parameters: readonly (readonly [PublicModel, number, number])[] = [
  // embedding and head; then of each layer q and o, k and v, gate, up and down, two norms; the last norm
  [
    "llama3_8b",
    8_030_261_248,
    2 * 128_256 * 4_096 +
      32 * (2 * 4_096 * 4_096 + 2 * 4_096 * 1_024 + 3 * 4_096 * 14_336 + 2 * 4_096) +
      4_096,
  ],
  [
    "llama3_70b",
    70_553_706_496,
    2 * 128_256 * 8_192 +
      80 * (2 * 8_192 * 8_192 + 2 * 8_192 * 1_024 + 3 * 8_192 * 28_672 + 2 * 8_192) +
      8_192,
  ],
  // tied; heads of 256 make q and o 4,096 wide; four norms
  [
    "gemma2_9b",
    9_241_705_984,
    256_000 * 3_584 + 42 * (2 * 3_584 * 4_096 + 2 * 3_584 * 2_048 + 3 * 3_584 * 14_336 + 4 * 3_584) + 3_584,
  ],
  [
    "mistral_7b",
    7_241_732_096,
    2 * 32_000 * 4_096 +
      32 * (2 * 4_096 * 4_096 + 2 * 4_096 * 1_024 + 3 * 4_096 * 14_336 + 2 * 4_096) +
      4_096,
  ],
  // tied; q, k and v have biases
  [
    "qwen25_05b",
    494_032_768,
    151_936 * 896 + 24 * (2 * 896 * 896 + 896 + 2 * (896 * 128 + 128) + 3 * 896 * 4_864 + 2 * 896) + 896,
  ],
  [
    "qwen25_32b",
    32_763_876_352,
    2 * 152_064 * 5_120 +
      64 * (2 * 5_120 * 5_120 + 5_120 + 2 * (5_120 * 1_024 + 1_024) + 3 * 5_120 * 27_648 + 2 * 5_120) +
      5_120,
  ],
  // norms of 128 for each head's query and key
  [
    "qwen3_8b",
    8_190_735_360,
    2 * 151_936 * 4_096 +
      36 * (2 * 4_096 * 4_096 + 2 * 4_096 * 1_024 + 2 * 128 + 3 * 4_096 * 12_288 + 2 * 4_096) +
      4_096,
  ],
  // tied, four norms, norms for queries and keys
  [
    "gemma3_1b",
    999_885_952,
    262_144 * 1_152 +
      26 * (2 * 1_152 * 1_024 + 2 * 1_152 * 256 + 2 * 256 + 3 * 1_152 * 6_912 + 4 * 1_152) +
      1_152,
  ],
  // q, k and v are one matrix and gate and up another
  [
    "phi3_mini",
    3_821_079_552,
    2 * 32_064 * 3_072 +
      32 * (9_216 * 3_072 + 3_072 * 3_072 + 16_384 * 3_072 + 8_192 * 3_072 + 2 * 3_072) +
      3_072,
  ],
  // eight MLPs and what routes to them
  [
    "mixtral_8x7b",
    46_702_792_704,
    2 * 32_000 * 4_096 +
      32 * (2 * 4_096 * 4_096 + 2 * 4_096 * 1_024 + 8 * 3 * 4_096 * 14_336 + 8 * 4_096 + 2 * 4_096) +
      4_096,
  ],
  // sixty MLPs, one that every token passes, and what weighs that one
  [
    "qwen15_moe",
    14_315_784_192,
    2 * 151_936 * 2_048 +
      24 *
        (4 * 2_048 * 2_048 +
          3 * 2_048 +
          60 * 3 * 2_048 * 1_408 +
          60 * 2_048 +
          3 * 2_048 * 5_632 +
          2_048 +
          2 * 2_048) +
      2_048,
  ],
  [
    "qwen3_30b",
    30_532_122_624,
    2 * 151_936 * 2_048 +
      48 * (2 * 2_048 * 4_096 + 2 * 2_048 * 512 + 2 * 128 + 128 * 3 * 2_048 * 768 + 128 * 2_048 + 2 * 2_048) +
      2_048,
  ],
];

describe("the parameters of a model", () => {
  test.each(parameters)("are what its authors publish: %s has %i", (model, published, byHand) => {
    expect(byHand).toBe(published);
    const { parameters: planned } = planCapacity({
      config: publicModels[model],
      accelerator: Accelerator.NVIDIA_L4,
    });
    expect(planned).toBe(published);
  });
});

/** 2 (keys and values) x layers x heads of keys and values x head dimension x 2 bytes. */
const perToken: readonly (readonly [PublicModel, number])[] = [
  ["llama3_8b", 2 * 32 * 8 * 128 * 2], // 131,072
  ["llama3_70b", 2 * 80 * 8 * 128 * 2], // 327,680
  ["gemma2_9b", 2 * 42 * 8 * 256 * 2], // 344,064
  ["mistral_7b", 2 * 32 * 8 * 128 * 2], // 131,072
  ["qwen25_05b", 2 * 24 * 2 * 64 * 2], // 12,288
  ["qwen25_32b", 2 * 64 * 8 * 128 * 2], // 262,144
  ["gemma3_1b", 2 * 26 * 1 * 256 * 2], // 26,624
  ["phi3_mini", 2 * 32 * 32 * 96 * 2], // 393,216
  ["qwen3_30b", 2 * 48 * 4 * 128 * 2], // 98,304
];

describe("the KV cache of a model", () => {
  test.each(perToken)("takes the bytes of its keys and values: %s, %i a token", (model, bytes) => {
    const plan = planCapacity({ config: publicModels[model], accelerator: Accelerator.NVIDIA_L4 });
    expect(plan.kvBytesPerToken).toBe(bytes);
    expect(plan.blockBytes).toBe(16 * bytes);
  });

  test("takes 131,072 bytes a token of Llama 3 8B", () => {
    const request = { config: publicModels.llama3_8b, accelerator: Accelerator.NVIDIA_L4 };
    expect(planCapacity(request).kvBytesPerToken).toBe(131_072);
    expect(planCapacity({ ...request, kvCachePrecision: "fp8" }).kvBytesPerToken).toBe(65_536);
    expect(planCapacity({ ...request, kvCachePrecision: "fp32" }).kvBytesPerToken).toBe(262_144);
  });

  test("is in whole blocks", () => {
    const request = {
      config: publicModels.llama3_8b,
      accelerator: Accelerator.NVIDIA_L4,
      maxModelLen: 1_000,
    };
    expect(planCapacity(request)).toMatchObject({ blocksPerSequence: 63, sequenceBytes: 63 * 16 * 131_072 });
    expect(planCapacity({ ...request, blockSize: 32 })).toMatchObject({
      blocksPerSequence: 32,
      sequenceBytes: 32 * 32 * 131_072,
    });
  });

  test("keeps every token of layers with a window, unless it is said to end with the window", () => {
    const request = {
      config: publicModels.gemma2_9b,
      accelerator: Accelerator.NVIDIA_L4,
      maxModelLen: 8_192,
    };
    const ofLayer = 2 * 8 * 256 * 2;
    expect(planCapacity(request).sequenceBytes).toBe(42 * 8_192 * ofLayer);
    // Half of the layers see 4,096 tokens, which reach into one block more.
    expect(planCapacity({ ...request, slidingWindowCache: "bounded" }).sequenceBytes).toBe(
      (21 * 8_192 + 21 * (4_096 + 16)) * ofLayer,
    );
    const shorter = { ...request, maxModelLen: 2_048 };
    expect(planCapacity({ ...shorter, slidingWindowCache: "bounded" }).sequenceBytes).toBe(
      planCapacity(shorter).sequenceBytes,
    );
  });
});

describe("the weights of a model", () => {
  const embedding = 128_256 * 4_096;
  const norms = 65 * 4_096;
  const linear = 8_030_261_248 - 2 * embedding - norms;
  /** Outputs of q, k, v, o, gate, up and down. */
  const outputs = 32 * (4_096 + 1_024 + 1_024 + 4_096 + 2 * 14_336 + 4_096);

  test.each([
    ["fp32", 4 * 8_030_261_248],
    ["bf16", 2 * 8_030_261_248],
    ["fp16", 2 * 8_030_261_248],
    // Embedding, head and norms stay in 16 bits; each output has a float32 scale.
    ["fp8", 2 * (2 * embedding + norms) + linear + 4 * outputs],
    ["int8", 2 * (2 * embedding + norms) + linear + 4 * outputs],
    // Each 128 weights have a 16-bit scale.
    ["int4", 2 * (2 * embedding + norms) + linear / 2 + (linear / 128) * 2],
  ] as const)("take what is stored of them in %s", (weights, bytes) => {
    const config = publicModels.llama3_8b;
    expect(planCapacity({ config, weights, accelerator: Accelerator.NVIDIA_A100_80GB }).weightBytes).toBe(
      bytes,
    );
  });

  test("are in float16 on accelerators that do not compute in bfloat16, unless stated", () => {
    const request = { config: publicModels.mistral_7b, accelerator: Accelerator.NVIDIA_T4 };
    expect(planCapacity(request)).toMatchObject({ weights: "fp16", weightBytes: 2 * 7_241_732_096 });
    expect(planCapacity({ ...request, weights: "bf16" }).weights).toBe("bf16");
    expect(planCapacity({ ...request, accelerator: Accelerator.NVIDIA_L4 }).weights).toBe("bf16");
  });

  test("are read in the precision that the checkpoint states, in the spelling of transformers 4 or 5", () => {
    const { torch_dtype, ...config } = publicModels.qwen25_05b;
    const accelerator = Accelerator.NVIDIA_L4;
    expect(planCapacity({ config: { ...config, torch_dtype }, accelerator }).weights).toBe("bf16");
    expect(planCapacity({ config: { ...config, dtype: "float32" }, accelerator })).toMatchObject({
      weights: "fp32",
      weightBytes: 4 * 494_032_768,
      kvBytesPerToken: 24_576,
    });
  });
});

/** Sequences that fit, by hand: (memory x 0.9 - weights) / (tokens x bytes a token), rounded down. */
const capacities: readonly (readonly [
  PublicModel,
  Partial<CapacityRequest>,
  { available: number; sequences: number },
])[] = [
  // 21.6 GiB - 14.96 GiB = 6.64 GiB, of which a sequence takes 1 GiB
  ["llama3_8b", { maxModelLen: 8_192 }, { available: 21.6, sequences: 6 }],
  // 4 x 72 GiB - 131.42 GiB = 156.58 GiB, of which a sequence takes 2.5 GiB
  [
    "llama3_70b",
    { accelerator: Accelerator.NVIDIA_H100_80GB, perReplica: 4, maxModelLen: 8_192 },
    { available: 288, sequences: 62 },
  ],
  // 21.6 GiB - 17.21 GiB = 4.39 GiB, of which a sequence takes 0.656 GiB
  ["gemma2_9b", { maxModelLen: 2_048 }, { available: 21.6, sequences: 6 }],
  // 21.6 GiB - 13.49 GiB = 8.11 GiB, of which a sequence takes 4 GiB
  ["mistral_7b", { maxModelLen: 32_768 }, { available: 21.6, sequences: 2 }],
  // 21.6 GiB - 0.92 GiB = 20.68 GiB, of which a sequence takes 0.375 GiB
  ["qwen25_05b", { maxModelLen: 32_768 }, { available: 21.6, sequences: 55 }],
  // 72 GiB - 61.03 GiB = 10.97 GiB, of which a sequence takes 2 GiB
  [
    "qwen25_32b",
    { accelerator: Accelerator.NVIDIA_A100_80GB, maxModelLen: 8_192 },
    { available: 72, sequences: 5 },
  ],
  // 36 GiB - 43.49 GiB x 2 is nothing
  [
    "mixtral_8x7b",
    { accelerator: Accelerator.NVIDIA_A100_40GB, maxModelLen: 4_096 },
    { available: 36, sequences: 0 },
  ],
];

describe("what fits beside the weights", () => {
  test.each(capacities)("are so many sequences: %s %j", (model, request, { available, sequences }) => {
    const config = publicModels[model];
    const plan = planCapacity({ config, accelerator: Accelerator.NVIDIA_L4, ...request });
    expect(plan.availableBytes / GIB).toBeCloseTo(available);
    expect(plan.sequencesMax).toBe(sequences);
    expect(plan.fits).toBe(sequences > 0);
  });

  test("are so many blocks: Llama 3 8B on an L4 has 3,400", () => {
    // (24 x 2^30 x 0.9 - 16,060,522,496) / (16 x 131,072) = 7,132,336,947.2 / 2,097,152 = 3,400.96
    const plan = planCapacity({ config: publicModels.llama3_8b, accelerator: Accelerator.NVIDIA_L4 });
    expect(plan.blocks).toBe(3_400);
  });

  test("pays for copies of norms and of heads where there are more accelerators than heads of keys", () => {
    const config = publicModels.qwen25_05b;
    const one = planCapacity({ config, accelerator: Accelerator.NVIDIA_L4 });
    const two = planCapacity({ config, accelerator: Accelerator.NVIDIA_L4, perReplica: 2 });
    expect(two.kvBytesPerToken).toBe(one.kvBytesPerToken);
    // 49 norms of 896, and biases of 896 + 2 x 128 in 24 layers
    expect(two.weightBytes - one.weightBytes).toBe(2 * (49 * 896 + 24 * (896 + 2 * 128)));
    const spread = { ...publicModels.gemma3_1b };
    expect(
      planCapacity({ config: spread, accelerator: Accelerator.NVIDIA_L4, perReplica: 4 }).kvBytesPerToken,
    ).toBe(4 * 26_624);
  });

  test("is never less with more memory, shorter sequences or narrower numbers", () => {
    const models = Object.keys(publicModels) as PublicModel[];
    const request = fc.record({
      model: fc.constantFrom(...models),
      accelerator: fc.constantFrom(
        Accelerator.NVIDIA_L4,
        Accelerator.NVIDIA_A100_40GB,
        Accelerator.NVIDIA_H100_80GB,
      ),
      memoryUtilisation: fc.double({ min: 0.1, max: 0.95, noNaN: true }),
      maxModelLen: fc.integer({ min: 2, max: 4_096 }),
      blockSize: fc.constantFrom(1, 8, 16, 32),
      slidingWindowCache: fc.constantFrom("whole" as const, "bounded" as const),
    });
    fc.assert(
      fc.property(request, fc.double({ min: 1, max: 1.05, noNaN: true }), ({ model, ...asked }, more) => {
        const base = { config: publicModels[model], ...asked };
        const sequences = (change: Partial<CapacityRequest>) =>
          planCapacity({ ...base, ...change }).sequencesMax;
        const here = sequences({});
        expect(sequences({ memoryUtilisation: asked.memoryUtilisation * more })).toBeGreaterThanOrEqual(here);
        expect(sequences({ maxModelLen: Math.max(1, asked.maxModelLen - 17) })).toBeGreaterThanOrEqual(here);
        expect(sequences({ weights: "int8" })).toBeGreaterThanOrEqual(here);
        expect(sequences({ weights: "int4" })).toBeGreaterThanOrEqual(sequences({ weights: "int8" }));
        expect(sequences({ kvCachePrecision: "fp8" })).toBeGreaterThanOrEqual(here);
        expect(sequences({ slidingWindowCache: "bounded" })).toBeGreaterThanOrEqual(
          sequences({ slidingWindowCache: "whole" }),
        );
      }),
      { verbose: true },
    );
  });
});

describe("a model that does not fit", () => {
  const gemma: CapacityRequest = {
    config: publicModels.gemma2_9b,
    accelerator: Accelerator.NVIDIA_L4,
    maxModelLen: 2_048,
    concurrency: 8,
    region: "europe-west4",
  };

  test("is told what it takes, what there is, and each way out", () => {
    let message = "";
    findings((stack) => {
      try {
        requireCapacity(stack, gemma);
      } catch (error) {
        message = (error as ConstructError).message;
      }
    });
    expect(message.split("\n").slice(0, 6)).toEqual([
      "stack: the model does not fit its accelerator",
      "  weights     17.2 GiB   gemma-2-9b-it, bfloat16",
      "  KV cache     5.3 GiB   8 sequences of 2,048 tokens",
      "  available   21.6 GiB   nvidia-l4, 24 GiB at 90 %",
      "  either     run 6 sequences of 2,048 tokens at a time",
      "  or         shorten sequences to 1,696 tokens",
    ]);
    expect(message).toMatch(/\n {2}or {9}quantise the weights: fp8 leaves room for 18 sequences\n/);
    expect(message).toMatch(/\n {2}or {9}use nvidia-[a-z0-9-]+: [a-z0-9-]+, offered in europe-west4-[a-c]/);
    expect(message).toMatch(/\n {2}or {9}use 2 nvidia-l4 for each replica: g2-standard-24, offered in /);
  });

  test("is one finding on its accelerator", () => {
    const [finding, ...others] = findings((stack) => requireCapacity(stack, gemma));
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ property: "accelerator", received: "nvidia-l4" });
    expect(finding.remedy).toContain("run 6 sequences of 2,048 tokens at a time, or shorten sequences");
  });

  test("fits with each of its remedies alone", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(publicModels) as PublicModel[])),
        fc.constantFrom(
          Accelerator.NVIDIA_T4,
          Accelerator.NVIDIA_L4,
          Accelerator.NVIDIA_A100_40GB,
          Accelerator.TPU_V6E,
        ),
        fc.integer({ min: 1, max: 256 }),
        fc.integer({ min: 16, max: 4_096 }),
        (model, accelerator, concurrency, maxModelLen) => {
          const request = { config: publicModels[model], accelerator, concurrency, maxModelLen };
          const plan = planCapacity(request);
          expect(plan.fits).toBe(plan.sequencesMax >= concurrency);
          for (const { change, machineType: name, zones = [] } of plan.remedies) {
            expect(planCapacity({ ...request, ...change }).fits).toBe(true);
            if (name === undefined) continue;
            const offered = machineTypes().find((machine) => machine.name === name) as MachineType;
            const { accelerator: other, perReplica } = { ...request, ...change };
            const counts = [
              ...[offered.attached].filter((own) => own?.accelerator === other).map((own) => own?.count),
              ...offered.attachable.filter((own) => own.accelerator === other).flatMap((own) => own.counts),
            ];
            expect(counts).toContain(perReplica);
            expect(zones.filter((zone) => !zonesOfMachine(offered).includes(zone))).toEqual([]);
            expect(zones.filter((zone) => !findZones(other).includes(zone))).toEqual([]);
          }
        },
      ),
      { verbose: true },
    );
  });

  test("is advised in the order of what changes least", () => {
    const kinds = planCapacity(gemma).remedies.map(({ kind }) => kind);
    expect(kinds).toEqual([
      "smaller-batch",
      "smaller-batch",
      "quantise",
      "quantise",
      "larger-accelerator",
      "more-accelerators",
    ]);
  });

  test("is told of a cache in 8 bits, where that is what has no room", () => {
    const request = { config: publicModels.llama3_8b, maxModelLen: 4_096 };
    const caches = (accelerator: Accelerator) =>
      planCapacity({ ...request, accelerator, concurrency: 24 }).remedies.filter(
        ({ change }) => change.kvCachePrecision,
      );
    // 6.64 GiB / 0.25 GiB
    expect(caches(Accelerator.NVIDIA_L4)).toEqual([
      {
        kind: "quantise",
        text: "quantise the KV cache: fp8 leaves room for 26 sequences",
        change: { kvCachePrecision: "fp8" },
      },
    ]);
    expect(caches(Accelerator.NVIDIA_T4)).toEqual([]);
    const [change] = caches(Accelerator.NVIDIA_L4).map((remedy) => remedy.change);
    const narrow = { ...request, ...change, accelerator: Accelerator.NVIDIA_L4, concurrency: 64 };
    expect(planCapacity(narrow).remedies.filter((remedy) => remedy.change.kvCachePrecision)).toEqual([]);
  });

  test("is not sent to more accelerators of a larger kind than it takes of its own", () => {
    const request = { config: publicModels.llama3_70b, accelerator: Accelerator.NVIDIA_H100_80GB };
    const { remedies } = planCapacity({ ...request, concurrency: 8, region: "europe-west1" });
    expect(remedies.map(({ kind }) => kind)).toEqual(["quantise", "more-accelerators"]);
  });

  test("is told of no kernels and no GPUs that engines have left behind", () => {
    const { remedies } = planCapacity({
      config: publicModels.llama3_8b,
      accelerator: Accelerator.NVIDIA_P4,
      maxModelLen: 4_096,
    });
    expect(remedies.map(({ change }) => change.weights)).not.toContain("int4");
    for (const { kind, change } of remedies)
      if (kind === "larger-accelerator") expect(change.accelerator).not.toBe(Accelerator.NVIDIA_P100);
  });

  test("is given machines whose processors keep up with their GPUs", () => {
    const { remedies } = planCapacity({
      config: publicModels.llama3_8b,
      accelerator: Accelerator.NVIDIA_T4,
      maxModelLen: 4_096,
    });
    expect(remedies.at(-1)).toMatchObject({
      change: { accelerator: Accelerator.NVIDIA_T4, perReplica: 2 },
      machineType: "n1-standard-8",
    });
  });

  test("is told where its region has no machine for it", () => {
    const bare = regions.find((region) => findZones(Accelerator.NVIDIA_L4, region).length === 0);
    const { remedies } = planCapacity({ ...gemma, region: bare });
    expect(remedies.at(-1)?.text).toContain(`not offered in ${bare} but in `);
  });

  test("is told when nothing of the catalog holds it", () => {
    const config = { ...publicModels.llama3_70b, num_hidden_layers: 9_000 };
    const [{ statement }] = findings((stack) =>
      requireCapacity(stack, { config, accelerator: Accelerator.NVIDIA_L4 }),
    );
    expect(statement?.lines.at(-1)).toContain("serve a smaller model");
  });

  test("stands among the other findings of a construct", () => {
    const [finding] = findings((stack) => requireCapacity(stack, gemma));
    const { message } = new ConstructError("prod/Chat", [
      finding,
      { property: "name", received: "A", remedy: "use lower-case letters" },
    ]);
    expect(message.split("\n").slice(0, 3)).toEqual([
      "prod/Chat: 2 findings",
      "  the model does not fit its accelerator",
      "    weights     17.2 GiB   gemma-2-9b-it, bfloat16",
    ]);
    expect(message).toMatch(/\n {2}name {2}got "A": use lower-case letters$/);
  });

  test("says nothing where it fits", () => {
    expect(findings((stack) => requireCapacity(stack, { ...gemma, concurrency: 6 }))).toEqual([]);
    expect(planCapacity({ ...gemma, concurrency: 6 })).toMatchObject({ fits: true, remedies: [] });
  });
});

describe("a request that cannot be sized", () => {
  const request: CapacityRequest = { config: publicModels.gemma2_9b, accelerator: Accelerator.NVIDIA_L4 };

  const refused: readonly (readonly [string, Partial<CapacityRequest>, string, string])[] = [
    [
      "of an unknown family",
      { config: { model_type: "lama", dtype: "float16" } },
      "config.model_type",
      'did you mean "llama"?',
    ],
    [
      "without a family",
      { config: { dtype: "float16" } },
      "config.model_type",
      "Its memory is known of llama",
    ],
    [
      "without the size of its layers",
      { config: { ...publicModels.llama3_8b, hidden_size: undefined } },
      "config",
      "hidden_size is missing",
    ],
    [
      "with experts that are not counted",
      { config: { ...publicModels.mixtral_8x7b, num_local_experts: undefined } },
      "config",
      "num_local_experts must be a positive integer",
    ],
    [
      "with experts in some layers only",
      { config: { ...publicModels.qwen3_30b, mlp_only_layers: [0] } },
      "config",
      "layers without experts",
    ],
    [
      "on an unknown accelerator",
      { accelerator: "nvidia-l5" as Accelerator },
      "accelerator",
      'did you mean "nvidia-l4"?',
    ],
    ["in an unknown precision", { weights: "bfloat16" as "bf16" }, "weights", "Use one of fp32, bf16"],
    [
      "of weights that are quantised already",
      { config: { ...publicModels.llama3_8b, quantization_config: { quant_method: "awq" } } },
      "weights",
      "the checkpoint is quantised",
    ],
    [
      "of weights of which nobody says the precision",
      { config: { ...publicModels.llama3_8b, torch_dtype: undefined } },
      "weights",
      "states no dtype",
    ],
    ["over no accelerator", { perReplica: 0 }, "perReplica", "whole number from 1"],
    [
      "over accelerators that do not divide it",
      { perReplica: 3 },
      "perReplica",
      "use 1 or 2 or 4 or 8: it has to divide 16 heads",
    ],
    ["longer than it was trained for", { maxModelLen: 8_193 }, "maxModelLen", "use at most 8192"],
    ["without a sequence", { concurrency: 0 }, "concurrency", "whole number from 1"],
    ["in blocks of a part of a token", { blockSize: 0.5 }, "blockSize", "whole number from 1"],
    [
      "with a cache in an unknown precision",
      { kvCachePrecision: "bfloat16" as "bf16" },
      "kvCachePrecision",
      "Use one of fp32, bf16",
    ],
    [
      "with windows of an unknown kind",
      { slidingWindowCache: "bound" as "bounded" },
      "slidingWindowCache",
      'did you mean "bounded"?',
    ],
    ["in a region that does not exist", { region: "us-west9" }, "region", "did you mean"],
    [
      "of a model that does more than read text",
      { config: { model_type: "gemma3", text_config: publicModels.gemma3_1b, torch_dtype: "bfloat16" } },
      "config",
      "take its text_config",
    ],
    ["in more than the memory", { memoryUtilisation: 1.1 }, "memoryUtilisation", "up to 1"],
  ];

  test.each(refused)("is refused: %s", (_, change, property, remedy) => {
    expect(findings((stack) => requireCapacity(stack, { ...request, ...change }))).toEqual([
      expect.objectContaining({ property, remedy: expect.stringContaining(remedy) }),
    ]);
  });

  test("is not judged where some of it is known at apply only, but for what is known of it", () => {
    const unknown = Token.asNumber({ resolve: () => 4 });
    for (const property of ["perReplica", "maxModelLen", "concurrency", "blockSize", "memoryUtilisation"]) {
      const judged = (stack: TerraformStack) => requireCapacity(stack, { ...request, [property]: unknown });
      expect(findings(judged)).toEqual([]);
    }
    const region = Token.asString({ resolve: () => "europe-west4" });
    expect(
      findings((stack) => requireCapacity(stack, { ...request, region, concurrency: 0 })).map(
        ({ property }) => property,
      ),
    ).toEqual(["concurrency"]);
    expect(() => planCapacity({ ...request, region })).toThrow("known at synth");
  });

  test("is refused with all findings at once", () => {
    const wrong = {
      ...request,
      config: { model_type: "bert" },
      perReplica: -1,
      concurrency: 1.5,
      memoryUtilisation: 0,
    };
    expect(() => planCapacity(wrong)).toThrow(ConstructError);
    expect(findings((stack) => requireCapacity(stack, wrong)).map(({ property }) => property)).toEqual([
      "config.model_type",
      "weights",
      "perReplica",
      "concurrency",
      "memoryUtilisation",
    ]);
  });
});
