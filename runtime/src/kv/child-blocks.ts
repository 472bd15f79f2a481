/** Cached blocks by the hash of their parent, the newest first. Adding and removing take the same time however many there are. */
export class ChildBlocks {
  private readonly newest = new Map<string, number>();
  private readonly parents: (string | undefined)[];
  private readonly next: Int32Array;
  private readonly previous: Int32Array;

  /** @param blocks ids run from 0 to `blocks - 1` */
  constructor(blocks: number) {
    this.parents = new Array(blocks).fill(undefined);
    this.next = new Int32Array(blocks).fill(NONE);
    this.previous = new Int32Array(blocks).fill(NONE);
  }

  add(parent: string, block: number): void {
    if (this.parents[block] !== undefined) throw new Error(`invariant: block ${block} has a parent already`);
    const second = this.newest.get(parent) ?? NONE;
    this.parents[block] = parent;
    this.next[block] = second;
    this.previous[block] = NONE;
    if (second !== NONE) this.previous[second] = block;
    this.newest.set(parent, block);
  }

  remove(block: number): void {
    const parent = this.parents[block];
    if (parent === undefined) throw new Error(`invariant: block ${block} has no parent`);
    const [before, after] = [this.previous[block], this.next[block]];
    if (after !== NONE) this.previous[after] = before;
    if (before !== NONE) this.next[before] = after;
    else if (after !== NONE) this.newest.set(parent, after);
    else this.newest.delete(parent);
    this.parents[block] = undefined;
  }

  /** At most `count` children. */
  *of(parent: string, count: number): Generator<number> {
    let block = this.newest.get(parent) ?? NONE;
    for (let seen = 0; seen < count && block !== NONE; seen++) {
      yield block;
      block = this.next[block];
    }
  }
}

const NONE = -1;
