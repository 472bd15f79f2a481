import { ConfigReader } from "./config-reader";
import type { Family } from "./families/family";
import { families } from "./families/registry";
import type { JsonObject } from "./json-file";
import type { RopeSettings } from "./rope";

/** The activation function of the MLP, under its name in transformers. */
export type Activation = "silu" | "gelu_pytorch_tanh";

/** How the attention of one layer differs from that of others. */
export type LayerAttention = Readonly<{
  /** Sliding window: a token sees itself and the `window - 1` tokens before it. Absent: all tokens before it. */
  window?: number;
  rope: RopeSettings;
}>;

/** What the graph of a decoder-only transformer depends on, whatever its family and the spelling of its config.json. */
export type DecoderConfig = Readonly<{
  vocabSize: number;
  hiddenSize: number;
  intermediateSize: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  /** Longest sequence the model was trained for, in tokens. */
  maxPositions: number;
  /** What the token embedding is multiplied by. */
  embeddingScale: number;
  /** The output head is the token embedding. */
  tieWordEmbeddings: boolean;
  rmsNormEps: number;
  /** Norms multiply by `1 + weight` and not by `weight`. */
  normUnitOffset: boolean;
  /** What attention and the MLP give is normalised before it is added to the residual stream. */
  postNorms: boolean;
  /** Each head's query and key are normalised before they are rotated. */
  queryKeyNorm: boolean;
  qkvBias: boolean;
  attentionOutputBias: boolean;
  mlpBias: boolean;
  /** The weights of q, k and v are one tensor, and so are those of gate and up. */
  fusedProjections: boolean;
  activation: Activation;
  /** What scores are multiplied by. */
  attentionScale: number;
  /** Scores become `softcap * tanh(score / softcap)`. */
  attentionSoftcap?: number;
  /** Logits become `softcap * tanh(logit / softcap)`. */
  logitSoftcap?: number;
  /** The first so many dimensions of each head are rotated. */
  rotaryDim: number;
  /** One for each layer. */
  layerAttention: readonly LayerAttention[];
}>;

/** Far above every model: what is beyond is a fault, and would be found only after a list of all its tensors. */
const LAYERS_MAX = 10_000;

/** Keys that do not change what a trained model computes. */
const NEUTRAL_KEYS = [
  "_name_or_path",
  "architectures",
  "attention_dropout",
  "bos_token_id",
  "dtype",
  "eos_token_id",
  "initializer_range",
  "pad_token_id",
  "torch_dtype",
  "transformers_version",
  "unk_token_id",
  "use_cache",
];

/** What a config.json says, faults included. */
export type DecoderConfigReading = Readonly<{
  /** Absent where the family is unknown, or a number that the shape of a tensor depends on is. */
  config?: DecoderConfig;
  /** Every missing, malformed and unsupported setting. */
  findings: readonly string[];
  /** Keys that are unknown and therefore not used. */
  unknownKeys: readonly string[];
}>;

/** Reads the config.json of any family that can be served, in the spelling of transformers 4 or 5. */
export function inspectDecoderConfig(json: JsonObject): DecoderConfigReading {
  const reader = new ConfigReader(json);
  const modelType = reader.choice(
    "model_type",
    families.map((family) => family.modelType),
  );
  const family = families.find((candidate) => candidate.modelType === modelType);
  // The keys of an unknown family may mean anything.
  if (!family) return { findings: reader.findings, unknownKeys: [] };
  const config = readConfig(reader, family);
  const neutralKeys = new Set([...NEUTRAL_KEYS, ...(family.neutralKeys ?? [])]);
  const { vocabSize, hiddenSize, intermediateSize, layers, heads, kvHeads, headDim } = config;
  const sizes = [vocabSize, hiddenSize, intermediateSize, layers, heads, kvHeads, headDim];
  return {
    config: sizes.some(Number.isNaN) ? undefined : config,
    findings: reader.findings,
    unknownKeys: reader.unread().filter((key) => !neutralKeys.has(key)),
  };
}

/** A number at fault is NaN. */
function readConfig(reader: ConfigReader, family: Family): DecoderConfig {
  const { defaults } = family;
  reader.refuse("quantization_config", "serve the checkpoint it was quantised from");
  for (const [key, value] of Object.entries(family.only ?? {})) reader.only(key, value);
  const hiddenSize = reader.count("hidden_size");
  const heads = reader.count("num_attention_heads");
  const layers = reader.count("num_hidden_layers", undefined, LAYERS_MAX);
  const kvHeads = reader.isNull("num_key_value_heads") ? heads : (defaults.kvHeads ?? heads);
  const headDim = reader.count("head_dim", defaults.headDim ?? hiddenSize / heads);
  const windows = family.windows(reader, layers);
  const { full, sliding, partialRotaryFactor } = family.ropes(reader);
  const scoreDim =
    defaults.queryPreAttnScalar === undefined
      ? headDim
      : reader.positive("query_pre_attn_scalar", defaults.queryPreAttnScalar);
  const config: DecoderConfig = {
    vocabSize: reader.count("vocab_size"),
    hiddenSize,
    intermediateSize: reader.count("intermediate_size"),
    layers,
    heads,
    kvHeads: reader.count("num_key_value_heads", kvHeads),
    headDim,
    maxPositions: reader.count("max_position_embeddings", defaults.maxPositions),
    embeddingScale: family.scalesEmbedding ? Math.sqrt(hiddenSize) : 1,
    tieWordEmbeddings: reader.flag("tie_word_embeddings", defaults.tieWordEmbeddings),
    rmsNormEps: reader.positive("rms_norm_eps", defaults.rmsNormEps),
    normUnitOffset: family.normUnitOffset ?? false,
    postNorms: family.postNorms ?? false,
    queryKeyNorm: family.queryKeyNorm ?? false,
    ...family.biases(reader),
    fusedProjections: family.fusedProjections ?? false,
    activation: family.activation(reader),
    attentionScale: 1 / Math.sqrt(scoreDim),
    ...family.softcaps?.(reader),
    rotaryDim: Math.floor(headDim * partialRotaryFactor),
    layerAttention: windows.map((window) =>
      window === undefined ? { rope: full } : { window, rope: sliding },
    ),
  };
  if (config.heads % config.kvHeads > 0)
    reader.fault("num_key_value_heads", `must divide num_attention_heads (${config.heads})`, config.kvHeads);
  if (config.headDim % 2 === 1)
    reader.fault("head_dim", "must be even, since rotary embedding turns pairs", config.headDim);
  else if (config.rotaryDim % 2 === 1 || config.rotaryDim === 0)
    reader.fault(
      "partial_rotary_factor",
      `must leave an even number of head_dim (${config.headDim}) to rotate`,
      partialRotaryFactor,
    );
  return config;
}
