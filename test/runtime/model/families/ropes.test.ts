import { readDecoderConfig } from "../../../support/decoder-config";
import { findingsOf } from "../../../support/findings";
import { tinyConfig } from "../../../support/tiny-checkpoint";

const read = (json: object) => readDecoderConfig({ ...tinyConfig, ...json });
const refusals = (json: object) => findingsOf(() => read(json));
const rope = (json: object) => read({ rope_parameters: undefined, ...json }).config.layerAttention[0].rope;

const LLAMA3 = {
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8_192,
};
const LLAMA3_ROPE = {
  type: "llama3",
  theta: 500_000,
  factor: 8,
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalMaxPositions: 8_192,
};

describe("rope settings", () => {
  test.each([
    ["nothing at all", {}, { type: "default", theta: 10_000 }],
    ["only theta", { rope_theta: 500_000 }, { type: "default", theta: 500_000 }],
    ["no scaling", { rope_theta: 500_000, rope_scaling: null }, { type: "default", theta: 500_000 }],
    [
      "linear scaling under its oldest name",
      { rope_scaling: { type: "linear", factor: 4 } },
      { type: "linear", theta: 10_000, factor: 4 },
    ],
    [
      "linear scaling",
      { rope_theta: 500, rope_scaling: { rope_type: "linear", factor: 4 } },
      { type: "linear", theta: 500, factor: 4 },
    ],
    [
      "the type under both names, as transformers saves what it read under the oldest",
      { rope_scaling: { rope_type: "linear", type: "linear", factor: 4 } },
      { type: "linear", theta: 10_000, factor: 4 },
    ],
    ["Llama 3's", { rope_theta: 500_000, rope_scaling: { rope_type: "llama3", ...LLAMA3 } }, LLAMA3_ROPE],
  ])("are read in their old spelling: %s", (_, json, expected) => {
    expect(rope(json)).toEqual(expected);
  });

  test.each([
    ["default", { rope_type: "default", rope_theta: 500_000 }, { type: "default", theta: 500_000 }],
    ["without theta", { rope_type: "default" }, { type: "default", theta: 10_000 }],
    ["without a type", { rope_theta: 500_000 }, { type: "default", theta: 500_000 }],
    [
      "linear",
      { rope_type: "linear", rope_theta: 500, factor: 4 },
      { type: "linear", theta: 500, factor: 4 },
    ],
    ["Llama 3's", { rope_type: "llama3", rope_theta: 500_000, ...LLAMA3 }, LLAMA3_ROPE],
  ])("are read in their new spelling: %s", (_, parameters, expected) => {
    expect(rope({ rope_parameters: parameters })).toEqual(expected);
  });

  test.each([
    [
      "an unsupported type, and no word about what else it needs",
      { rope_type: "yarn", factor: 4 },
      ['rope_type is not supported; supported: default, linear, llama3, got "yarn"'],
    ],
    ["no type but a factor", { factor: 2 }, ["factor is not supported here, got 2"]],
    [
      "no factor",
      { rope_type: "linear" },
      ["factor is missing: it must be a positive number, got undefined"],
    ],
    ["a negative factor", { rope_type: "linear", factor: -1 }, ["factor must be a positive number, got -1"]],
    [
      "a setting that its type has not",
      { rope_type: "default", attention_factor: 2 },
      ["attention_factor is not supported here, got 2"],
    ],
    [
      "types that contradict each other",
      { rope_type: "default", type: "yarn" },
      ['type is not supported here, got "yarn"'],
    ],
  ])("are refused with %s", (_, parameters, expected) => {
    expect(refusals({ rope_parameters: parameters })).toEqual(
      expected.map((finding) => `config.json: rope_parameters.${finding}`),
    );
  });

  test("are refused with each part of Llama 3's scaling that is missing", () => {
    const missing = refusals({ rope_parameters: undefined, rope_scaling: { rope_type: "llama3" } });
    expect(missing.map((finding) => finding.split(" ")[1])).toEqual([
      "rope_scaling.factor",
      "rope_scaling.low_freq_factor",
      "rope_scaling.high_freq_factor",
      "rope_scaling.original_max_position_embeddings",
    ]);
  });

  test("are refused where both spellings are there", () => {
    expect(refusals({ rope_scaling: { type: "linear", factor: 2 } })).toEqual([
      'config.json: rope_scaling is not supported: rope_parameters is stated too; remove one of them, got {"type":"linear","factor":2}',
    ]);
  });

  test("are refused where theta is stated twice and differs", () => {
    expect(refusals({ rope_theta: 500 })).toEqual([
      "config.json: rope_theta is not supported here; supported: 10000, got 500",
    ]);
    expect(refusals({ rope_theta: 10_000 })).toEqual([]);
  });

  test("are refused where only a part of each head is to rotate and the family rotates all", () => {
    expect(refusals({ partial_rotary_factor: 0.5 })).toEqual([
      "config.json: partial_rotary_factor is not supported here; supported: 1, got 0.5",
    ]);
    expect(refusals({ partial_rotary_factor: 1 })).toEqual([]);
  });

  test("are refused where they are no object", () => {
    expect(refusals({ rope_parameters: [1] })).toEqual([
      "config.json: rope_parameters must be an object, got [1]",
    ]);
  });
});

