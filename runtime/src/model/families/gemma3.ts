import { hiddenActivation } from "./activations";
import { statedAttentionBias } from "./biases";
import type { Family } from "./family";
import { ropePerLayerType } from "./ropes";
import { windowByLayerType } from "./windows";

/** The text model; `gemma3` itself is the one that also sees. */
export const gemma3: Family = {
  modelType: "gemma3_text",
  defaults: {
    kvHeads: 4,
    headDim: 256,
    queryPreAttnScalar: 256,
    maxPositions: 131_072,
    rmsNormEps: 1e-6,
    tieWordEmbeddings: true,
  },
  activation: hiddenActivation,
  biases: statedAttentionBias,
  windows: (reader, layers) => {
    // Written with an underscore since transformers 4.53, and read without.
    const pattern = reader.count("sliding_window_pattern", reader.count("_sliding_window_pattern", 6));
    const window = reader.optionalCount("sliding_window", 4_096);
    return windowByLayerType(reader, layers, window, (layer) => (layer + 1) % pattern !== 0);
  },
  ropes: ropePerLayerType,
  softcaps: (reader) => {
    reader.refuse("attn_logit_softcapping", "attention of this family has no softcap; remove it");
    return { logitSoftcap: reader.optionalPositive("final_logit_softcapping") };
  },
  scalesEmbedding: true,
  normUnitOffset: true,
  queryKeyNorm: true,
  postNorms: true,
  only: { use_bidirectional_attention: false },
  neutralKeys: ["cache_implementation"],
};
