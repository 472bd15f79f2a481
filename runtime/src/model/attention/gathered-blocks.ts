import type { DecoderConfig } from "../decoder-config";
import type { GraphBuilder, Value } from "../onnx/graph-builder";
import { DataType } from "../onnx/model-proto";
import type { AttentionRows, PagedAttention } from "./paged-attention";

/** Names of the graph inputs through which a step describes its sequences. */
export const attentionInputs = {
  /** int32 `[decodes, blocks]`: block tables of the sequences that compute one token, padded with the null block. */
  decodeBlocks: "decode_blocks",
  /** int32 `[decodes]`: tokens of each that are cached. */
  decodeCached: "decode_cached",
  /** int32 `[prefills, blocks]`: block tables of the sequences that compute a chunk. */
  prefillBlocks: "prefill_blocks",
  /** int32 `[prefills]`: tokens of each that are cached. */
  prefillCached: "prefill_cached",
  /** int32 `[prefills, chunk]`: the packed row of each token of each chunk, counted from the first prefill row; padded. */
  prefillRows: "prefill_rows",
  /** int32 `[prefill tokens]`: where each packed row lies in `prefill_rows`, flattened. */
  prefillSlots: "prefill_slots",
  /** float `[kvHeads, blocks, blockSize, headDim]`: the pool of one layer. */
  keyPool: (layer: number) => `key_pool.${layer}`,
  valuePool: (layer: number) => `value_pool.${layer}`,
} as const;

/** Sequences that compute the same (padded) number of tokens in a step. */
type Group = Readonly<{
  /** int32 `[sequences, blocks]` */
  blocks: Value;
  /** additive, `[1, sequences, 1, blocks * blockSize]`: hides what lies beyond the cached tokens */
  cachedMask: Value;
  /** additive, `[1, 1, group * chunk, chunk]`: hides what comes later in the chunk. Absent for one token. */
  causalMask?: Value;
  /** int64 `[5]`: sequences, chunk, kvHeads, group, headDim */
  queryShape: Value;
  /** int64 `[4]`: kvHeads, sequences, group * chunk, headDim */
  foldedQueryShape: Value;
  /** int64 `[4]`: sequences, chunk, kvHeads, headDim */
  keyShape: Value;
  /** int64 `[4]`: kvHeads, sequences, blocks * blockSize, headDim */
  foldedCacheShape: Value;
  /** int64 `[5]`: kvHeads, sequences, group, chunk, headDim */
  contextShape: Value;
}>;

const HIDDEN = -1e30;

/**
 * Paged attention out of plain operators, for the CPU, which has no kernel for it: gather the blocks of each block
 * table, score the cached and the new tokens separately, one softmax over both. Neither K nor V is copied beyond the
 * gather. The pool has the KV heads outermost, since then the gathered blocks need no transpose.
 *
 * The tokens of a step come packed in two groups: first the sequences that compute one token, then those that compute
 * a chunk of their prompt. Padding a decode to the length of a chunk would multiply its attention.
 */
export class GatheredBlockAttention implements PagedAttention {
  private readonly decodes: Group;
  private readonly prefills: Group;
  private readonly groupSizes: Value;
  private readonly prefillRows: Value;
  private readonly prefillSlots: Value;

  constructor(
    private readonly graph: GraphBuilder,
    private readonly config: DecoderConfig,
    private readonly blockSize: number,
  ) {
    const names = attentionInputs;
    const decodeBlocks = graph.input(names.decodeBlocks, DataType.INT32, ["decodes", "decode_blocks"]);
    const decodeCached = graph.input(names.decodeCached, DataType.INT32, ["decodes"]);
    const prefillBlocks = graph.input(names.prefillBlocks, DataType.INT32, ["prefills", "prefill_blocks"]);
    const prefillCached = graph.input(names.prefillCached, DataType.INT32, ["prefills"]);
    const prefillRows = graph.input(names.prefillRows, DataType.INT32, ["prefills", "chunk"]);
    this.prefillSlots = graph.input(names.prefillSlots, DataType.INT32, ["prefill_tokens"]);
    this.prefillRows = graph.reshape(prefillRows, -1);
    const decodeCount = graph.op("Shape", [decodeCached]);
    this.groupSizes = graph.op("Concat", [decodeCount, graph.op("Shape", [this.prefillSlots])], { axis: 0 });
    this.decodes = graph.scope("decodes", () =>
      this.group(decodeBlocks, decodeCached, decodeCount, graph.ints(1)),
    );
    this.prefills = graph.scope("prefills", () => {
      const count = graph.op("Shape", [prefillRows], { start: 0, end: 1 });
      const chunk = graph.op("Shape", [prefillRows], { start: 1, end: 2 });
      return {
        ...this.group(prefillBlocks, prefillCached, count, chunk),
        causalMask: this.causalMask(chunk),
      };
    });
  }

