import type { ConfigReader } from "../config-reader";
import type { Activation } from "../decoder-config";

const ACTIVATIONS: readonly Activation[] = ["silu", "gelu_pytorch_tanh"];

export function hiddenAct(reader: ConfigReader): Activation {
  return reader.choice("hidden_act", ACTIVATIONS, "silu");
}

/**
 * Gemma's, which has two keys: `hidden_activation` counts where it is stated, and the `hidden_act` beside it does not.
 * The first Gemma configurations said `gelu` in the latter although the models were trained with the approximation.
 */
export function hiddenActivation(reader: ConfigReader): Activation {
  if (!reader.has("hidden_activation")) return reader.choice("hidden_act", ACTIVATIONS, "gelu_pytorch_tanh");
  reader.choice("hidden_act", ["gelu", ...ACTIVATIONS], "gelu_pytorch_tanh");
  return reader.choice("hidden_activation", ACTIVATIONS);
}
