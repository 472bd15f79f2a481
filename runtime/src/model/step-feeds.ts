import { Tensor } from "onnxruntime-node";
import { NULL_BLOCK } from "../kv/block-pool";
import type { ScoresWanted } from "../sampling/token-scores";
import { attentionInputs } from "./attention/gathered-blocks";
import { decoderInputs } from "./decoder-graph";
import { scoreInputs } from "./score-head";
import type { BatchEntry, StepBatch } from "./step-batch";
import { groupStep } from "./step-groups";

/** A row of the logits: what is wanted of it, and where its scores lie among those that a step fetches. */
export type ScoredRow = Readonly<{ wanted: ScoresWanted; at: number }>;

/** What one step feeds to the session besides the embeddings and the pool. */
export type StepFeeds = Readonly<{
  feeds: Record<string, Tensor>;
  /** `[tokens]`: packed, first the tokens of the decodes, then those of the prefill chunks. */
  tokenIds: Int32Array;
  /** `[tokens]`: where each new token lies among the pool's slots. */
  slots: Int32Array;
  /** Per entry, decodes first. */
  scored: readonly (readonly ScoredRow[])[];
  wantsBest: boolean;
  wantsTop: boolean;
  wantsAll: boolean;
}>;

/** Lays a batch out as the graph's inputs. Plain loops over typed arrays: this is time that every step pays. */
export function stepFeeds(batch: StepBatch, blockSize: number): StepFeeds {
  const groups = groupStep(batch);
  const entries = [...groups.decodes, ...groups.chunks];
  const tokens = entries.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0);
  const tokenIds = new Int32Array(tokens);
  const positions = new BigInt64Array(tokens);
  // The low halves of the positions: no position needs the high ones, and numbers are cheaper than bigints.
  const lowPositions = new Int32Array(positions.buffer);
  const slots = new Int32Array(tokens);
  let row = 0;
  for (const entry of entries)
    for (let offset = 0; offset < entry.tokenIds.length; offset++, row++) {
      const position = entry.start + offset;
      tokenIds[row] = entry.tokenIds[offset];
      lowPositions[2 * row] = position;
      slots[row] = entry.blocks[Math.floor(position / blockSize)] * blockSize + (position % blockSize);
    }
  const { rows, scored, feeds } = scoredRows(entries);
  return {
    feeds: {
      ...feeds,
      [decoderInputs.positions]: new Tensor("int64", positions, [tokens, 1]),
      [attentionInputs.decodeBlocks]: cachedBlocks(groups.decodes, blockSize),
      [attentionInputs.decodeCached]: cachedTokens(groups.decodes),
      [attentionInputs.prefillBlocks]: cachedBlocks(groups.chunks, blockSize),
      [attentionInputs.prefillCached]: cachedTokens(groups.chunks),
      ...chunkPlaces(groups.chunks),
    },
    tokenIds,
    slots,
    scored: [...batch.decodes, ...batch.prefills].map((entry) => scored.get(entry) as readonly ScoredRow[]),
    wantsBest: rows.some(({ wanted }) => wanted.kind === "best"),
    wantsTop: rows.some(({ wanted }) => wanted.kind === "top"),
    wantsAll: rows.some(({ wanted }) => wanted.kind === "all"),
  };
}

/** Which rows' scores are wanted, and how much of each. */
function scoredRows(entries: readonly BatchEntry[]) {
  const rows: ScoredRow[] = [];
  const sampleRows: number[] = [];
  const topRows: number[] = [];
  const temperatures: number[] = [];
  const fullRows: number[] = [];
  let end = 0;
  const scored = new Map<BatchEntry, readonly ScoredRow[]>();
  for (const entry of entries) {
    const { tokenIds, scoredRows, scores } = entry;
    end += tokenIds.length;
    const own: ScoredRow[] = [];
    for (let row = end - scoredRows; row < end; row++) {
      const sample = sampleRows.push(row) - 1;
      if (scores.kind === "top") {
        temperatures.push(scores.temperature);
        own.push({ wanted: scores, at: topRows.push(sample) - 1 });
      } else if (scores.kind === "all") own.push({ wanted: scores, at: fullRows.push(sample) - 1 });
      else own.push({ wanted: scores, at: sample });
    }
    rows.push(...own);
    scored.set(entry, own);
  }
  // The graph wants a row even where none is scored: ArgMax takes no empty tensor.
  if (sampleRows.length === 0) sampleRows.push(0);
  const feeds = {
    [decoderInputs.sampleRows]: int32(sampleRows, sampleRows.length),
    [scoreInputs.topRows]: int32(topRows, topRows.length),
    [scoreInputs.temperatures]: new Tensor("float32", Float32Array.from(temperatures), [topRows.length, 1]),
    [scoreInputs.fullRows]: int32(fullRows, fullRows.length),
  };
  return { rows, scored, feeds };
}

/** The blocks that hold cached tokens, padded to the longest table and at least one. */
function cachedBlocks(group: readonly BatchEntry[], blockSize: number): Tensor {
  const used = group.map(({ start }) => Math.ceil(start / blockSize));
  const width = Math.max(1, ...used);
  const padded = new Int32Array(group.length * width).fill(NULL_BLOCK);
  for (const [row, { blocks }] of group.entries())
    for (let at = 0; at < used[row]; at++) padded[row * width + at] = blocks[at];
  return new Tensor("int32", padded, [group.length, width]);
}

function cachedTokens(group: readonly BatchEntry[]): Tensor {
  return int32(
    group.map(({ start }) => start),
    group.length,
  );
}

/**
 * Chunks of different lengths are attended to as one padded rectangle; here is which row lies where in it. A chunk is
 * padded with its own first row: what is hidden still counts where it is NaN, which must stay with its sequence.
 */
function chunkPlaces(chunks: readonly BatchEntry[]): Record<string, Tensor> {
  const width = Math.max(1, ...chunks.map(({ tokenIds }) => tokenIds.length));
  const rows = new Int32Array(chunks.length * width);
  const slots: number[] = [];
  for (const [index, { tokenIds }] of chunks.entries()) {
    rows.fill(slots.length, index * width, (index + 1) * width);
    for (let offset = 0; offset < tokenIds.length; offset++) {
      rows[index * width + offset] = slots.length;
      slots.push(index * width + offset);
    }
  }
  return {
    [attentionInputs.prefillRows]: new Tensor("int32", rows, [chunks.length, width]),
    [attentionInputs.prefillSlots]: int32(slots, slots.length),
  };
}

function int32(values: readonly number[], ...dims: number[]): Tensor {
  return new Tensor("int32", Int32Array.from(values), dims);
}
