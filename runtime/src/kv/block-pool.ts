import { FreeBlockQueue } from "./free-block-queue";

/** Pads block tables: its content is never visible to a query. */
export const NULL_BLOCK = 0;

/**
 * Reference counts of the KV cache's blocks. Each block but the null block is owned (by as many tables as it has
 * references), free, or free and cached: its content can be found again until it is taken for other content. The counts
 * of the three sum to `size`.
 */
export class BlockPool {
  private readonly references: Uint32Array;
  /** 1 where a block's content can be found, owned or not. */
  private readonly cached: Uint8Array;
  private readonly free: FreeBlockQueue;
  private freeCached = 0;
  private damaged: number[] = [];
  private tellEviction = (_block: number) => {};

  /** @param size usable blocks; with the null block the pool's tensors hold `size + 1` */
  constructor(readonly size: number) {
    this.references = new Uint32Array(size + 1);
    this.cached = new Uint8Array(size + 1);
    this.free = new FreeBlockQueue(size + 1);
    for (let block = 1; block <= size; block++) this.free.push(block);
  }

  /** Blocks that can be allocated, cached ones among them. */
  get freeBlocks(): number {
    return this.free.length;
  }

  get usedBlocks(): number {
    return this.size - this.free.length;
  }

  /** Free blocks whose content can be found. */
  get cachedBlocks(): number {
    return this.freeCached;
  }

  /** The listener is told of each cached block that is taken for other content. */
  onEviction(listener: (block: number) => void): void {
    this.tellEviction = listener;
  }

  isFree(block: number): boolean {
    return this.free.has(block);
  }

  /** More than one table holds the block. */
  isShared(block: number): boolean {
    return this.references[block] > 1;
  }

  /**
   * Takes `count` blocks, or none and `undefined` where fewer are free. Those that hold nothing come first, then the
   * cached one that nobody has used for longest.
   */
  allocate(count: number): number[] | undefined {
    if (count > this.free.length) return undefined;
    const blocks: number[] = [];
    while (blocks.length < count) {
      const block = this.free.shift() as number;
      if (this.cached[block] === 1) this.evict(block);
      this.references[block] = 1;
      blocks.push(block);
    }
    return blocks;
  }

  /** Adds a reference to a block that is owned or cached. */
  retain(block: number): void {
    if (this.references[block] === 0) {
      if (this.cached[block] === 0)
        throw new Error(`invariant: block ${block} is retained but neither owned nor cached`);
      this.free.remove(block);
      this.freeCached--;
    }
    this.references[block]++;
  }

  /** Drops one reference to each block; those without any become free, in the order given. */
  release(blocks: Iterable<number>): void {
    for (const block of blocks) {
      if (!(this.references[block] > 0))
        throw new Error(`invariant: block ${block} is released but not owned`);
      if (--this.references[block] > 0) continue;
      if (this.cached[block] === 1) {
        this.free.push(block);
        this.freeCached++;
      } else this.free.unshift(block);
    }
  }

  /** An owned block's content can be found from now on. */
  markCached(block: number): void {
    if (!(this.references[block] > 0))
      throw new Error(`invariant: block ${block} is to be cached but not owned`);
    this.cached[block] = 1;
  }

  /** A block's content can no longer be found. A free one is the next to be taken. */
  unmarkCached(block: number): void {
    if (this.cached[block] === 0) return;
    this.cached[block] = 0;
    if (!this.free.has(block)) return;
    this.freeCached--;
    this.free.remove(block);
    this.free.unshift(block);
  }

  /** Drops one reference to each block. What is in those without any must be cleared before it is used again. */
  discard(blocks: readonly number[]): void {
    this.release(blocks);
    for (const block of blocks) if (this.free.has(block)) this.damaged.push(block);
  }

  /** The blocks to clear. They are told once. */
  takeDamaged(): number[] {
    const { damaged } = this;
    this.damaged = [];
    return damaged;
  }

  private evict(block: number): void {
    this.cached[block] = 0;
    this.freeCached--;
    this.tellEviction(block);
  }
}
