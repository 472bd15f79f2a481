import { hiddenAct } from "./activations";
import { noBiases } from "./biases";
import type { Family } from "./family";
import { partialRope } from "./ropes";
import { oneWindow } from "./windows";

export const phi3: Family = {
  modelType: "phi3",
  defaults: { maxPositions: 4_096, rmsNormEps: 1e-5, tieWordEmbeddings: false },
  activation: hiddenAct,
  biases: noBiases,
  windows: oneWindow(),
  ropes: partialRope,
  fusedProjections: true,
  // The original length matters to longrope only, which is refused.
  neutralKeys: ["auto_map", "embd_pdrop", "original_max_position_embeddings", "resid_pdrop"],
};
