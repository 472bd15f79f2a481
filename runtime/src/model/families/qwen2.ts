import type { ConfigReader } from "../config-reader";
import { hiddenAct } from "./activations";
import type { Family } from "./family";
import { oneRope } from "./ropes";
import { type Windows, windowByLayerType } from "./windows";

export const qwen2: Family = {
  modelType: "qwen2",
  defaults: { kvHeads: 32, maxPositions: 32_768, rmsNormEps: 1e-6, tieWordEmbeddings: false },
  activation: hiddenAct,
  biases: (reader) => {
    reader.only("attention_bias", true);
    reader.only("mlp_bias", false);
    return { qkvBias: true, attentionOutputBias: false, mlpBias: false };
  },
  windows: qwenWindows,
  ropes: oneRope,
  only: { use_mrope: false },
};

/** `sliding_window` counts only where `use_sliding_window` says so, from layer `max_window_layers` on. */
export function qwenWindows(reader: ConfigReader, layers: number): Windows {
  const stated = reader.optionalCount("sliding_window", 4_096);
  const window = reader.flag("use_sliding_window", false) ? stated : undefined;
  const unlimited = reader.natural("max_window_layers", 28);
  return windowByLayerType(reader, layers, window, (layer) => window !== undefined && layer >= unlimited);
}
