/**
 * Token ids from the highest logit down, ties by the lower id. A heap and no sort, since top-k and top-p mostly need a
 * few dozen of a hundred thousand.
 */
export class BestFirst implements Iterable<number> {
  private readonly heap: Uint32Array;
  private size: number;

  constructor(private readonly logits: Float32Array) {
    this.size = logits.length;
    this.heap = new Uint32Array(this.size);
    for (let token = 0; token < this.size; token++) this.heap[token] = token;
    for (let node = (this.size >>> 1) - 1; node >= 0; node--) this.sift(node);
  }

  take(count: number): number[] {
    return Array.from({ length: Math.min(count, this.size) }, () => this.pop());
  }

  *[Symbol.iterator](): Generator<number> {
    while (this.size > 0) yield this.pop();
  }

  private pop(): number {
    const best = this.heap[0];
    this.heap[0] = this.heap[--this.size];
    this.sift(0);
    return best;
  }

  private sift(start: number): void {
    const { heap, size } = this;
    let node = start;
    for (;;) {
      let child = 2 * node + 1;
      if (child >= size) return;
      if (child + 1 < size && this.precedes(heap[child + 1], heap[child])) child++;
      if (!this.precedes(heap[child], heap[node])) return;
      [heap[node], heap[child]] = [heap[child], heap[node]];
      node = child;
    }
  }

  private precedes(a: number, b: number): boolean {
    const [one, other] = [this.logits[a], this.logits[b]];
    return one === other ? a < b : one > other;
  }
}
