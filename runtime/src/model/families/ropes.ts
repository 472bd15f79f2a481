import type { ConfigReader } from "../config-reader";
import type { RopeSettings } from "../rope";

export type Ropes = Readonly<{
  /** Of layers that attend to everything before. */
  full: RopeSettings;
  /** Of layers with a window. */
  sliding: RopeSettings;
  /** Part of each head that is rotated. */
  partialRotaryFactor: number;
}>;

type RopeType = RopeSettings["type"];

const ROPE_TYPES: readonly RopeType[] = ["default", "linear", "llama3"];
const DEFAULT_THETA = 10_000;

/** One rope for all layers, in its old spelling (`rope_theta`, `rope_scaling`) or the new one (`rope_parameters`). */
export function oneRope(reader: ConfigReader): Ropes {
  reader.only("partial_rotary_factor", 1);
  const rope = readRope(reader, ropeObject(reader), "rope_theta", DEFAULT_THETA, ROPE_TYPES);
  return { full: rope, sliding: rope, partialRotaryFactor: 1 };
}

/** One rope for all layers, unscaled, which may rotate a part of each head only. */
export function partialRope(reader: ConfigReader): Ropes {
  const parameters = ropeObject(reader);
  const partialRotaryFactor = within(parameters, reader, "partial_rotary_factor", "partial_rotary_factor", 1);
  if (partialRotaryFactor > 1)
    reader.fault("partial_rotary_factor", "must be at most 1", partialRotaryFactor);
  const rope = readRope(reader, parameters, "rope_theta", DEFAULT_THETA, ["default"]);
  return { full: rope, sliding: rope, partialRotaryFactor };
}

/**
 * One rope for layers with a window and one for the others. In the old spelling `rope_theta` and `rope_scaling` are of
 * the latter and `rope_local_base_freq` is of the former; the new one has an object for each layer type.
 */
export function ropePerLayerType(reader: ConfigReader): Ropes {
  reader.only("partial_rotary_factor", 1);
  const isNew = reader.has("rope_parameters");
  const parameters = ropeObject(reader);
  const fullRope = isNew ? parameters?.object("full_attention") : parameters;
  const slidingRope = isNew ? parameters?.object("sliding_attention") : undefined;
  const ropes = {
    full: readRope(reader, fullRope, "rope_theta", 1_000_000, ROPE_TYPES),
    sliding: readRope(reader, slidingRope, "rope_local_base_freq", DEFAULT_THETA, ROPE_TYPES),
    partialRotaryFactor: 1,
  };
  if (isNew) parameters?.refuseUnread();
  return ropes;
}

function ropeObject(reader: ConfigReader): ConfigReader | undefined {
  if (!reader.has("rope_parameters")) return reader.object("rope_scaling");
  reader.refuse("rope_scaling", "rope_parameters is stated too; remove one of them");
  return reader.object("rope_parameters");
}

/**
 * @param parameters states the scaling and may state theta
 * @param thetaKey states theta beside the parameters
 */
function readRope(
  reader: ConfigReader,
  parameters: ConfigReader | undefined,
  thetaKey: string,
  defaultTheta: number,
  types: readonly RopeType[],
): RopeSettings {
  const theta = within(parameters, reader, "rope_theta", thetaKey, defaultTheta);
  if (!parameters) return { type: "default", theta };
  const typeKey = !parameters.has("rope_type") && parameters.has("type") ? "type" : "rope_type";
  const type = parameters.choice(typeKey, types, "default");
  // What transformers read as `type` it saves under both names.
  parameters.allowRepetition("type", type);
  // What else an unsupported type needs is not worth a word.
  if (!types.includes(type)) return { type: "default", theta };
  const rope = readScaling(parameters, type, theta);
  parameters.refuseUnread();
  return rope;
}

/** A number that the parameters may state and otherwise config.json itself, or both alike. */
function within(
  parameters: ConfigReader | undefined,
  reader: ConfigReader,
  key: string,
  outerKey: string,
  fallback: number,
): number {
  if (!parameters?.has(key)) return reader.positive(outerKey, fallback);
  const value = parameters.positive(key);
  reader.only(outerKey, value);
  return value;
}

function readScaling(parameters: ConfigReader, type: RopeType, theta: number): RopeSettings {
  switch (type) {
    case "llama3":
      return {
        type,
        theta,
        factor: parameters.positive("factor"),
        lowFreqFactor: parameters.positive("low_freq_factor"),
        highFreqFactor: parameters.positive("high_freq_factor"),
        originalMaxPositions: parameters.count("original_max_position_embeddings"),
      };
    case "linear":
      return { type, theta, factor: parameters.positive("factor") };
    default:
      return { type: "default", theta };
  }
}
