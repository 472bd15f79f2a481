import { hiddenActivation } from "./activations";
import { statedAttentionBias } from "./biases";
import type { Family } from "./family";
import { oneRope } from "./ropes";
import { windowByLayerType } from "./windows";

export const gemma2: Family = {
  modelType: "gemma2",
  defaults: {
    kvHeads: 4,
    headDim: 256,
    queryPreAttnScalar: 256,
    maxPositions: 8_192,
    rmsNormEps: 1e-6,
    tieWordEmbeddings: true,
  },
  activation: hiddenActivation,
  biases: statedAttentionBias,
  windows: (reader, layers) =>
    windowByLayerType(
      reader,
      layers,
      reader.optionalCount("sliding_window", 4_096),
      (layer) => layer % 2 === 0,
    ),
  ropes: oneRope,
  softcaps: (reader) => ({
    attentionSoftcap: reader.optionalPositive("attn_logit_softcapping", 50),
    logitSoftcap: reader.optionalPositive("final_logit_softcapping", 30),
  }),
  scalesEmbedding: true,
  normUnitOffset: true,
  postNorms: true,
  only: { use_bidirectional_attention: false },
  neutralKeys: ["cache_implementation"],
};
