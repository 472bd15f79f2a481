import type { DecoderConfig } from "./decoder-config";
import type { GraphBuilder, Value } from "./onnx/graph-builder";
import { DataType } from "./onnx/model-proto";
import { type RopeSettings, ropeTables } from "./rope";

type Tables = Readonly<{ cos: Value; sin: Value }>;

/** Rotary embedding in a graph. Layers with the same settings share their tables. */
export class Rotation {
  private readonly tables = new Map<string, Tables>();

  /**
   * @param positions int64 `[tokens, 1]`
   * @param maxModelLen how many positions there are
   */
  constructor(
    private readonly graph: GraphBuilder,
    private readonly config: DecoderConfig,
    private readonly positions: Value,
    private readonly maxModelLen: number,
  ) {}

  /**
   * Rotates each head by its token's position.
   * @param rows `[tokens, heads * headDim]` or `[tokens, heads, headDim]`
   * @returns `[tokens, heads * headDim]`
   */
  rotate(rows: Value, heads: number, rope: RopeSettings): Value {
    const { graph } = this;
    const { headDim, rotaryDim } = this.config;
    const width = heads * headDim;
    const { cos, sin } = this.tablesOf(rope);
    // Each packed token as a sequence of its own: the operator refuses one that is longer than the tables.
    const batch = graph.reshape(rows, -1, 1, width);
    const rotated = graph.contrib("RotaryEmbedding", [batch, this.positions, cos, sin], {
      num_heads: heads,
      // To the operator zero is the whole head.
      rotary_embedding_dim: rotaryDim === headDim ? 0 : rotaryDim,
    });
    return graph.reshape(rotated, -1, width);
  }

  private tablesOf(rope: RopeSettings): Tables {
    const key = JSON.stringify(rope);
    const known = this.tables.get(key);
    if (known) return known;
    const { rotaryDim } = this.config;
    const values = ropeTables(rope, rotaryDim, this.maxModelLen);
    const table = (name: "cos" | "sin") =>
      this.graph.tensor(
        `rope.${this.tables.size}.${name}`,
        DataType.FLOAT,
        [this.maxModelLen, rotaryDim / 2],
        new Uint8Array(values[name].buffer),
      );
    const tables = { cos: table("cos"), sin: table("sin") };
    this.tables.set(key, tables);
    return tables;
  }
}
