import { hiddenAct } from "./activations";
import { noBiases } from "./biases";
import type { Family } from "./family";
import { oneRope } from "./ropes";
import { oneWindow } from "./windows";

export const mistral: Family = {
  modelType: "mistral",
  defaults: { kvHeads: 8, maxPositions: 131_072, rmsNormEps: 1e-6, tieWordEmbeddings: false },
  activation: hiddenAct,
  biases: noBiases,
  windows: oneWindow(4_096),
  ropes: oneRope,
};
