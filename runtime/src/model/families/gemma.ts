import { hiddenActivation } from "./activations";
import { statedAttentionBias } from "./biases";
import type { Family } from "./family";
import { oneRope } from "./ropes";
import { noWindows } from "./windows";

export const gemma: Family = {
  modelType: "gemma",
  defaults: { kvHeads: 16, headDim: 256, maxPositions: 8_192, rmsNormEps: 1e-6, tieWordEmbeddings: true },
  activation: hiddenActivation,
  biases: statedAttentionBias,
  windows: noWindows,
  ropes: oneRope,
  scalesEmbedding: true,
  normUnitOffset: true,
  only: { use_bidirectional_attention: false },
};
