import type { DecoderConfig } from "../decoder-config";
import { type KvCachePrecision, kvCacheNumbers } from "../kv-cache-precision";
import type { GraphBuilder, Value } from "../onnx/graph-builder";
import { DataType } from "../onnx/model-proto";
import type { AttentionRows, PagedAttention } from "./paged-attention";

/** Names of the graph inputs through which a step describes its sequences. */
export const attentionInputs = {
  /** int32 `[decodes, blocks]`: block tables of the decode group, padded with the null block. */
  decodeBlocks: "decode_blocks",
  /** int32 `[decodes]`: tokens of each that are cached. */
  decodeCached: "decode_cached",
  /** int32 `[prefills, blocks]`: block tables of the prefill group. */
  prefillBlocks: "prefill_blocks",
  /** int32 `[prefills]`: tokens of each that are cached. */
  prefillCached: "prefill_cached",
  /** int32 `[prefills, chunk]`: the packed row of each token of each chunk, counted from the first prefill row; padded. */
  prefillRows: "prefill_rows",
  /** int32 `[prefill tokens]`: where each packed row lies in `prefill_rows`, flattened. */
  prefillSlots: "prefill_slots",
  /** `[kvHeads, blocks, blockSize, headDim]` in the cache's precision: the pool of one layer. */
  keyPool: (layer: number) => `key_pool.${layer}`,
  valuePool: (layer: number) => `value_pool.${layer}`,
} as const;

/** Additive masks, alike for all layers with the same window. */
type Masks = Readonly<{
  /** `[1, sequences, 1 or group * chunk, blocks * blockSize]`: hides what lies beyond the cached tokens or the window */
  cached: Value;
  /** `[group * chunk, chunk]`: hides what comes later in the chunk or lies outside the window. Absent for one token. */
  chunk?: Value;
}>;

/** Sequences that compute the same (padded) number of tokens in a step. */
type Group = Readonly<{
  /** int32 `[sequences, blocks]` */
  blocks: Value;
  /** By the windows of the layers; `undefined` for layers that have none. */
  masks: ReadonlyMap<number | undefined, Masks>;
  /** int64 `[4]`: kvHeads, sequences, blocks * blockSize, headDim */
  foldedCacheShape: Value;
  /** int64 `[2]`: slots of the gathered blocks, new tokens */
  keyCounts: Value;
}>;

/** How the rows of chunks are folded by head, and back. */
type ChunkShapes = Readonly<{
  /** int64 `[5]`: sequences, chunk, kvHeads, group, headDim */
  query: Value;
  /** int64 `[4]`: kvHeads, sequences, group * chunk, headDim */
  foldedQuery: Value;
  /** int64 `[4]`: sequences, chunk, kvHeads, headDim */
  key: Value;
  /** int64 `[5]`: kvHeads, sequences, group, chunk, headDim */
  context: Value;
}>;

/** What attention works with, KV heads outermost. */
type HeadRows = Readonly<{
  /** `[kvHeads, sequences, group * chunk, headDim]` */
  query: Value;
  /** `[kvHeads, sequences, chunk, headDim]` */
  keys: Value;
  values: Value;
}>;

type Pools = Readonly<{ keys: Value; values: Value }>;

const HIDDEN = -1e30;

/**
 * Paged attention out of plain operators, for the CPU, which has no kernel for it: gather the blocks of each block
 * table, score the cached and the new tokens separately, one softmax over both. Neither K nor V is copied beyond the
 * gather. The pool has the KV heads outermost, since then the gathered blocks need no transpose.
 *
 * The tokens of a step come packed in two groups (`step-groups.ts`): first sequences that compute one token, then those
 * that compute a chunk, or one token after much more than the others have. Padding a decode to the length of a chunk
 * would multiply its attention. Most steps have no second group: they take a branch of their own, since with one
 * sequence the operators of an empty group, and those that part the groups and join them, took an eighth of a step in
 * int8.
 */
export class GatheredBlockAttention implements PagedAttention {
  private readonly decodes: Group;
  private readonly prefills: Group;
  private readonly chunkShapes: ChunkShapes;
  private readonly groupSizes: Value;
  private readonly prefillRows: Value;
  private readonly prefillSlots: Value;
  private readonly hasPrefills: Value;

  constructor(
    private readonly graph: GraphBuilder,
    private readonly config: DecoderConfig,
    private readonly cache: Readonly<{ blockSize: number; kvCachePrecision: KvCachePrecision }>,
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
    const prefillTokens = graph.op("Shape", [this.prefillSlots]);
    this.hasPrefills = graph.op("Greater", [prefillTokens, graph.ints(0)]);
    this.groupSizes = graph.op("Concat", [decodeCount, prefillTokens], { axis: 0 });
    this.decodes = graph.scope("decodes", () => this.group(decodeBlocks, decodeCached, decodeCount));
    const [count, chunk] = [0, 1].map((axis) =>
      graph.op("Shape", [prefillRows], { start: axis, end: axis + 1 }),
    );
    this.prefills = graph.scope("prefills", () => this.group(prefillBlocks, prefillCached, count, chunk));
    this.chunkShapes = graph.scope("prefills", () => this.shapesOfChunks(count, chunk));
  }

