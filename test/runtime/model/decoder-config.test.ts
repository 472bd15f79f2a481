import { CheckpointError } from "../../../runtime/src/model/checkpoint-error";
import { readDecoderConfig } from "../../../runtime/src/model/decoder-config";
import { findingsOf } from "../../support/findings";
import { tinyConfig } from "../../support/tiny-checkpoint";

const read = (json: object) => readDecoderConfig({ ...tinyConfig, ...json });
const refusals = (json: object) => findingsOf(() => read(json));
const rope = (json: object) => read({ rope_parameters: undefined, ...json }).config.rope;

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

describe("a decoder's configuration", () => {
  test("is read from config.json", () => {
    expect(readDecoderConfig(tinyConfig)).toMatchObject({
      config: {
        vocabSize: 32,
        hiddenSize: 16,
        intermediateSize: 24,
        layers: 2,
        heads: 2,
        kvHeads: 1,
        headDim: 8,
        rmsNormEps: 1e-5,
        maxPositions: 64,
        rope: { type: "default", theta: 10_000 },
        attentionBias: false,
        mlpBias: false,
        tieWordEmbeddings: true,
      },
      unknownKeys: [],
    });
  });

  test("has the defaults of the Llama family where config.json says nothing, or null", () => {
    const { config } = read({
      hidden_act: null,
      num_key_value_heads: null,
      head_dim: undefined,
      rms_norm_eps: undefined,
      max_position_embeddings: undefined,
      rope_parameters: undefined,
      tie_word_embeddings: undefined,
    });
    expect(config).toMatchObject({
      kvHeads: 2,
      headDim: 8,
      rmsNormEps: 1e-6,
      maxPositions: 2_048,
      rope: { type: "default", theta: 10_000 },
      attentionBias: false,
      mlpBias: false,
      tieWordEmbeddings: false,
    });
  });

  test("may have heads that together are wider than the hidden state", () => {
    expect(read({ head_dim: 32 }).config.headDim).toBe(32);
  });

  test("may have biases", () => {
    expect(read({ attention_bias: true, mlp_bias: true }).config).toMatchObject({
      attentionBias: true,
      mlpBias: true,
    });
  });

  test("names the keys that it does not know, and not those that change nothing", () => {
    const { unknownKeys } = read({
      logit_scale: 2,
      sliding_window: 8,
      torch_dtype: "float32",
      use_cache: true,
    });
    expect(unknownKeys).toEqual(["logit_scale", "sliding_window"]);
  });

  test("ignores unknown keys that are null", () => {
    expect(read({ sliding_window: null }).unknownKeys).toEqual([]);
  });
});

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
      "an unsupported type",
      { rope_type: "yarn", factor: 4 },
      [
        'rope_type is not supported; supported: default, linear, llama3, got "yarn"',
        "factor is not supported here, got 4",
      ],
    ],
    ["no type", {}, ["type is not supported; supported: default, linear, llama3, got undefined"]],
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

  test("are refused where they are no object", () => {
    expect(refusals({ rope_parameters: [1] })).toEqual([
      "config.json: rope_parameters must be an object, got [1]",
    ]);
  });
});

describe("a decoder's configuration is refused", () => {
  test.each([
    [{ model_type: "gpt2" }, 'model_type is not supported; supported: llama, got "gpt2"'],
    [{ model_type: undefined }, "model_type is not supported; supported: llama, got undefined"],
    [{ hidden_act: "gelu" }, 'hidden_act is not supported; supported: silu, got "gelu"'],
    [{ hidden_size: undefined }, "hidden_size is missing: it must be a positive integer, got undefined"],
    [{ num_hidden_layers: 1.5 }, "num_hidden_layers must be a positive integer, got 1.5"],
    [{ vocab_size: 0 }, "vocab_size must be a positive integer, got 0"],
    [{ vocab_size: "32" }, 'vocab_size must be a positive integer, got "32"'],
    [{ rms_norm_eps: -1 }, "rms_norm_eps must be a positive number, got -1"],
    [{ mlp_bias: "no" }, 'mlp_bias must be true or false, got "no"'],
    [
      { num_attention_heads: 6, num_key_value_heads: 4 },
      "num_key_value_heads must divide num_attention_heads (6), got 4",
    ],
    [{ head_dim: 7 }, "head_dim must be even, since rotary embedding turns pairs, got 7"],
    [
      { quantization_config: { quant_method: "gptq" } },
      'quantization_config is not supported: serve the checkpoint it was quantised from, got {"quant_method":"gptq"}',
    ],
  ])("for %j", (json, finding) => {
    expect(refusals(json)).toEqual([`config.json: ${finding}`]);
  });

  test("where the heads do not divide the hidden size and no head_dim is stated", () => {
    expect(refusals({ head_dim: undefined, num_attention_heads: 3 })).toEqual([
      "config.json: head_dim must be a positive integer, got 5.333333333333333",
    ]);
  });

  test("with everything that is wrong at once, and nothing that only follows from it", () => {
    const refuse = () =>
      readDecoderConfig({ model_type: "gpt2", num_key_value_heads: 3, rope_scaling: { type: "yarn" } });
    expect(refuse).toThrow(CheckpointError);
    expect(findingsOf(refuse).map((finding) => finding.split(" ")[1])).toEqual([
      "model_type",
      "hidden_size",
      "num_attention_heads",
      "vocab_size",
      "intermediate_size",
      "num_hidden_layers",
      "rope_scaling.type",
    ]);
  });
});
