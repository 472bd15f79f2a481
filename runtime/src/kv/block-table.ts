import type { BlockPool } from "./block-pool";

/** The blocks that hold one sequence's keys and values, in the order of its tokens. */
export class BlockTable {
  private readonly owned: number[] = [];

  constructor(
    private readonly pool: BlockPool,
    private readonly blockSize: number,
  ) {}

  get blocks(): readonly number[] {
    return this.owned;
  }

  /** Blocks to allocate before the table holds `tokens` tokens. */
  missingFor(tokens: number): number {
    return Math.max(0, Math.ceil(tokens / this.blockSize) - this.owned.length);
  }

  /** Grows the table to hold `tokens` tokens. Returns false, and changes nothing, where the pool lacks blocks. */
  reserve(tokens: number): boolean {
    const blocks = this.pool.allocate(this.missingFor(tokens));
    if (!blocks) return false;
    for (const block of blocks) this.owned.push(block);
    return true;
  }

  /** Frees all blocks, the last first: the head of a sequence is what another one may share. */
  release(): void {
    this.pool.release(this.owned.splice(0).reverse());
  }
}
