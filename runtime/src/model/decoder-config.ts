import { CheckpointError } from "./checkpoint-error";
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

type Json = Readonly<Record<string, unknown>>;

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

/**
 * Reads the config.json of the Llama family in its old spelling (`rope_theta`, `rope_scaling`) and the new one
 * (`rope_parameters`, since transformers 5).
 *
 * @returns the configuration, and the keys that are unknown and therefore not used
 * @throws CheckpointError with every missing, malformed and unsupported setting
 */
export function readDecoderConfig(json: Json): { config: DecoderConfig; unknownKeys: string[] } {
  const reader = new ConfigReader(json);
  reader.expect("model_type", ["llama"]);
  reader.expect("hidden_act", ["silu"], "silu");
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
  return { config, unknownKeys: reader.finish(NEUTRAL_KEYS) };
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

/** Reads values by key and gathers what is wrong with them, so that all is reported at once. */
class ConfigReader {
  private readonly read = new Set<string>();

  constructor(
    private readonly json: Json,
    private readonly path = "",
    private readonly findings: string[] = [],
  ) {}

  fault(key: string, remedy: string, got: unknown = this.json[key]): void {
    this.findings.push(`config.json: ${this.path}${key} ${remedy}, got ${JSON.stringify(got)}`);
  }

  has(key: string): boolean {
    return this.json[key] !== undefined && this.json[key] !== null;
  }

  count(key: string, fallback?: number): number {
    return this.number(
      key,
      "must be a positive integer",
      (value) => Number.isSafeInteger(value) && value > 0,
      fallback,
    );
  }

  positive(key: string, fallback?: number): number {
    return this.number(
      key,
      "must be a positive number",
      (value) => Number.isFinite(value) && value > 0,
      fallback,
    );
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.take(key, fallback);
    if (typeof value !== "boolean") this.fault(key, "must be true or false");
    return value === true;
  }

  choice<T extends string>(key: string, choices: readonly T[], fallback?: T): T {
    const value = this.take(key, fallback) as T;
    if (!choices.includes(value)) this.fault(key, `is not supported; supported: ${choices.join(", ")}`);
    return value;
  }

  expect(key: string, choices: readonly string[], fallback?: string): void {
    this.choice(key, choices, fallback);
  }

  refuse(key: string, remedy: string): void {
    if (this.take(key) !== undefined) this.fault(key, `is not supported: ${remedy}`);
  }

  object(key: string): ConfigReader | undefined {
    const value = this.take(key);
    if (value === undefined) return undefined;
    if (typeof value === "object" && !Array.isArray(value))
      return new ConfigReader(value as Json, `${key}.`, this.findings);
    this.fault(key, "must be an object");
    return undefined;
  }

  allowRepetition(key: string, value: unknown): void {
    if (this.json[key] === value) this.read.add(key);
  }

  refuseUnread(): void {
    for (const key of this.unread()) this.fault(key, "is not supported here");
  }

  /** @returns the keys that nothing read and that are not neutral */
  finish(neutral: ReadonlySet<string>): string[] {
    if (this.findings.length > 0) throw new CheckpointError(this.findings);
    return this.unread().filter((key) => !neutral.has(key));
  }

  private unread(): string[] {
    return Object.keys(this.json).filter((key) => !this.read.has(key) && this.has(key));
  }

  /** @returns NaN for what is at fault, and for a fallback that comes from a fault: that one is reported already */
  private number(key: string, rule: string, valid: (value: number) => boolean, fallback?: number): number {
    const value = this.take(key, fallback);
    if (typeof value === "number" && valid(value)) return value;
    if (!Number.isNaN(value)) this.fault(key, value === undefined ? `is missing: it ${rule}` : rule, value);
    return Number.NaN;
  }

  private take(key: string, fallback?: unknown): unknown {
    this.read.add(key);
    return this.has(key) ? this.json[key] : fallback;
  }
}