  layer(index: number, rows: AttentionRows): Value {
    const { graph, config } = this;
    const { blockSize, kvCachePrecision } = this.cache;
    const { type } = kvCacheNumbers[kvCachePrecision];
    const poolShape = [config.kvHeads, "pool_blocks", blockSize, config.headDim];
    const pools = {
      keys: graph.input(attentionInputs.keyPool(index), type, poolShape),
      values: graph.input(attentionInputs.valuePool(index), type, poolShape),
    };
    const { window } = config.layerAttention[index];
    return graph.when(
      this.hasPrefills,
      () => this.attendInGroups(rows, window, pools),
      () => graph.scope("decodes", () => this.attendOne(rows, window, pools)),
      ["tokens", config.heads * config.headDim],
    );
  }

  /** @param chunk int64 `[1]`: how many tokens each sequence computes; one where absent */
  private group(blocks: Value, cached: Value, count: Value, chunk?: Value): Group {
    const { graph, config } = this;
    const blockCount = graph.op("Shape", [blocks], { start: 1, end: 2 });
    const slots = graph.op("Mul", [blockCount, graph.ints(this.cache.blockSize)]);
    return {
      blocks,
      masks: this.masks(slots, cached, chunk),
      foldedCacheShape: this.shape(graph.ints(config.kvHeads), count, slots, graph.ints(config.headDim)),
      keyCounts: this.shape(slots, chunk ?? graph.ints(1)),
    };
  }

  private shapesOfChunks(count: Value, chunk: Value): ChunkShapes {
    const { graph, config } = this;
    const kvHeads = graph.ints(config.kvHeads);
    const perKvHead = graph.ints(config.heads / config.kvHeads);
    const headDim = graph.ints(config.headDim);
    return {
      query: this.shape(count, chunk, kvHeads, perKvHead, headDim),
      foldedQuery: this.shape(kvHeads, count, graph.op("Mul", [perKvHead, chunk]), headDim),
      key: this.shape(count, chunk, kvHeads, headDim),
      context: this.shape(kvHeads, count, perKvHead, chunk, headDim),
    };
  }

  private shape(...dims: Value[]): Value {
    return this.graph.op("Concat", dims, { axis: 0 });
  }

  private masks(slots: Value, cached: Value, chunk: Value | undefined): Group["masks"] {
    const { graph } = this;
    const cachedPositions = this.range(slots);
    // One row per sequence: the position of its first new token, which is the number of its cached ones.
    const starts = graph.op("Unsqueeze", [
      graph.op("Cast", [cached], { to: DataType.INT64 }),
      graph.ints(0, 2, 3),
    ]);
    const chunkOffsets = chunk && this.range(chunk);
    const queryOffsets = chunkOffsets && this.perQuery(chunkOffsets);
    const isCached = graph.op("Less", [cachedPositions, starts]);
    const isBefore = queryOffsets && graph.op("LessOrEqual", [chunkOffsets, queryOffsets]);
    const windows = new Set(this.config.layerAttention.map(({ window }) => window));
    return new Map(
      [...windows].map((window) => {
        const queryPositions = queryOffsets ? graph.op("Add", [starts, queryOffsets]) : starts;
        return [
          window,
          {
            cached: this.mask(isCached, cachedPositions, queryPositions, window),
            chunk: isBefore && this.mask(isBefore, chunkOffsets, queryOffsets, window),
          },
        ];
      }),
    );
  }

  /** Hides keys that are not visible, or that lie `window` or more before the query. */
  private mask(visible: Value, keys: Value, queries: Value, window: number | undefined): Value {
    const { graph } = this;
    const hideUnless = (shown: Value) => graph.op("Where", [shown, graph.float(0), graph.float(HIDDEN)]);
    if (window === undefined) return hideUnless(visible);
    const first = graph.op("Sub", [queries, graph.int(window)]);
    return hideUnless(graph.op("And", [visible, graph.op("Greater", [keys, first])]));
  }

  /** `[chunk]` to `[group * chunk, 1]`: the queries of a KV head lie head by head. */
  private perQuery(offsets: Value): Value {
    const { graph, config } = this;
    const tiled = graph.op("Tile", [offsets, graph.ints(config.heads / config.kvHeads)]);
    return graph.op("Unsqueeze", [tiled, graph.ints(1)]);
  }

  /** int64: 0 to `length - 1`. */
  private range(length: Value): Value {
    const { graph } = this;
    return graph.op("Range", [graph.int(0), graph.op("Squeeze", [length]), graph.int(1)]);
  }

