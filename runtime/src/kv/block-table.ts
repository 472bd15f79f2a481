import type { BlockPool } from "./block-pool";

/** Copies what a block holds in all layers. */
export type BlockCopy = Readonly<{ from: number; to: number }>;

/**
 * The blocks that hold one sequence's keys and values, in the order of its tokens. Tables may share blocks: whoever
 * writes to a shared one takes a copy first.
 */
export class BlockTable {
  private readonly owned: number[] = [];

  constructor(
    private readonly pool: BlockPool,
    private readonly blockSize: number,
  ) {}

  get blocks(): readonly number[] {
    return this.owned;
  }

  /** Blocks to allocate before tokens `written` to `tokens - 1` can be written, copies of shared ones among them. */
  missingFor(tokens: number, written: number): number {
    const missing = Math.max(0, Math.ceil(tokens / this.blockSize) - this.owned.length);
    let shared = 0;
    for (let index = this.indexOf(written); index < this.owned.length; index++)
      if (this.pool.isShared(this.owned[index])) shared++;
    return missing + shared;
  }

  /**
   * Makes the table hold `tokens` tokens, of which those from `written` on are the table's own to write.
   * @returns the copies to make before anything is written; undefined, with nothing changed, where the pool lacks blocks
   */
  reserve(tokens: number, written: number): BlockCopy[] | undefined {
    const blocks = this.pool.allocate(this.missingFor(tokens, written));
    if (!blocks) return undefined;
    const copies: BlockCopy[] = [];
    let taken = 0;
    for (let index = this.indexOf(written); index < this.owned.length; index++) {
      const from = this.owned[index];
      if (!this.pool.isShared(from)) continue;
      const to = blocks[taken++];
      this.pool.release([from]);
      this.owned[index] = to;
      copies.push({ from, to });
    }
    while (taken < blocks.length) this.owned.push(blocks[taken++]);
    return copies;
  }

  /** Appends blocks that are owned by others or cached. */
  share(blocks: readonly number[]): void {
    for (const block of blocks) {
      this.pool.retain(block);
      this.owned.push(block);
    }
  }

  /** A table of the same blocks. */
  fork(): BlockTable {
    const table = new BlockTable(this.pool, this.blockSize);
    table.share(this.owned);
    return table;
  }

  /** Gives back the blocks beyond the first `tokens` tokens. */
  truncate(tokens: number): void {
    const kept = Math.ceil(tokens / this.blockSize);
    if (kept < this.owned.length) this.pool.release(this.owned.splice(kept).reverse());
  }

  /** Gives back all blocks, the last first: the head of a sequence is what another one may share. */
  release(): void {
    this.truncate(0);
  }

  /** Gives back all blocks, whose content may be damaged. */
  discard(): void {
    this.pool.discard(this.owned.splice(0));
  }

  private indexOf(token: number): number {
    return Math.floor(token / this.blockSize);
  }
}
