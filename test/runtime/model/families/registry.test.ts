import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DecoderConfig } from "../../../../runtime/src/model/decoder-config";
import { families } from "../../../../runtime/src/model/families/registry";
import type { RopeSettings } from "../../../../runtime/src/model/rope";
import { familyCheckpoints } from "../../../support/checkpoints";
import { readDecoderConfig } from "../../../support/decoder-config";
import { findingsOf } from "../../../support/findings";

type Json = Record<string, unknown>;

/** The keys without which no tensor's shape is known. */
const sizes = {
  vocab_size: 32,
  hidden_size: 64,
  intermediate_size: 24,
  num_hidden_layers: 1,
  num_attention_heads: 32,
};

const read = (model_type: string, json: Json = {}) => readDecoderConfig({ model_type, ...sizes, ...json });
const refusals = (family: string, json: Json) => findingsOf(() => read(family, json));
const rope = (theta: number): RopeSettings => ({ type: "default", theta });

/** What transformers' configuration classes assume where config.json states the sizes alone. */
const DEFAULTS: Readonly<Record<string, Partial<DecoderConfig>>> = {
  llama: { kvHeads: 32, headDim: 2, maxPositions: 2_048, rmsNormEps: 1e-6, tieWordEmbeddings: false },
  mistral: { kvHeads: 8, headDim: 2, maxPositions: 131_072, rmsNormEps: 1e-6, tieWordEmbeddings: false },
  qwen2: { kvHeads: 32, headDim: 2, maxPositions: 32_768, rmsNormEps: 1e-6, tieWordEmbeddings: false },
  qwen3: { kvHeads: 32, headDim: 128, maxPositions: 32_768, rmsNormEps: 1e-6, tieWordEmbeddings: false },
  gemma: { kvHeads: 16, headDim: 256, maxPositions: 8_192, rmsNormEps: 1e-6, tieWordEmbeddings: true },
  gemma2: { kvHeads: 4, headDim: 256, maxPositions: 8_192, rmsNormEps: 1e-6, tieWordEmbeddings: true },
  gemma3_text: { kvHeads: 4, headDim: 256, maxPositions: 131_072, rmsNormEps: 1e-6, tieWordEmbeddings: true },
  phi3: { kvHeads: 32, headDim: 2, maxPositions: 4_096, rmsNormEps: 1e-5, tieWordEmbeddings: false },
};

/** What each family computes differently from Llama. */
const PIECES: Readonly<Record<string, Partial<DecoderConfig>>> = {
  llama: {},
  mistral: { layerAttention: [{ window: 4_096, rope: rope(10_000) }] },
  qwen2: { qkvBias: true },
  qwen3: { queryKeyNorm: true },
  gemma: { embeddingScale: 8, normUnitOffset: true, activation: "gelu_pytorch_tanh" },
  gemma2: {
    embeddingScale: 8,
    normUnitOffset: true,
    postNorms: true,
    activation: "gelu_pytorch_tanh",
    attentionScale: 1 / 16,
    attentionSoftcap: 50,
    logitSoftcap: 30,
    layerAttention: [{ window: 4_096, rope: rope(10_000) }],
  },
  gemma3_text: {
    embeddingScale: 8,
    normUnitOffset: true,
    postNorms: true,
    queryKeyNorm: true,
    activation: "gelu_pytorch_tanh",
    attentionScale: 1 / 16,
    layerAttention: [{ window: 4_096, rope: rope(10_000) }],
  },
  phi3: { fusedProjections: true },
};

describe.each(families.map(({ modelType }) => modelType))("the family %s", (family) => {
  test("has transformers' defaults", () => {
    const { config, unknownKeys } = read(family);
    const { headDim = 0 } = DEFAULTS[family];
    expect(config).toEqual({
      vocabSize: 32,
      hiddenSize: 64,
      intermediateSize: 24,
      layers: 1,
      heads: 32,
      embeddingScale: 1,
      normUnitOffset: false,
      postNorms: false,
      queryKeyNorm: false,
      qkvBias: false,
      attentionOutputBias: false,
      mlpBias: false,
      fusedProjections: false,
      activation: "silu",
      attentionScale: 1 / Math.sqrt(headDim),
      rotaryDim: headDim,
      layerAttention: [{ rope: rope(10_000) }],
      ...DEFAULTS[family],
      ...PIECES[family],
    });
    expect(unknownKeys).toEqual([]);
  });

  test("takes the heads for key-value heads where those are null", () => {
    expect(read(family, { num_key_value_heads: null }).config.kvHeads).toBe(32);
  });

  test("refuses quantised weights by name", () => {
    expect(refusals(family, { quantization_config: { quant_method: "awq" } })).toEqual([
      expect.stringContaining("config.json: quantization_config is not supported"),
    ]);
  });

  test("refuses another activation by name", () => {
    const key = family.startsWith("gemma") ? "hidden_activation" : "hidden_act";
    expect(refusals(family, { [key]: "relu" })).toEqual([
      `config.json: ${key} is not supported; supported: silu, gelu_pytorch_tanh, got "relu"`,
    ]);
  });

  test.each(["yarn", "dynamic", "longrope"])("refuses the rope type %s by name", (rope_type) => {
    const parameters = { rope_type };
    const rope_parameters = family === "gemma3_text" ? { full_attention: parameters } : parameters;
    expect(refusals(family, { rope_parameters })).toEqual([
      expect.stringMatching(
        `^config.json: rope_parameters.*rope_type is not supported; .* got "${rope_type}"$`,
      ),
    ]);
  });
});

