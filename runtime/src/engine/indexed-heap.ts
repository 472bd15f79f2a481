/**
 * A queue from which the first item leaves, and any item can be removed, in logarithmic time. A sorted array would
 * move all items behind a place, and a plain heap would have to search for an item that leaves early.
 */
export class IndexedHeap<T> {
  private readonly items: T[] = [];
  private readonly indices = new Map<T, number>();

  /** @param precedes a strict order of the items */
  constructor(private readonly precedes: (one: T, other: T) => boolean) {}

  get size(): number {
    return this.items.length;
  }

  /** The item that precedes all others. */
  get first(): T | undefined {
    return this.items[0];
  }

  add(item: T): void {
    if (this.indices.has(item))
      throw new Error("invariant: an item is added to the queue that is in it already");
    this.items.push(item);
    this.raise(item, this.items.length - 1);
  }

  /** Returns false where the item is not in the queue. */
  remove(item: T): boolean {
    const index = this.indices.get(item);
    if (index === undefined) return false;
    this.indices.delete(item);
    const last = this.items.pop() as T;
    if (index === this.items.length) return true;
    this.raise(last, index);
    this.sink(last, this.indices.get(last) as number);
    return true;
  }

  private raise(item: T, from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.precedes(item, this.items[parent])) break;
      this.put(this.items[parent], index);
      index = parent;
    }
    this.put(item, index);
  }

  private sink(item: T, from: number): void {
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.items.length) break;
      if (child + 1 < this.items.length && this.precedes(this.items[child + 1], this.items[child])) child++;
      if (!this.precedes(this.items[child], item)) break;
      this.put(this.items[child], index);
      index = child;
    }
    this.put(item, index);
  }

  private put(item: T, index: number): void {
    this.items[index] = item;
    this.indices.set(item, index);
  }
}
