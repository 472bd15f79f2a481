import { FreeBlockQueue } from "./free-block-queue";

/** Pads block tables: its content is never visible to a query. */
export const NULL_BLOCK = 0;

/**
 * Reference counts of the KV cache's blocks. Each block but the null block is either free or owned; the counts of
 * both sum to `size`.
 */
export class BlockPool {
  private readonly references: Uint32Array;
  private readonly free: FreeBlockQueue;

  /** @param size usable blocks; with the null block the pool's tensors hold `size + 1` */
  constructor(readonly size: number) {
    this.references = new Uint32Array(size + 1);
    this.free = new FreeBlockQueue(size + 1);
    for (let block = 1; block <= size; block++) this.free.push(block);
  }

  get freeBlocks(): number {
    return this.free.length;
  }

  get usedBlocks(): number {
    return this.size - this.free.length;
  }

  /** Takes `count` blocks, or none and `undefined` where fewer are free. */
  allocate(count: number): number[] | undefined {
    if (count > this.free.length) return undefined;
    return Array.from({ length: count }, () => {
      const block = this.free.shift() as number;
      this.references[block] = 1;
      return block;
    });
  }

  /** Drops one reference to each block; those without any become free, in the order given. */
  release(blocks: Iterable<number>): void {
    for (const block of blocks) {
      if (!(this.references[block] > 0))
        throw new Error(`invariant: block ${block} is released but not owned`);
      if (--this.references[block] === 0) this.free.push(block);
    }
  }
}
