import type { Value } from "../onnx/graph-builder";

/** The new tokens of one layer, packed: rows are tokens. */
export type AttentionRows = Readonly<{
  /** `[tokens, heads * headDim]`, rotated */
  query: Value;
  /** `[tokens, kvHeads * headDim]`, rotated */
  key: Value;
  /** `[tokens, kvHeads * headDim]` */
  value: Value;
}>;

/**
 * How a graph attends to a paged KV cache. Only attention knows sequences; everything else in a graph sees packed
 * tokens. Each execution provider has the form that is fastest there.
 */
export interface PagedAttention {
  /** Adds the attention of one layer. Returns `[tokens, heads * headDim]`. */
  layer(index: number, rows: AttentionRows): Value;
}
