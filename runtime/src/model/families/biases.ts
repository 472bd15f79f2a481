import type { ConfigReader } from "../config-reader";
import type { DecoderConfig } from "../decoder-config";

export type Biases = Pick<DecoderConfig, "qkvBias" | "attentionOutputBias" | "mlpBias">;

/** `attention_bias` decides over all four projections of attention; the MLP has none. */
export function statedAttentionBias(reader: ConfigReader): Biases {
  const attentionBias = reader.flag("attention_bias", false);
  reader.only("mlp_bias", false);
  return { qkvBias: attentionBias, attentionOutputBias: attentionBias, mlpBias: false };
}

export function noBiases(reader: ConfigReader): Biases {
  reader.only("attention_bias", false);
  reader.only("mlp_bias", false);
  return { qkvBias: false, attentionOutputBias: false, mlpBias: false };
}
