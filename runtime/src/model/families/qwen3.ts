import { hiddenAct } from "./activations";
import { statedAttentionBias } from "./biases";
import type { Family } from "./family";
import { qwenWindows } from "./qwen2";
import { oneRope } from "./ropes";

export const qwen3: Family = {
  modelType: "qwen3",
  defaults: { kvHeads: 32, headDim: 128, maxPositions: 32_768, rmsNormEps: 1e-6, tieWordEmbeddings: false },
  activation: hiddenAct,
  biases: statedAttentionBias,
  windows: qwenWindows,
  ropes: oneRope,
  queryKeyNorm: true,
};