describe("biases", () => {
  test.each(["llama", "qwen3", "gemma", "gemma2", "gemma3_text"])(
    "of attention are stated for %s",
    (family) => {
      expect(read(family, { attention_bias: true }).config).toMatchObject({
        qkvBias: true,
        attentionOutputBias: true,
        mlpBias: false,
      });
    },
  );

  test.each([
    ["mistral", "attention_bias", true, false],
    ["phi3", "attention_bias", true, false],
    ["qwen2", "attention_bias", false, true],
    ...["mistral", "phi3", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text"].map(
      (family) => [family, "mlp_bias", true, false] as const,
    ),
  ] as const)("%s knows no %s %s", (family, key, refused, supported) => {
    expect(refusals(family, { [key]: refused })).toEqual([
      `config.json: ${key} is not supported here; supported: ${supported}, got ${refused}`,
    ]);
    expect(refusals(family, { [key]: supported })).toEqual([]);
  });
});

describe("Gemma", () => {
  const gemmas = ["gemma", "gemma2", "gemma3_text"];

  test.each(gemmas)("as %s refuses to look ahead", (family) => {
    expect(refusals(family, { use_bidirectional_attention: true })).toEqual([
      "config.json: use_bidirectional_attention is not supported here; supported: false, got true",
    ]);
    expect(refusals(family, { use_bidirectional_attention: null })).toEqual([]);
  });

  test.each(gemmas)("as %s takes its activation from the key that counts", (family) => {
    const activation = (json: Json) => read(family, json).config.activation;
    expect(activation({ hidden_activation: "silu" })).toBe("silu");
    expect(activation({ hidden_act: "gelu", hidden_activation: "gelu_pytorch_tanh" })).toBe(
      "gelu_pytorch_tanh",
    );
  });

  test.each(gemmas)(
    "as %s was trained with the approximation where its configuration says gelu",
    (family) => {
      for (const hidden_activation of [undefined, null])
        expect(read(family, { hidden_act: "gelu", hidden_activation }).config.activation).toBe(
          "gelu_pytorch_tanh",
        );
    },
  );

  test.each(gemmas)("as %s refuses what only the key that does not count says", (family) => {
    expect(refusals(family, { hidden_act: "silu" })).toEqual([
      'config.json: hidden_act is not supported; supported: gelu, gelu_pytorch_tanh, got "silu"',
    ]);
  });

  test("2 has no softcaps where they are null", () => {
    const { config } = read("gemma2", { attn_logit_softcapping: null, final_logit_softcapping: null });
    expect(config).not.toHaveProperty("attentionSoftcap", expect.anything());
    expect(config).not.toHaveProperty("logitSoftcap", expect.anything());
  });

  test("2 and 3 scale scores by what config.json states", () => {
    for (const family of ["gemma2", "gemma3_text"])
      expect(read(family, { query_pre_attn_scalar: 144 }).config.attentionScale).toBeCloseTo(1 / 12);
  });

  test("3 may cap logits and refuses to cap scores, which transformers would ignore", () => {
    expect(read("gemma3_text", { final_logit_softcapping: 20 }).config.logitSoftcap).toBe(20);
    expect(refusals("gemma3_text", { attn_logit_softcapping: 50 })).toEqual([
      "config.json: attn_logit_softcapping is not supported: attention of this family has no softcap; remove it, got 50",
    ]);
  });
});

test("Qwen 2 refuses the positions of pictures", () => {
  expect(refusals("qwen2", { use_mrope: true })).toEqual([
    "config.json: use_mrope is not supported here; supported: false, got true",
  ]);
});

test("the reference page of models has a row for each family", () => {
  const page = readFileSync("docs/reference/models.md", "utf8");
  const [, table] = page.split("| model_type |");
  const rows = [...table.split("\n\n")[0].matchAll(/^\| `(\w+)` \|/gm)].map(([, modelType]) => modelType);
  expect(rows).toEqual(families.map(({ modelType }) => modelType));
});

describe.each(familyCheckpoints)("the config.json of $name", ({ directory }) => {
  const json: Json = JSON.parse(readFileSync(join(directory, "config.json"), "utf8"));

  test("holds no key that is unknown", () => {
    expect(readDecoderConfig(json).unknownKeys).toEqual([]);
  });

  test("means the same in the spelling of transformers 4", () => {
    const old = inOldSpelling(json);
    expect(old).not.toEqual(json);
    expect(readDecoderConfig(old)).toEqual(readDecoderConfig(json));
  });
});

function inOldSpelling({ rope_parameters, layer_types, dtype, ...json }: Json): Json {
  const pattern = json._sliding_window_pattern;
  const { full_attention = rope_parameters, sliding_attention } = rope_parameters as Record<string, Json>;
  const { rope_theta, partial_rotary_factor, ...scaling } = full_attention as Json;
  return {
    ...json,
    torch_dtype: dtype,
    rope_theta,
    rope_scaling: scaling.rope_type === "default" ? null : scaling,
    ...(partial_rotary_factor !== undefined && { partial_rotary_factor }),
    ...(sliding_attention && { rope_local_base_freq: sliding_attention.rope_theta }),
    ...(pattern !== undefined && { _sliding_window_pattern: undefined, sliding_window_pattern: pattern }),
  };
}
