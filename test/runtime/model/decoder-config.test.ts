import { CheckpointError } from "../../../runtime/src/model/checkpoint-error";
import { readDecoderConfig } from "../../support/decoder-config";
import { findingsOf } from "../../support/findings";
import { tinyConfig } from "../../support/tiny-checkpoint";

const read = (json: object) => readDecoderConfig({ ...tinyConfig, ...json });
const refusals = (json: object) => findingsOf(() => read(json));

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
        embeddingScale: 1,
        tieWordEmbeddings: true,
        normUnitOffset: false,
        postNorms: false,
        queryKeyNorm: false,
        qkvBias: false,
        attentionOutputBias: false,
        mlpBias: false,
        fusedProjections: false,
        activation: "silu",
        attentionScale: 8 ** -0.5,
        rotaryDim: 8,
        layerAttention: [
          { rope: { type: "default", theta: 10_000 } },
          { rope: { type: "default", theta: 10_000 } },
        ],
      },
      unknownKeys: [],
    });
  });

  test("may have heads that together are wider than the hidden state", () => {
    expect(read({ head_dim: 32 }).config.headDim).toBe(32);
  });

  test("may have biases", () => {
    expect(read({ attention_bias: true, mlp_bias: true }).config).toMatchObject({
      qkvBias: true,
      attentionOutputBias: true,
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

const FAMILIES = "llama, mistral, qwen2, qwen3, gemma, gemma2, gemma3_text, phi3";

describe("a decoder's configuration is refused", () => {
  test.each([
    [{ model_type: "gpt2" }, `model_type is not supported; supported: ${FAMILIES}, got "gpt2"`],
    [{ model_type: "gemma3" }, `model_type is not supported; supported: ${FAMILIES}, got "gemma3"`],
    [{ model_type: undefined }, `model_type is not supported; supported: ${FAMILIES}, got undefined`],
    [{ hidden_act: "gelu" }, 'hidden_act is not supported; supported: silu, gelu_pytorch_tanh, got "gelu"'],
    [{ hidden_size: undefined }, "hidden_size is missing: it must be a positive integer, got undefined"],
    [{ num_hidden_layers: 1.5 }, "num_hidden_layers must be a positive integer up to 10000, got 1.5"],
    [{ num_hidden_layers: 1e9 }, "num_hidden_layers must be a positive integer up to 10000, got 1000000000"],
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
      readDecoderConfig({ model_type: "llama", num_key_value_heads: 3, rope_scaling: { type: "yarn" } });
    expect(refuse).toThrow(CheckpointError);
    expect(findingsOf(refuse).map((finding) => finding.split(" ")[1])).toEqual([
      "hidden_size",
      "num_attention_heads",
      "num_hidden_layers",
      "rope_scaling.type",
      "vocab_size",
      "intermediate_size",
    ]);
  });

  test("without a word about the settings of a family that is unknown", () => {
    expect(findingsOf(() => readDecoderConfig({ model_type: "gpt2", n_embd: 8, mlp_bias: 1 }))).toHaveLength(
      1,
    );
  });
});
