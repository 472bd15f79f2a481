import { InferenceSession, Tensor } from "onnxruntime-node";
import { NULL_BLOCK } from "../kv/block-pool";
import type { TokenScores } from "../sampling/token-scores";
import { attentionInputs } from "./attention/gathered-blocks";
import type { Checkpoint } from "./checkpoint";
import { buildDecoderGraph, decoderInputs, decoderOutputs } from "./decoder-graph";
import { KvPool } from "./kv-pool";
import type { BatchEntry, StepBatch, StepScores } from "./step-batch";

export type ModelRunnerOptions = Readonly<{
  blockSize: number;
  /** Blocks of the pool, the null block among them. */
  blocks: number;
  maxModelLen: number;
  threads: number;
}>;

/** Runs batches on a session and keeps the KV cache. */
export class ModelRunner {
  private constructor(
    private readonly session: InferenceSession,
    private readonly checkpoint: Checkpoint,
    private readonly pool: KvPool,
    private readonly blockSize: number,
  ) {}

  static async create(checkpoint: Checkpoint, options: ModelRunnerOptions): Promise<ModelRunner> {
    const session = await InferenceSession.create(buildDecoderGraph(checkpoint, options), {
      intraOpNumThreads: options.threads,
      // Patterns are kept per shape, and the shapes of continuous batching do not repeat: memory would only grow.
      enableMemPattern: false,
      extra: { session: { model_external_initializers_file_folder_path: checkpoint.weightsDirectory } },
    });
    const pool = new KvPool(checkpoint.config, options.blocks, options.blockSize);
    return new ModelRunner(session, checkpoint, pool, options.blockSize);
  }

  /**
   * Computes the batch's tokens, writes their keys and values into the cache and returns what sampling needs. Where
   * it throws, the cache holds nothing new that a block table would show.
   */
  async run(batch: StepBatch): Promise<StepScores> {
    for (const { from, to } of batch.copies) this.pool.copyBlock(from, to);
    const { layers } = this.checkpoint.config;
    const entries = [...batch.decodes, ...batch.prefills];
    const cacheRows = Array.from({ length: layers }, (_, layer) => [
      decoderOutputs.newKeys(layer),
      decoderOutputs.newValues(layer),
    ]).flat();
    const isGreedy = entries.every(({ scoredRows, scores }) => scoredRows === 0 || scores.kind === "best");
    const wanted = isGreedy ? decoderOutputs.greedyIds : decoderOutputs.logits;
    const outputs = await this.session.run(this.feeds(batch, entries), [...cacheRows, wanted]);
    const rows = (name: string) => outputs[name].data as Float32Array;
    const slots = this.slots(entries);
    for (let layer = 0; layer < layers; layer++) {
      this.pool.write(this.pool.keys[layer], rows(decoderOutputs.newKeys(layer)), slots);
      this.pool.write(this.pool.values[layer], rows(decoderOutputs.newValues(layer)), slots);
    }
    let row = 0;
    return entries.map(({ scoredRows }) =>
      Array.from({ length: scoredRows }, () => this.scores(outputs[wanted], isGreedy, row++)),
    );
  }

  private scores({ data }: Tensor, isGreedy: boolean, row: number): TokenScores {
    if (isGreedy) return { kind: "best", tokenId: Number((data as BigInt64Array)[row]) };
    const { vocabSize } = this.checkpoint.config;
    return {
      kind: "all",
      logits: (data as Float32Array).subarray(row * vocabSize, (row + 1) * vocabSize),
    };
  }

  async release(): Promise<void> {
    await this.session.release();
  }

  private feeds(batch: StepBatch, entries: readonly BatchEntry[]): Record<string, Tensor> {
    const tokenIds = entries.flatMap((entry) => entry.tokenIds);
    const positions = entries.flatMap(({ tokenIds, start }) =>
      tokenIds.map((_, offset) => BigInt(start + offset)),
    );
    const sampleRows: number[] = [];
    let rows = 0;
    for (const entry of entries) {
      rows += entry.tokenIds.length;
      for (let row = rows - entry.scoredRows; row < rows; row++) sampleRows.push(row);
    }
    // The graph wants a row even where none samples: its operators do not all take an empty tensor.
    if (sampleRows.length === 0) sampleRows.push(0);
    const feeds: Record<string, Tensor> = {
      [decoderInputs.tokenIds]: int32(tokenIds, tokenIds.length),
      [decoderInputs.positions]: new Tensor("int64", BigInt64Array.from(positions), [positions.length, 1]),
      [decoderInputs.sampleRows]: int32(sampleRows, sampleRows.length),
      [attentionInputs.decodeBlocks]: this.cachedBlocks(batch.decodes),
      [attentionInputs.decodeCached]: cachedTokens(batch.decodes),
      [attentionInputs.prefillBlocks]: this.cachedBlocks(batch.prefills),
      [attentionInputs.prefillCached]: cachedTokens(batch.prefills),
      ...chunkPlaces(batch.prefills),
    };
    for (const [layer, tensor] of this.pool.keys.entries()) feeds[attentionInputs.keyPool(layer)] = tensor;
    for (const [layer, tensor] of this.pool.values.entries())
      feeds[attentionInputs.valuePool(layer)] = tensor;
    return feeds;
  }

  /** The blocks that hold cached tokens, padded to the longest table and at least one. */
  private cachedBlocks(group: readonly BatchEntry[]): Tensor {
    const used = group.map(({ start }) => Math.ceil(start / this.blockSize));
    const width = Math.max(1, ...used);
    const padded = new Int32Array(group.length * width).fill(NULL_BLOCK);
    for (const [row, { blocks }] of group.entries()) padded.set(blocks.slice(0, used[row]), row * width);
    return int32(padded, group.length, width);
  }

  /** Where each new token lies among the pool's slots. */
  private slots(entries: readonly BatchEntry[]): Int32Array {
    const slot = (blocks: readonly number[], position: number) =>
      blocks[Math.floor(position / this.blockSize)] * this.blockSize + (position % this.blockSize);
    return Int32Array.from(
      entries.flatMap(({ tokenIds, start, blocks }) =>
        tokenIds.map((_, offset) => slot(blocks, start + offset)),
      ),
    );
  }
}

function int32(values: ArrayLike<number>, ...dims: number[]): Tensor {
  return new Tensor("int32", Int32Array.from(values), dims);
}

function cachedTokens(group: readonly BatchEntry[]): Tensor {
  return int32(
    group.map(({ start }) => start),
    group.length,
  );
}

/** Chunks of different lengths are attended to as one padded rectangle; here is which row lies where in it. */
function chunkPlaces(prefills: readonly BatchEntry[]): Record<string, Tensor> {
  const width = Math.max(1, ...prefills.map(({ tokenIds }) => tokenIds.length));
  const rows = new Int32Array(prefills.length * width);
  const slots: number[] = [];
  for (const [index, { tokenIds }] of prefills.entries())
    for (const offset of tokenIds.keys()) {
      rows[index * width + offset] = slots.length;
      slots.push(index * width + offset);
    }
  return {
    [attentionInputs.prefillRows]: int32(rows, prefills.length, width),
    [attentionInputs.prefillSlots]: int32(slots, slots.length),
  };
}
