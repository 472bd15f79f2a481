import type { ConfigReader } from "../config-reader";
import type { Activation } from "../decoder-config";

const ACTIVATIONS: readonly Activation[] = ["silu", "gelu_pytorch_tanh"];

export function hiddenAct(reader: ConfigReader): Activation {
  return reader.choice("hidden_act", ACTIVATIONS, "silu");
}

/**
 * Gemma's, which has two keys: `hidden_activation` counts where it is stated, and the `hidden_act` beside it does not.
 * Where it is absent, as in the first Gemma's own configurations, `hidden_act` says `gelu` although the models were
 * trained with the approximation, and vLLM and transformers 4 take that whatever the key says.
 */
export function hiddenActivation(reader: ConfigReader): Activation {
  if (reader.has("hidden_activation")) {
    reader.choice("hidden_act", ["gelu", ...ACTIVATIONS], "gelu");
    return reader.choice("hidden_activation", ACTIVATIONS);
  }
  reader.choice("hidden_act", ["gelu", "gelu_pytorch_tanh"], "gelu");
  return "gelu_pytorch_tanh";
}
