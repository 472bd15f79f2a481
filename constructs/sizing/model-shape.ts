import { type DecoderConfig, inspectDecoderConfig } from "../../runtime/src/model/decoder-config";
import { decoderTensors, type ExpectedTensor, tensorNames } from "../../runtime/src/model/decoder-tensors";
import { families } from "../../runtime/src/model/families/registry";
import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import type { CheckpointConfig } from "./checkpoint-config";
import { type Mixture, mixtures, mixtureTensors } from "./mixtures";

/** What a tensor is to whoever stores it: quantisation treats each differently. */
export type TensorRole = "embedding" | "head" | "matrix" | "router" | "vector";

export interface ModelTensor {
  readonly role: TensorRole;
  /** How many there are of it. */
  readonly count: number;
  /** Outputs; 1 of a vector. */
  readonly rows: number;
  /** Inputs; the length of a vector. */
  readonly columns: number;
}

/** What a model's memory follows from, whatever its family. */
export interface ModelShape {
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabSize: number;
  /** Longest sequence that it was trained for, in tokens; absent where config.json does not say. */
  readonly maxPositions?: number;
  /** Width of an MLP, or of each of several side by side: what tensor parallelism has to divide. */
  readonly mlpWidths: readonly number[];
  /** The output head is the token embedding. */
  readonly tied: boolean;
  /** Sliding window of each layer; undefined where it attends to everything before. */
  readonly windows: readonly (number | undefined)[];
  readonly tensors: readonly ModelTensor[];
}

const supportedTypes = [...families.map(({ modelType }) => modelType), ...Object.keys(mixtures)];

/** What a config.json says of a model's shape, or why that cannot be told. */
export function readModelShape(
  property: string,
  config: CheckpointConfig,
): { readonly shape?: ModelShape; readonly findings: readonly Finding[] } {
  const { model_type: modelType, text_config: text } = config;
  if (typeof text === "object" && text !== null) {
    const remedy =
      "take its text_config, which is the language model's own: what it sees and hears with is not counted";
    return { findings: [{ property, received: modelType, remedy }] };
  }
  if (typeof modelType !== "string" || !supportedTypes.includes(modelType)) {
    const remedy = `${didYouMean(modelType, supportedTypes)}Its memory is known of ${supportedTypes.join(", ")}`;
    return { findings: [{ property: `${property}.model_type`, received: modelType, remedy }] };
  }
  const mixture = mixtures[modelType];
  const { config: decoder, findings } = inspectDecoderConfig(
    mixture === undefined ? config : mixture.asDense(config),
  );
  const refused = (remedies: readonly string[]) =>
    remedies.map((remedy) => ({ property, received: modelType, remedy }));
  if (decoder === undefined) return { findings: refused(findings) };
  if (mixture === undefined) return { shape: shapeOf(decoder), findings: [] };
  const unreadable = mixture.findings(config);
  if (unreadable.length > 0) return { findings: refused(unreadable) };
  return { shape: mixtureShape(decoder, mixture, config), findings: [] };
}

/** Numbers that a model's tensors hold. */
export function parameterCount({ tensors }: ModelShape): number {
  return tensors.reduce((sum, { count, rows, columns }) => sum + count * rows * columns, 0);
}

function shapeOf(config: DecoderConfig): ModelShape {
  return {
    layers: config.layers,
    heads: config.heads,
    kvHeads: config.kvHeads,
    headDim: config.headDim,
    vocabSize: config.vocabSize,
    maxPositions: Number.isNaN(config.maxPositions) ? undefined : config.maxPositions,
    mlpWidths: [config.intermediateSize],
    tied: config.tieWordEmbeddings,
    windows: config.layerAttention.map(({ window }) => window),
    tensors: decoderTensors(config).map(modelTensor),
  };
}

function mixtureShape(dense: DecoderConfig, mixture: Mixture, config: CheckpointConfig): ModelShape {
  const experts = mixture.experts(config);
  const besideMlp = decoderTensors(dense).filter(({ name }) => !/\.mlp\./.test(name));
  const layer = mixtureTensors(dense.hiddenSize, experts);
  return {
    ...shapeOf(dense),
    mlpWidths: experts.sharedWidth > 0 ? [experts.width, experts.sharedWidth] : [experts.width],
    tensors: [
      ...besideMlp.map(modelTensor),
      ...layer.map((tensor) => ({ ...tensor, count: tensor.count * dense.layers })),
    ],
  };
}

function modelTensor({ name, shape }: ExpectedTensor): ModelTensor {
  const [rows, columns] = shape;
  if (columns === undefined) return { role: "vector", count: 1, rows: 1, columns: rows };
  if (name === tensorNames.embedding) return { role: "embedding", count: 1, rows, columns };
  return { role: name === tensorNames.head ? "head" : "matrix", count: 1, rows, columns };
}
