/**
 * The free blocks in the order in which they are reused: taken at the head, returned at the tail, or at the head where
 * nothing worth keeping is in them.
 *
 * A doubly linked list over two arrays and not a stack or an array of numbers: a block that the prefix cache finds
 * again leaves from the middle, which must not cost a search.
 */
export class FreeBlockQueue {
  private readonly next: Int32Array;
  private readonly previous: Int32Array;
  private readonly sentinel: number;
  private count = 0;

  /** @param blocks ids run from 0 to `blocks - 1`; none of them is in the queue yet */
  constructor(blocks: number) {
    this.sentinel = blocks;
    this.next = new Int32Array(blocks + 1).fill(ABSENT);
    this.previous = new Int32Array(blocks + 1).fill(ABSENT);
    this.next[blocks] = blocks;
    this.previous[blocks] = blocks;
  }

  get length(): number {
    return this.count;
  }

  has(block: number): boolean {
    return block >= 0 && block < this.sentinel && this.next[block] !== ABSENT;
  }

  push(block: number): void {
    this.insertAfter(this.previous[this.sentinel], block);
  }

  unshift(block: number): void {
    this.insertAfter(this.sentinel, block);
  }

  /** @returns undefined when the queue is empty */
  shift(): number | undefined {
    const first = this.next[this.sentinel];
    if (first === this.sentinel) return undefined;
    this.remove(first);
    return first;
  }

  remove(block: number): void {
    if (!this.has(block)) throw new Error(`invariant: block ${block} is not in the free queue`);
    this.link(this.previous[block], this.next[block]);
    this.next[block] = ABSENT;
    this.previous[block] = ABSENT;
    this.count--;
  }

  private insertAfter(before: number, block: number): void {
    if (this.has(block)) throw new Error(`invariant: block ${block} is in the free queue already`);
    const after = this.next[before];
    this.link(before, block);
    this.link(block, after);
    this.count++;
  }

  private link(before: number, after: number): void {
    this.next[before] = after;
    this.previous[after] = before;
  }
}

const ABSENT = -1;
