import type { Checkpoint } from "./checkpoint";
import type { GraphBuilder, Value } from "./onnx/graph-builder";
import { DataType } from "./onnx/model-proto";
import type { StoredTensor } from "./safetensors";

const STORED_TYPES: Readonly<Record<string, DataType>> = {
  F32: DataType.FLOAT,
  F16: DataType.FLOAT16,
  BF16: DataType.BFLOAT16,
};

/**
 * A checkpoint's weights in a graph. They stay in the checkpoint's files and are computed with in float32: where a
 * file holds 16-bit weights the session widens them once, when it folds constants.
 */
export class GraphWeights {
  private readonly widened = new Map<string, Value>();

  constructor(
    private readonly graph: GraphBuilder,
    private readonly checkpoint: Checkpoint,
  ) {}

  /** `input x weight^T + bias`: `[rows, in]` to `[rows, out]`. Names are those of the tensors. */
  linear(input: Value, weight: string, bias?: string): Value {
    const operands = [input, this.vector(weight), ...(bias === undefined ? [] : [this.vector(bias)])];
    return this.graph.op("Gemm", operands, { transB: 1 });
  }

  /** The rows of an embedding table: `[tokens]` to `[tokens, width]`. */
  embedding(tokenIds: Value, table: string): Value {
    return this.graph.op("Gather", [this.vector(table), tokenIds]);
  }

  /** The float32 value of a stored tensor. */
  vector(name: string): Value {
    const known = this.widened.get(name);
    if (known) return known;
    const stored = this.checkpoint.tensors.get(name) as StoredTensor;
    const type = STORED_TYPES[stored.dtype];
    const tensor = this.graph.tensor(name, type, stored.shape, stored);
    const value = type === DataType.FLOAT ? tensor : this.graph.op("Cast", [tensor], { to: DataType.FLOAT });
    this.widened.set(name, value);
    return value;
  }
}