describe("Phi-3's rope", () => {
  const phi3 = (json: object) => read({ model_type: "phi3", rope_parameters: undefined, ...json });

  test.each([
    [{}, 8],
    [{ partial_rotary_factor: 0.75, head_dim: 16 }, 12],
    [{ rope_parameters: { rope_type: "default", partial_rotary_factor: 0.5 } }, 4],
    [{ rope_parameters: { partial_rotary_factor: 0.5 }, partial_rotary_factor: 0.5 }, 4],
  ])("may rotate a part of each head: %j", (json, rotaryDim) => {
    expect(phi3(json).config.rotaryDim).toBe(rotaryDim);
  });

  test.each([
    [{ partial_rotary_factor: 1.5 }, "partial_rotary_factor must be at most 1, got 1.5"],
    [
      { partial_rotary_factor: 0.4 },
      "partial_rotary_factor must leave an even number of head_dim (8) to rotate, got 0.4",
    ],
    [
      { rope_parameters: { partial_rotary_factor: 1 }, partial_rotary_factor: 0.5 },
      "partial_rotary_factor is not supported here; supported: 1, got 0.5",
    ],
    [
      { rope_scaling: { type: "longrope" } },
      'rope_scaling.type is not supported; supported: default, got "longrope"',
    ],
    [
      { rope_parameters: { rope_type: "linear" } },
      'rope_parameters.rope_type is not supported; supported: default, got "linear"',
    ],
  ])("is refused for %j", (json, finding) => {
    expect(findingsOf(() => phi3(json))).toEqual([`config.json: ${finding}`]);
  });
});

describe("Gemma 3's ropes", () => {
  const types = ["sliding_attention", "full_attention"];
  const gemma3 = (json: object) =>
    read({
      model_type: "gemma3_text",
      hidden_act: undefined,
      rope_parameters: undefined,
      layer_types: types,
      ...json,
    });
  const ropes = (json: object) => gemma3(json).config.layerAttention.map(({ rope }) => rope);
  const unscaled = (theta: number) => ({ type: "default", theta });

  test.each([
    ["no settings", {}, [unscaled(10_000), unscaled(1_000_000)]],
    ["the old spelling", { rope_theta: 500, rope_local_base_freq: 50 }, [unscaled(50), unscaled(500)]],
    [
      "the old spelling with scaling, which is of the full layers",
      { rope_theta: 500, rope_scaling: { rope_type: "linear", factor: 8 } },
      [unscaled(10_000), { type: "linear", theta: 500, factor: 8 }],
    ],
    [
      "the new spelling",
      {
        rope_parameters: {
          sliding_attention: { rope_type: "linear", rope_theta: 50, factor: 2 },
          full_attention: { rope_type: "default", rope_theta: 500 },
        },
      },
      [{ type: "linear", theta: 50, factor: 2 }, unscaled(500)],
    ],
    [
      "the new spelling for one type, and the old for the other",
      { rope_parameters: { full_attention: { rope_theta: 500 } }, rope_local_base_freq: 50 },
      [unscaled(50), unscaled(500)],
    ],
  ])("differ by layer type: %s", (_, json, expected) => {
    expect(ropes(json)).toEqual(expected);
  });

  test.each([
    [
      { rope_parameters: { rope_type: "default" } },
      'rope_parameters.rope_type is not supported here, got "default"',
    ],
    [
      { rope_parameters: { full_attention: { rope_type: "yarn" } } },
      'rope_parameters.full_attention.rope_type is not supported; supported: default, linear, llama3, got "yarn"',
    ],
    [{ rope_local_base_freq: -1 }, "rope_local_base_freq must be a positive number, got -1"],
  ])("are refused for %j", (json, finding) => {
    expect(findingsOf(() => gemma3(json))).toEqual([`config.json: ${finding}`]);
  });
});
