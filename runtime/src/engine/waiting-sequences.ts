import { IndexedHeap } from "./indexed-heap";
import type { Sequence } from "./sequence";

/** The sequences that wait to be admitted, for the first time or after a preemption. */
export class WaitingSequences {
  private readonly queue: IndexedHeap<Sequence>;
  private pendingTokens = 0;

  constructor(precedes: (one: Sequence, other: Sequence) => boolean) {
    this.queue = new IndexedHeap(precedes);
  }

  get size(): number {
    return this.queue.size;
  }

  /** Tokens that they still have to compute. */
  get tokens(): number {
    return this.pendingTokens;
  }

  get first(): Sequence | undefined {
    return this.queue.first;
  }

  add(sequence: Sequence): void {
    this.queue.add(sequence);
    this.pendingTokens += sequence.pending;
  }

  /** Returns false where the sequence does not wait. */
  remove(sequence: Sequence): boolean {
    if (!this.queue.remove(sequence)) return false;
    this.pendingTokens -= sequence.pending;
    return true;
  }
}
