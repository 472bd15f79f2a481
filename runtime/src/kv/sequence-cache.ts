import { BlockHashes } from "./block-hashes";
import type { BlockPool } from "./block-pool";
import { type BlockCopy, BlockTable } from "./block-table";
import { NO_MATCH, type PrefixCache, type PrefixMatch } from "./prefix-cache";

/** The cache that all sequences share. */
export type KvCache = Readonly<{
  pool: BlockPool;
  blockSize: number;
  /** Absent where prefixes are not shared. */
  prefixes?: PrefixCache;
}>;

/** What the cache holds of one sequence: where its keys and values lie, and how many of its tokens they cover. */
export class SequenceCache {
  private readonly table: BlockTable;
  private readonly hashes: BlockHashes;
  private computedTokens = 0;
  /** Blocks from the first on that can be found, or whose tokens can be found in another. */
  private publishedBlocks = 0;

  /** @param tokens the sequence's, to which more may be appended; never those of a draft */
  constructor(
    private readonly cache: KvCache,
    private readonly tokens: readonly number[],
    salt?: string,
    parent?: SequenceCache,
  ) {
    this.table = parent?.table.fork() ?? new BlockTable(cache.pool, cache.blockSize);
    this.hashes = parent?.hashes.fork(tokens) ?? new BlockHashes(tokens, cache.blockSize, salt);
    if (parent) {
      this.computedTokens = parent.computedTokens;
      this.publishedBlocks = parent.publishedBlocks;
    }
  }

  get blocks(): readonly number[] {
    return this.table.blocks;
  }

  /** Tokens whose keys and values are in the cache. */
  get computed(): number {
    return this.computedTokens;
  }

  /** Blocks to allocate before the cache has room for the first `tokens` tokens. */
  missingFor(tokens: number): number {
    return this.table.missingFor(tokens, this.computedTokens);
  }

  /** Tokens that the present blocks have room for together with this many more. */
  roomWith(freeBlocks: number): number {
    const { blockSize } = this.cache;
    const held = this.blocks.length;
    const copies = this.missingFor(held * blockSize);
    return copies > freeBlocks ? this.computedTokens : (held + freeBlocks - copies) * blockSize;
  }

  /** What of the sequence can be found without computing it, at most all but its last token. */
  find(): PrefixMatch {
    return this.cache.prefixes?.match(this.tokens, this.hashes, this.tokens.length - 1) ?? NO_MATCH;
  }

  /** Blocks that must be free before the whole sequence has room, given what was found of it. */
  missingWith({ blocks }: PrefixMatch): number {
    const { pool, blockSize } = this.cache;
    let missing = Math.ceil(this.tokens.length / blockSize) - blocks.length;
    for (const block of blocks) if (pool.isFree(block)) missing++;
    return missing;
  }

  /**
   * Takes over what was found, and makes room for `tokens` tokens after it.
   * @returns the copies to make first
   */
  adopt({ blocks, tail }: PrefixMatch, tokens: number): BlockCopy[] {
    const { blockSize } = this.cache;
    this.table.share(blocks);
    this.publishedBlocks = blocks.length;
    this.computedTokens = blocks.length * blockSize + (tail?.tokens ?? 0);
    if (!this.reserve(this.computedTokens + tokens))
      throw new Error(`invariant: ${blocks.length} blocks and ${tokens} tokens are adopted without room`);
    if (!tail) return [];
    // The tail's block is not held: should the table have taken it for this very place, its content is there already.
    const to = this.blocks[blocks.length];
    return to === tail.block ? [] : [{ from: tail.block, to }];
  }

  /**
   * Makes room for the first `tokens` tokens.
   * @returns the copies to make first; undefined, with nothing changed, where the pool lacks blocks
   */
  reserve(tokens: number): BlockCopy[] | undefined {
    return this.table.reserve(tokens, this.computedTokens);
  }

  /** The keys and values of the first `computed` tokens are in the cache: blocks that became full can be found. */
  commit(computed: number): void {
    this.computedTokens = computed;
    const { prefixes, blockSize } = this.cache;
    if (!prefixes) return;
    for (const full = Math.floor(computed / blockSize); this.publishedBlocks < full; this.publishedBlocks++)
      prefixes.publish(this.tokens, this.hashes, this.publishedBlocks, this.blocks[this.publishedBlocks]);
  }

  /** Gives back the blocks that the sequence's known tokens do not need. */
  trim(): void {
    this.table.truncate(this.tokens.length);
  }

  /** The cache of a sequence that begins with the same tokens: it shares all blocks. */
  fork(tokens: readonly number[]): SequenceCache {
    return new SequenceCache(this.cache, tokens, undefined, this);
  }

  release(): void {
    this.table.release();
    this.computedTokens = 0;
    this.publishedBlocks = 0;
  }

  /** Releases blocks whose content may be damaged. */
  discard(): void {
    this.cache.prefixes?.forget(this.blocks);
    this.table.discard();
    this.release();
  }
}
