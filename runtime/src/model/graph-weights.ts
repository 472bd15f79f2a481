import type { Checkpoint } from "./checkpoint";
import { BYTES_PER_FLOAT, type FloatFormat, widen } from "./float-formats";
import type { GraphBuilder, Value } from "./onnx/graph-builder";
import { DataType, type ExternalData } from "./onnx/model-proto";
import { BLOCK_LENGTH, type WeightBits } from "./quantization/block-quantization";
import { quantizedForm, scalesName, storedShapes } from "./quantization/stored-weights";
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
 * Codes of an input's row lie from -127 to 127 around this. Unsigned input with signed weights is what x86 multiplies
 * fastest: signed input has no kernel there, and unsigned weights take twice as long.
 */
const ZERO_POINT = 128;
const CODE_MAX = 127;

/**
 * QGemm packs what it has transposed, and the session keeps the memory that takes: the largest matrix's, a tied head's,
 * would be a fifth of a small model. It is a multiplication of several parts instead.
 */
const TRANSPOSED_BYTES_MAX = 32 * 1024 * 1024;

/** A quantised matrix `[out, in]`, or several side by side. */
type Quantized = Readonly<{
  name: string;
  shape: readonly number[];
  codes: ExternalData;
  scales: ExternalData;
}>;

/** Rows in int8, each divided by its own largest magnitude: so a row's result does not depend on the others. */
type InputRows = Readonly<{
  /** uint8 `[rows, in]` */
  codes: Value;
  /** float `[rows, 1]` */
  magnitudes: Value;
}>;

/**
 * A checkpoint's weights in a graph, computed with in float32 or, where they are quantised, in int8: those in blocks by
 * MatMulNBits, those in rows by QGemm.
 *
 * Matrices stay in the checkpoint's files: the session maps them, packs a copy in its kernels' own layout and lets go
 * of the file, tensor by tensor. What kernels read in place goes into private memory instead, since a page of a mapped
 * file that was cut off kills the process: vectors lie in the model itself, the embedding table is read by JavaScript.
 */
export class GraphWeights {
  private readonly vectors = new Map<string, Value>();
  private readonly inputRows = new Map<Value, InputRows>();

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
    const form = quantizedForm(tensors[0]);
    const shape = [tensors.reduce((sum, { shape: [rows] }) => sum + rows, 0), tensors[0].shape[1]];
    const name = names.join("+");
    const biases = projections.flatMap(({ bias }) => (bias === undefined ? [] : [bias]));
    const bias = biases.length === 0 ? undefined : this.joined(biases);
    if (form === undefined) {
      const type = STORED_TYPES[tensors[0].dtype];
      const tensor = graph.tensor(name, type, shape, span(tensors));
      const weight = type === DataType.FLOAT ? tensor : graph.op("Cast", [tensor], { to: DataType.FLOAT });
      return graph.op("Gemm", [input, weight, ...(bias === undefined ? [] : [bias])], { transB: 1 });
    }
    const matrix: Quantized = { name, shape, codes: span(tensors), scales: span(tensors.map(scalesOf)) };
    return form === "rows" ? this.rows(input, matrix, bias) : this.blocks(input, matrix, form, bias);
  }

  private blocks(input: Value, matrix: Quantized, bits: WeightBits, bias: Value | undefined): Value {
    const { graph } = this;
    const { name, shape } = matrix;
    const shapes = storedShapes(shape, bits);
    const codes = graph.tensor(name, DataType.UINT8, shapes.codes, matrix.codes);
    const scales = graph.tensor(
      scalesName(name),
      DataType.FLOAT,
      shapes.scales,
      PACKS_SCALES ? matrix.scales : this.bytes(matrix.scales),
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

  private rows(input: Value, matrix: Quantized, bias: Value | undefined): Value {
    const { graph } = this;
    const { codes, magnitudes } = this.quantizedRows(input);
    const products = rowParts(matrix).map((part) => this.rowProduct(codes, part));
    const whole = products.length === 1 ? products[0] : graph.op("Concat", products, { axis: -1 });
    const product = graph.op("Mul", [whole, magnitudes]);
    return bias === undefined ? product : graph.op("Add", [product, bias]);
  }

  private rowProduct(inputCodes: Value, { name, shape, codes, scales }: Quantized): Value {
    const { graph } = this;
    const [count] = shape;
    const operands = [
      inputCodes,
      graph.float(1 / CODE_MAX),
      this.inputZeroPoint(),
      graph.tensor(name, DataType.INT8, shape, codes),
      graph.tensor(scalesName(name), DataType.FLOAT, [count], this.bytes(scales)),
      // As many as scales, and its own: no fewer are taken, and to make weights unsigned changes them as well.
      graph.tensor(`${name}.zero_points`, DataType.INT8, [count], new Uint8Array(count)),
    ];
    return graph.contrib("QGemm", operands, { transB: 1 });
  }

  /** A value that several matrices are multiplied with is quantised once. */
  private quantizedRows(input: Value): InputRows {
    const known = this.inputRows.get(input);
    if (known) return known;
    const { graph } = this;
    const magnitudes = graph.op("ReduceMax", [graph.op("Abs", [input]), graph.ints(-1)]);
    // What a row of zeros becomes, which is divided by zero, does not matter: its products are multiplied by zero.
    const shares = graph.op("Div", [input, magnitudes]);
    const codes = graph.op("QuantizeLinear", [shares, graph.float(1 / CODE_MAX), this.inputZeroPoint()]);
    const rows = { codes, magnitudes };
    this.inputRows.set(input, rows);
    return rows;
  }

  private inputZeroPoint(): Value {
    return this.graph.tensor("input_zero_point", DataType.UINT8, [], Uint8Array.of(ZERO_POINT));
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

function scalesOf({ scales }: StoredTensor): StoredTensor {
  return scales as StoredTensor;
}

/** A matrix in parts that are no larger than one that the session may transpose. */
function rowParts(matrix: Quantized): Quantized[] {
  const { name, shape, codes, scales } = matrix;
  const [rows, width] = shape;
  if (codes.length <= TRANSPOSED_BYTES_MAX) return [matrix];
  const rowsEach = Math.max(1, Math.floor(TRANSPOSED_BYTES_MAX / width));
  return Array.from({ length: Math.ceil(rows / rowsEach) }, (_, part) => {
    const from = part * rowsEach;
    const count = Math.min(rowsEach, rows - from);
    const slice = ({ file, offset }: ExternalData, bytesEach: number) => ({
      file,
      offset: offset + from * bytesEach,
      length: count * bytesEach,
    });
    return {
      name: `${name}[${from}]`,
      shape: [count, width],
      codes: slice(codes, width),
      scales: slice(scales, BYTES_PER_FLOAT.F32),
    };
  });
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