  /** Rows in and out are `[tokens, width]`, first those of the decodes. */
  private attendInGroups(
    { query, key, value }: AttentionRows,
    window: number | undefined,
    pools: Pools,
  ): Value {
    const { graph } = this;
    const [queries, keys, values] = [query, key, value].map((rows) =>
      graph.operator("Split", [rows, this.groupSizes], { attributes: { axis: 0 }, outputs: 2 }),
    );
    const decoded = graph.scope("decodes", () =>
      this.attendOne({ query: queries[0], key: keys[0], value: values[0] }, window, pools),
    );
    const prefilled = graph.scope("prefills", () => {
      const padded = [queries[1], keys[1], values[1]].map((rows) =>
        graph.op("Gather", [rows, this.prefillRows]),
      );
      const context = this.attendChunks(
        { query: padded[0], key: padded[1], value: padded[2] },
        window,
        pools,
      );
      return graph.op("Gather", [context, this.prefillSlots]);
    });
    return graph.op("Concat", [decoded, prefilled], { axis: 0 });
  }

  /** Rows in and out are `[sequences, width]`: each sequence computes one token. */
  private attendOne({ query, key, value }: AttentionRows, window: number | undefined, pools: Pools): Value {
    const { graph, config } = this;
    const { heads, kvHeads, headDim } = config;
    const byHead = (rows: Value, group: number) =>
      graph.transpose(graph.reshape(rows, -1, kvHeads, group, headDim), 1, 0, 2, 3);
    const context = this.attend(
      this.decodes,
      window,
      { query: byHead(query, heads / kvHeads), keys: byHead(key, 1), values: byHead(value, 1) },
      pools,
    );
    return graph.reshape(graph.transpose(context, 1, 0, 2, 3), -1, heads * headDim);
  }

  /** Rows in and out are `[sequences * chunk, width]`. */
  private attendChunks(
    { query, key, value }: AttentionRows,
    window: number | undefined,
    pools: Pools,
  ): Value {
    const { graph, config, prefills: group, chunkShapes: shapes } = this;
    const turned = graph.transpose(this.shaped(query, shapes.query), 2, 0, 3, 1, 4);
    const byHead = (rows: Value) => graph.transpose(this.shaped(rows, shapes.key), 2, 0, 1, 3);
    const context = this.attend(
      group,
      window,
      { query: this.shaped(turned, shapes.foldedQuery), keys: byHead(key), values: byHead(value) },
      pools,
    );
    const unfolded = graph.transpose(this.shaped(context, shapes.context), 1, 3, 0, 2, 4);
    return graph.reshape(unfolded, -1, config.heads * config.headDim);
  }

  /** @returns `[kvHeads, sequences, group * chunk, headDim]` */
  private attend(group: Group, window: number | undefined, rows: HeadRows, pools: Pools): Value {
    const { graph } = this;
    const masks = group.masks.get(window) as Masks;
    const cachedScores = graph.op("Add", [
      this.scores(rows.query, this.cached(pools.keys, group)),
      masks.cached,
    ]);
    const unmasked = this.scores(rows.query, rows.keys);
    const newScores = masks.chunk ? graph.op("Add", [unmasked, masks.chunk]) : unmasked;
    const scores = graph.op("Concat", [cachedScores, newScores], { axis: -1 });
    const weights = graph.op("Softmax", [scores], { axis: -1 });
    const [cachedWeights, newWeights] = graph.operator("Split", [weights, group.keyCounts], {
      attributes: { axis: -1 },
      outputs: 2,
    });
    return graph.op("Add", [
      graph.op("MatMul", [cachedWeights, this.cached(pools.values, group)]),
      graph.op("MatMul", [newWeights, rows.values]),
    ]);
  }

  private cached(pool: Value, group: Group): Value {
    const { graph } = this;
    const gathered = this.shaped(
      graph.op("Gather", [pool, group.blocks], { axis: 1 }),
      group.foldedCacheShape,
    );
    if (this.cache.kvCachePrecision === "float32") return gathered;
    return graph.op("Cast", [gathered], { to: DataType.FLOAT });
  }

  /** Reshapes also where a group is empty: there a length of zero is a length, not "as before". */
  private shaped(value: Value, shape: Value): Value {
    return this.graph.op("Reshape", [value, shape], { allowzero: 1 });
  }

  private scores(query: Value, keys: Value): Value {
    const { graph } = this;
    const { attentionScale, attentionSoftcap } = this.config;
    const alpha = { float: attentionScale / (attentionSoftcap ?? 1) };
    const scores = graph.contrib("FusedMatMul", [query, keys], { alpha, transB: 1 });
    if (attentionSoftcap === undefined) return scores;
    return graph.op("Mul", [graph.op("Tanh", [scores]), graph.float(attentionSoftcap)]);
  }
}
