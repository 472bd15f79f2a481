import { CheckpointError } from "./checkpoint-error";
import { ConfigReader } from "./config-reader";
import type { JsonObject } from "./json-file";
import type { RopeSettings } from "./rope";

/** What the graph of a decoder-only transformer depends on, whatever spelling its config.json used. */
export type DecoderConfig = Readonly<{
  vocabSize: number;
  hiddenSize: number;
  intermediateSize: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  rmsNormEps: number;
  /** Longest sequence the model was trained for, in tokens. */
  maxPositions: number;
  rope: RopeSettings;
  attentionBias: boolean;
  mlpBias: boolean;
  /** The output head is the token embedding. */
  tieWordEmbeddings: boolean;
}>;

/** Keys that do not change what a trained Llama computes. */
const NEUTRAL_KEYS = new Set([
  "_name_or_path",
  "architectures",
  "attention_dropout",
  "bos_token_id",
  "dtype",
  "eos_token_id",
  "initializer_range",
  "pad_token_id",
  "pretraining_tp",
  "torch_dtype",
  "transformers_version",
  "unk_token_id",
  "use_cache",
]);

/** What a config.json says, faults included. A number at fault is NaN. */
export type DecoderConfigReading = Readonly<{
  config: DecoderConfig;
  /** Every missing, malformed and unsupported setting. */
  findings: readonly string[];
  /** Keys that are unknown and therefore not used. */
  unknownKeys: readonly string[];
  /** The family is known and so is every number that the shape of a tensor depends on. */
  hasShapes: boolean;
}>;

/** @throws CheckpointError with every finding */
export function readDecoderConfig(json: JsonObject): DecoderConfigReading {
  const reading = inspectDecoderConfig(json);
  if (reading.findings.length > 0) throw new CheckpointError(reading.findings);
  return reading;
}

/**
 * Reads the config.json of the Llama family in its old spelling (`rope_theta`, `rope_scaling`) and the new one
 * (`rope_parameters`, since transformers 5).
 */
export function inspectDecoderConfig(json: JsonObject): DecoderConfigReading {
  const reader = new ConfigReader(json);
  const family = reader.choice("model_type", ["llama"]);
  reader.choice("hidden_act", ["silu"], "silu");
  reader.refuse("quantization_config", "serve the checkpoint it was quantised from");
  const hiddenSize = reader.count("hidden_size");
  const heads = reader.count("num_attention_heads");
  const config: DecoderConfig = {
    vocabSize: reader.count("vocab_size"),
    hiddenSize,
    intermediateSize: reader.count("intermediate_size"),
    layers: reader.count("num_hidden_layers"),
    heads,
    kvHeads: reader.count("num_key_value_heads", heads),
    headDim: reader.count("head_dim", hiddenSize / heads),
    rmsNormEps: reader.positive("rms_norm_eps", 1e-6),
    maxPositions: reader.count("max_position_embeddings", 2048),
    rope: readRope(reader),
    attentionBias: reader.flag("attention_bias", false),
    mlpBias: reader.flag("mlp_bias", false),
    tieWordEmbeddings: reader.flag("tie_word_embeddings", false),
  };
  if (config.heads % config.kvHeads > 0)
    reader.fault("num_key_value_heads", `must divide num_attention_heads (${config.heads})`, config.kvHeads);
  if (config.headDim % 2 === 1)
    reader.fault("head_dim", "must be even, since rotary embedding turns pairs", config.headDim);
  const { vocabSize, intermediateSize, layers, kvHeads, headDim } = config;
  const sizes = [vocabSize, hiddenSize, intermediateSize, layers, heads, kvHeads, headDim];
  return {
    config,
    findings: reader.findings,
    unknownKeys: reader.unread().filter((key) => !NEUTRAL_KEYS.has(key)),
    hasShapes: family === "llama" && !sizes.some(Number.isNaN),
  };
}

function readRope(reader: ConfigReader): RopeSettings {
  const scaling = reader.object("rope_parameters") ?? reader.object("rope_scaling");
  const theta = scaling?.has("rope_theta")
    ? scaling.positive("rope_theta")
    : reader.positive("rope_theta", 10_000);
  if (!scaling) return { type: "default", theta };
  const type = scaling.choice(scaling.has("rope_type") ? "rope_type" : "type", [
    "default",
    "linear",
    "llama3",
  ]);
  // What transformers read as `type` it saves under both names.
  scaling.allowRepetition("type", type);
  const rope: RopeSettings =
    type === "llama3"
      ? {
          type,
          theta,
          factor: scaling.positive("factor"),
          lowFreqFactor: scaling.positive("low_freq_factor"),
          highFreqFactor: scaling.positive("high_freq_factor"),
          originalMaxPositions: scaling.count("original_max_position_embeddings"),
        }
      : type === "linear"
        ? { type, theta, factor: scaling.positive("factor") }
        : { type: "default", theta };
  scaling.refuseUnread();
  return rope;
}
