import { hiddenAct } from "./activations";
import type { Family } from "./family";
import { oneRope } from "./ropes";
import { noWindows } from "./windows";

export const llama: Family = {
  modelType: "llama",
  defaults: { maxPositions: 2_048, rmsNormEps: 1e-6, tieWordEmbeddings: false },
  activation: hiddenAct,
  biases: (reader) => {
    const mlpBias = reader.flag("mlp_bias", false);
    const attentionBias = reader.flag("attention_bias", false);
    return { qkvBias: attentionBias, attentionOutputBias: attentionBias, mlpBias };
  },
  windows: noWindows,
  ropes: oneRope,
  neutralKeys: ["pretraining_tp"],
};
