import type { BlockHashes } from "./block-hashes";
import type { BlockPool } from "./block-pool";
import { ChildBlocks } from "./child-blocks";

/** What is cached of a sequence's beginning. */
export type PrefixMatch = Readonly<{
  /** Blocks that hold its first tokens. */
  blocks: readonly number[];
  /** A block whose first `tokens` tokens are those that follow: they can be copied. */
  tail?: Readonly<{ block: number; tokens: number }>;
}>;

export const NO_MATCH: PrefixMatch = { blocks: [] };

/** Among so many children of a block, the newest, one with the same next tokens is looked for. */
const TAIL_CANDIDATES = 16;

/**
 * Finds the blocks whose keys and values an earlier sequence computed for the same tokens. Only full blocks can be
 * found, and only as long as the pool has not taken them for other content. Of several blocks with the same tokens the
 * first is found: the others are worth nothing once their sequence has ended.
 */
export class PrefixCache {
  private readonly blockOf = new Map<string, number>();
  private readonly digests: (string | undefined)[];
  /** `[block, blockSize]`: the tokens of cached blocks, to tell how much of one a sequence shares. */
  private readonly tokens: Int32Array;
  private readonly children: ChildBlocks;

  constructor(
    private readonly pool: BlockPool,
    private readonly blockSize: number,
  ) {
    this.digests = new Array(pool.size + 1).fill(undefined);
    this.tokens = new Int32Array((pool.size + 1) * blockSize);
    this.children = new ChildBlocks(pool.size + 1);
    pool.onEviction((block) => this.drop(block));
  }

  /** @param limit most tokens to find: the last token of a sequence is computed, since its scores are wanted */
  match(tokens: readonly number[], hashes: BlockHashes, limit: number): PrefixMatch {
    const blocks: number[] = [];
    const fullBlocks = Math.floor(limit / this.blockSize);
    while (blocks.length < fullBlocks) {
      const block = this.blockOf.get(hashes.at(blocks.length));
      if (block === undefined) break;
      blocks.push(block);
    }
    return { blocks, tail: this.tail(tokens, hashes, blocks.length, limit) };
  }

  /** Lets the block be found, whose content is computed: it holds the tokens of the sequence's block at `index`. */
  publish(tokens: readonly number[], hashes: BlockHashes, index: number, block: number): void {
    const digest = hashes.at(index);
    if (this.blockOf.has(digest)) return;
    if (this.digests[block] !== undefined) throw new Error(`invariant: block ${block} is cached already`);
    this.pool.markCached(block);
    this.blockOf.set(digest, block);
    this.digests[block] = digest;
    this.children.add(hashes.parentOf(index), block);
    for (let offset = 0; offset < this.blockSize; offset++)
      this.tokens[block * this.blockSize + offset] = tokens[index * this.blockSize + offset];
  }

  /** Lets none of these blocks be found any more: their content may be damaged. */
  forget(blocks: Iterable<number>): void {
    for (const block of blocks) {
      if (this.digests[block] === undefined) continue;
      this.drop(block);
      this.pool.unmarkCached(block);
    }
  }

  private tail(
    tokens: readonly number[],
    hashes: BlockHashes,
    index: number,
    limit: number,
  ): PrefixMatch["tail"] {
    const start = index * this.blockSize;
    const most = Math.min(limit - start, this.blockSize);
    if (most <= 0) return undefined;
    let best: PrefixMatch["tail"];
    for (const block of this.children.of(hashes.parentOf(index), TAIL_CANDIDATES)) {
      let shared = 0;
      while (shared < most && this.tokens[block * this.blockSize + shared] === tokens[start + shared])
        shared++;
      if (shared > (best?.tokens ?? 0)) best = { block, tokens: shared };
    }
    return best;
  }

  private drop(block: number): void {
    this.blockOf.delete(this.digests[block] as string);
    this.digests[block] = undefined;
    this.children.remove(block);
  }
}
