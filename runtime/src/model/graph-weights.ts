import type { Checkpoint } from "./checkpoint";
import { BYTES_PER_FLOAT, type FloatFormat, widen } from "./float-formats";
import type { GraphBuilder, Value } from "./onnx/graph-builder";
import { DataType, type ExternalData } from "./onnx/model-proto";
import { BLOCK_LENGTH } from "./quantization/block-quantization";
import { bitsOf, blockShapes, scalesName } from "./quantization/stored-blocks";
import type { StoredTensor } from "./safetensors";
import { withTensorBytes } from "./tensor-bytes";

/** The names of a projection's tensors. */
export type Projection = Readonly<{ weight: string; bias?: string }>;

/** The graph's input for what `EmbeddingTable.rows` gives: float `[tokens, width]`. */
export const embeddingInput = "embeddings";

const STORED_TYPES: Readonly<Record<string, DataType>> = {
  F32: DataType.FLOAT,
  F16: DataType.FLOAT16,
  BF16: DataType.BFLOAT16,
};

/**
 * Where x86 kernels pack a matrix they pack its scales too, and leave the ones they were given untouched. Kernels of
 * other processors read those at every run.
 */
const PACKS_SCALES = process.arch === "x64";

/**
 * MatMulNBits quantises its input to int8 as well, block by block, and adds in int32. With float input (levels 0 and 1)
 * int4 is a third to half as fast, and int8 has no kernel: it unpacks the whole matrix at every run. Both stay slower at
 * prefill. docs/adr/0003-quantised-weights.md has the figures.
 */
const INT8_COMPUTE = 4;

/**
 * A checkpoint's weights in a graph, computed with in float32 or, where they are quantised, by MatMulNBits.
 *
 * Matrices stay in the checkpoint's files: the session maps them, packs a copy in its kernels' own layout and lets go
 * of the file, tensor by tensor. What kernels read in place goes into private memory instead, since a page of a mapped
 * file that was cut off kills the process: vectors lie in the model itself, the embedding table is read by JavaScript.
 */
export class GraphWeights {
  private readonly vectors = new Map<string, Value>();

  constructor(
    private readonly graph: GraphBuilder,
    private readonly checkpoint: Checkpoint,
  ) {}

  /** `input x weight^T + bias`: `[rows, in]` to `[rows, out]`. Names are those of the tensors. */
  linear(input: Value, weight: string, bias?: string): Value {
    return this.project(input, [{ weight, bias }]);
  }

  /**
   * Several projections of one input, in order. Where their weights lie side by side in a file, as an artifact has
   * them, they are one matrix.
   */
  linears(input: Value, projections: readonly Projection[]): Value[] {
    const tensors = projections.map(({ weight }) => this.stored(weight));
    const rows = tensors.map(({ shape }) => shape[0]);
    const biases = projections.filter(({ bias }) => bias !== undefined).length;
    if (projections.length === 1) return [this.project(input, projections)];
    if (!areAdjacent(tensors) || (biases > 0 && biases < projections.length))
      return projections.map((projection) => this.project(input, [projection]));
    const together = this.project(input, projections);
    return this.graph.operator("Split", [together, this.graph.ints(...rows)], {
      attributes: { axis: 1 },
      outputs: rows.length,
    });
  }

  /** The rows of an embedding table, `[tokens, width]`: whoever runs the graph looks them up and feeds them. */
  embedding(table: string): Value {
    const [, width] = this.stored(table).shape;
    return this.graph.input(embeddingInput, DataType.FLOAT, ["tokens", width]);
  }

  /** The float32 value of a stored vector. */
  vector(name: string): Value {
    return this.joined([name]);
  }

  private project(input: Value, projections: readonly Projection[]): Value {
    const { graph } = this;
    const names = projections.map(({ weight }) => weight);
    const tensors = names.map((name) => this.stored(name));
    const bits = bitsOf(tensors[0]);
    const shape = [tensors.reduce((sum, { shape: [rows] }) => sum + rows, 0), tensors[0].shape[1]];
    const name = names.join("+");
    const biases = projections.flatMap(({ bias }) => (bias === undefined ? [] : [bias]));
    const bias = biases.length === 0 ? undefined : this.joined(biases);
    if (bits === undefined) {
      const type = STORED_TYPES[tensors[0].dtype];
      const tensor = graph.tensor(name, type, shape, span(tensors));
      const weight = type === DataType.FLOAT ? tensor : graph.op("Cast", [tensor], { to: DataType.FLOAT });
      return graph.op("Gemm", [input, weight, ...(bias === undefined ? [] : [bias])], { transB: 1 });
    }
    const shapes = blockShapes(shape, bits);
    const codes = graph.tensor(name, DataType.UINT8, shapes.codes, span(tensors));
    const places = tensors.map(({ scales }) => scales as StoredTensor);
    const scales = graph.tensor(
      scalesName(name),
      DataType.FLOAT,
      shapes.scales,
      PACKS_SCALES ? span(places) : this.bytes(span(places)),
    );
    // Zero points and group indices are absent.
    const operands = [input, codes, scales, ...(bias === undefined ? [] : ["", "", bias])];
    return graph.contrib("MatMulNBits", operands, {
      K: shape[1],
      N: shape[0],
      bits,
      block_size: BLOCK_LENGTH,
      accuracy_level: INT8_COMPUTE,
    });
  }

  /** Vectors end to end, as one in the model itself. */
  private joined(names: readonly string[]): Value {
    const name = names.join("+");
    const known = this.vectors.get(name);
    if (known) return known;
    const values = names.map((part) => {
      const stored = this.stored(part);
      return Buffer.from(widen(this.bytes(stored), stored.dtype as FloatFormat).buffer);
    });
    const bytes = Buffer.concat(values);
    const shape = names.length === 1 ? this.stored(name).shape : [bytes.length / BYTES_PER_FLOAT.F32];
    const value = this.graph.tensor(name, DataType.FLOAT, shape, bytes);
    this.vectors.set(name, value);
    return value;
  }

  private bytes(place: ExternalData): Uint8Array {
    return withTensorBytes(this.checkpoint.weightsDirectory, (bytes) => bytes.read(place));
  }

  private stored(name: string): StoredTensor {
    return this.checkpoint.tensors.get(name) as StoredTensor;
  }
}

function areAdjacent(tensors: readonly StoredTensor[]): boolean {
  return tensors.every((tensor, at) => {
    const before = tensors[at - 1];
    if (!before) return true;
    const isNext = follows(before, tensor) && before.dtype === tensor.dtype;
    return tensor.scales && before.scales ? isNext && follows(before.scales, tensor.scales) : isNext;
  });
}

function follows(before: StoredTensor, tensor: StoredTensor): boolean {
  return before.file === tensor.file && before.offset + before.length === tensor.offset;
}

/** Where tensors that lie side by side lie together. */
function span(tensors: readonly StoredTensor[]): ExternalData {
  const [{ file, offset }] = tensors;
  return { file, offset, length: tensors.reduce((sum, { length }) => sum + length, 0) };
}
