import type { Checkpoint } from "../model/checkpoint";
import { CheckpointError } from "../model/checkpoint-error";
import { decoderTensors, tensorNames } from "../model/decoder-tensors";
import { BYTES_PER_FLOAT } from "../model/float-formats";
import type { WeightPrecision } from "../model/manifest";
import {
  fitsForm,
  formFor,
  type QuantizedForm,
  quantizedForm,
  scalesName,
  storedShapes,
} from "../model/quantization/stored-weights";
import type { StoredTensor } from "../model/safetensors";
import type { TensorLayout } from "./safetensors-writer";

/** One tensor of an artifact: what it is made from and how it is stored. */
export type PlannedTensor = Readonly<{
  name: string;
  source: StoredTensor;
  form: "F32" | "F16" | QuantizedForm;
}>;

/** Rows of the embedding table are only looked up: 4 bits would cost accuracy and make nothing faster. */
function embeddingForm(form: QuantizedForm): QuantizedForm {
  return form === 4 ? 8 : form;
}

/**
 * What becomes of each tensor. Vectors stay float32: they are small, and norms are sensitive. So do matrices whose
 * rows are no whole blocks. In blocks a tied embedding is stored a second time as the output head, which may have fewer
 * bits.
 *
 * @throws CheckpointError where the checkpoint's own weights are quantised: what they lost cannot be had back
 */
export function planWeights(checkpoint: Checkpoint, precision: WeightPrecision): PlannedTensor[] {
  if ([...checkpoint.tensors.values()].some((tensor) => quantizedForm(tensor)))
    throw new CheckpointError([
      `${checkpoint.directory} holds quantised weights: convert the checkpoint that they were made from`,
    ]);
  const form = formFor(precision);
  const planned = decoderTensors(checkpoint.config).map(({ name, shape }): PlannedTensor => {
    const source = checkpoint.tensors.get(name) as StoredTensor;
    if (shape.length !== 2) return { name, source, form: "F32" };
    if (form && fitsForm(form, shape[1]))
      return { name, source, form: name === tensorNames.embedding ? embeddingForm(form) : form };
    return { name, source, form: precision === "fp16" ? "F16" : "F32" };
  });
  const embedding = planned.find(({ name }) => name === tensorNames.embedding) as PlannedTensor;
  const isInBlocks = form && form !== "rows" && embedding.form !== "F32";
  if (isInBlocks && checkpoint.config.tieWordEmbeddings)
    planned.push({ name: tensorNames.head, source: embedding.source, form });
  return planned;
}

/** What a planned tensor takes in a file: quantised ones take two tensors, codes and scales. */
export function layoutOf({ name, source, form }: PlannedTensor): {
  weights: TensorLayout;
  scales?: TensorLayout;
} {
  const layout = (of: string, dtype: string, shape: readonly number[], bytesEach: number): TensorLayout => ({
    name: of,
    dtype,
    shape,
    bytes: shape.reduce((product, dim) => product * dim, bytesEach),
  });
  if (form === "F32" || form === "F16")
    return { weights: layout(name, form, source.shape, BYTES_PER_FLOAT[form]) };
  const { dtype, codes, scales } = storedShapes(source.shape, form);
  return {
    weights: layout(name, dtype, codes, 1),
    scales: layout(scalesName(name), "F32", scales, 4),
  };
}

export type Shard = Readonly<{ file: string; tensors: readonly PlannedTensor[] }>;

/** Distributes tensors over files of about so many bytes, in order. */
export function shardsOf(tensors: readonly PlannedTensor[], shardBytes: number): Shard[] {
  const groups: PlannedTensor[][] = [[]];
  let filled = 0;
  for (const tensor of tensors) {
    const { weights, scales } = layoutOf(tensor);
    const bytes = weights.bytes + (scales?.bytes ?? 0);
    if (filled > 0 && filled + bytes > shardBytes) {
      groups.push([]);
      filled = 0;
    }
    groups[groups.length - 1].push(tensor);
    filled += bytes;
  }
  if (groups.length === 1) return [{ file: "model.safetensors", tensors: groups[0] }];
  const number = (value: number) => String(value).padStart(5, "0");
  return groups.map((group, index) => ({
    file: `model-${number(index + 1)}-of-${number(groups.length)}.safetensors`,
    tensors: group,
  }));
}

/**
 * The order of a shard's tensors in its file: floats, all scales, all codes. So the parts of one projection, which
 * follow each other in the plan, lie side by side in codes and in scales, and are multiplied as one matrix.
 */
export function shardLayout({ tensors }: Shard): TensorLayout[] {
  const layouts = tensors.map(layoutOf);
  const floats = layouts.filter(({ scales }) => !scales).map(({ weights }) => weights);
  const scales = layouts.flatMap((layout) => (layout.scales ? [layout.scales] : []));
  const codes = layouts.filter((layout) => layout.scales).map(({ weights }) => weights);
  return [...floats, ...scales, ...codes];
}
