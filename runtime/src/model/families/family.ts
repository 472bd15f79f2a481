import type { ConfigReader } from "../config-reader";
import type { Activation, DecoderConfig } from "../decoder-config";
import type { Biases } from "./biases";
import type { Ropes } from "./ropes";
import type { Windows } from "./windows";

/**
 * What sets one model family apart from the others: how its config.json is read and which of the shared pieces its
 * layers are made of. The graph knows no family. Each description follows transformers' `configuration_*.py` and
 * `modeling_*.py` of that family.
 */
export type Family = Readonly<{
  /** `model_type` in config.json. */
  modelType: string;
  /** What transformers' configuration class assumes where config.json has no such key. */
  defaults: Readonly<{
    /** Absent: as many as query heads. */
    kvHeads?: number;
    /** Absent: hidden size / heads. */
    headDim?: number;
    /** Of `query_pre_attn_scalar`. Absent: the family scales scores by its head dimension. */
    queryPreAttnScalar?: number;
    maxPositions: number;
    rmsNormEps: number;
    tieWordEmbeddings: boolean;
  }>;
  activation: (reader: ConfigReader) => Activation;
  biases: (reader: ConfigReader) => Biases;
  /** The sliding window of each layer. */
  windows: (reader: ConfigReader, layers: number) => Windows;
  ropes: (reader: ConfigReader) => Ropes;
  softcaps?: (reader: ConfigReader) => Pick<DecoderConfig, "attentionSoftcap" | "logitSoftcap">;
  /** The embedding is multiplied by the square root of the hidden size. */
  scalesEmbedding?: boolean;
  normUnitOffset?: boolean;
  queryKeyNorm?: boolean;
  postNorms?: boolean;
  fusedProjections?: boolean;
  /** Settings of which one value is supported and every other one refused. */
  only?: Readonly<Record<string, boolean>>;
  /** Keys of this family that do not change what a trained model computes. */
  neutralKeys?: readonly string[];
}>;