  layer(index: number, { query, key, value }: AttentionRows): Value {
    const { graph, config } = this;
    const poolShape = [config.kvHeads, "pool_blocks", this.blockSize, config.headDim];
    const keyPool = graph.input(attentionInputs.keyPool(index), DataType.FLOAT, poolShape);
    const valuePool = graph.input(attentionInputs.valuePool(index), DataType.FLOAT, poolShape);
    const [queries, keys, values] = [query, key, value].map((rows) =>
      graph.operator("Split", [rows, this.groupSizes], { attributes: { axis: 0 }, outputs: 2 }),
    );
    const decoded = graph.scope("decodes", () =>
      this.attend(this.decodes, { query: queries[0], key: keys[0], value: values[0] }, keyPool, valuePool),
    );
    const prefilled = graph.scope("prefills", () => {
      const padded = [queries[1], keys[1], values[1]].map((rows) =>
        graph.op("Gather", [rows, this.prefillRows]),
      );
      const context = this.attend(
        this.prefills,
        { query: padded[0], key: padded[1], value: padded[2] },
        keyPool,
        valuePool,
      );
      return graph.op("Gather", [context, this.prefillSlots]);
    });
    return graph.op("Concat", [decoded, prefilled], { axis: 0 });
  }

  private group(blocks: Value, cached: Value, count: Value, chunk: Value): Group {
    const { graph, config } = this;
    const kvHeads = graph.ints(config.kvHeads);
    const perKvHead = graph.ints(config.heads / config.kvHeads);
    const headDim = graph.ints(config.headDim);
    const blockCount = graph.op("Shape", [blocks], { start: 1, end: 2 });
    const slots = graph.op("Mul", [blockCount, graph.ints(this.blockSize)]);
    const shape = (...dims: Value[]) => graph.op("Concat", dims, { axis: 0 });
    return {
      blocks,
      cachedMask: this.cachedMask(slots, cached),
      queryShape: shape(count, chunk, kvHeads, perKvHead, headDim),
      foldedQueryShape: shape(kvHeads, count, graph.op("Mul", [perKvHead, chunk]), headDim),
      keyShape: shape(count, chunk, kvHeads, headDim),
      foldedCacheShape: shape(kvHeads, count, slots, headDim),
      contextShape: shape(kvHeads, count, perKvHead, chunk, headDim),
    };
  }

  private cachedMask(slots: Value, cached: Value): Value {
    const { graph } = this;
    const positions = graph.op("Range", [graph.int(0), graph.op("Squeeze", [slots]), graph.int(1)]);
    const limits = graph.op("Unsqueeze", [
      graph.op("Cast", [cached], { to: DataType.INT64 }),
      graph.ints(0, 2, 3),
    ]);
    return this.hideUnless(graph.op("Less", [positions, limits]));
  }

  private causalMask(chunk: Value): Value {
    const { graph, config } = this;
    const positions = graph.op("Range", [graph.int(0), graph.op("Squeeze", [chunk]), graph.int(1)]);
    const later = graph.op("LessOrEqual", [positions, graph.op("Unsqueeze", [positions, graph.ints(1)])]);
    const perHead = graph.op("Unsqueeze", [this.hideUnless(later), graph.ints(0, 1)]);
    return graph.op("Tile", [perHead, graph.ints(1, 1, config.heads / config.kvHeads, 1)]);
  }

  private hideUnless(visible: Value): Value {
    return this.graph.op("Where", [visible, this.graph.float(0), this.graph.float(HIDDEN)]);
  }

  /** Rows in and out are `[sequences * chunk, width]`. */
  private attend(group: Group, rows: AttentionRows, keyPool: Value, valuePool: Value): Value {
    const { graph, config } = this;
    const width = config.heads * config.headDim;
    const query = this.shaped(
      graph.transpose(this.shaped(rows.query, group.queryShape), 2, 0, 3, 1, 4),
      group.foldedQueryShape,
    );
    const newKeys = graph.transpose(this.shaped(rows.key, group.keyShape), 2, 0, 1, 3);
    const newValues = graph.transpose(this.shaped(rows.value, group.keyShape), 2, 0, 1, 3);
    const cachedKeys = this.cached(keyPool, group);
    const cachedValues = this.cached(valuePool, group);

    const cachedScores = graph.op("Add", [this.scores(query, cachedKeys), group.cachedMask]);
    const unmasked = this.scores(query, newKeys);
    const newScores = group.causalMask ? graph.op("Add", [unmasked, group.causalMask]) : unmasked;
    const weights = graph.op("Softmax", [graph.op("Concat", [cachedScores, newScores], { axis: -1 })], {
      axis: -1,
    });
    const lengths = graph.op("Concat", [this.lastDimension(cachedScores), this.lastDimension(newScores)], {
      axis: 0,
    });
    const [cachedWeights, newWeights] = graph.operator("Split", [weights, lengths], {
      attributes: { axis: -1 },
      outputs: 2,
    });
    const context = graph.op("Add", [
      graph.op("MatMul", [cachedWeights, cachedValues]),
      graph.op("MatMul", [newWeights, newValues]),
    ]);
    return graph.reshape(graph.transpose(this.shaped(context, group.contextShape), 1, 3, 0, 2, 4), -1, width);
  }

  private cached(pool: Value, group: Group): Value {
    return this.shaped(this.graph.op("Gather", [pool, group.blocks], { axis: 1 }), group.foldedCacheShape);
  }

  /** Reshapes also where a group is empty: there a length of zero is a length, not "as before". */
  private shaped(value: Value, shape: Value): Value {
    return this.graph.op("Reshape", [value, shape], { allowzero: 1 });
  }

  private scores(query: Value, keys: Value): Value {
    const alpha = { float: 1 / Math.sqrt(this.config.headDim) };
    return this.graph.contrib("FusedMatMul", [query, keys], { alpha, transB: 1 });
  }

  private lastDimension(value: Value): Value {
    return this.graph.op("Shape", [value], { start: -1 });
  }
}
