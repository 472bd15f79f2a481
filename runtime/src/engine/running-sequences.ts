import type { Sequence } from "./sequence";

/** The sequences that hold blocks, in the order of the policy. */
export class RunningSequences implements Iterable<Sequence> {
  private readonly sequences: Sequence[] = [];

  constructor(private readonly precedes: (one: Sequence, other: Sequence) => boolean) {}

  get size(): number {
    return this.sequences.length;
  }

  at(index: number): Sequence {
    return this.sequences[index];
  }

  /** The sequence that all others precede. */
  get last(): Sequence | undefined {
    return this.sequences[this.sequences.length - 1];
  }

  add(sequence: Sequence): void {
    this.sequences.splice(this.place(sequence), 0, sequence);
  }

  /** Returns false where the sequence does not run. */
  remove(sequence: Sequence): boolean {
    const index = this.place(sequence);
    if (this.sequences[index] !== sequence) return false;
    this.sequences.splice(index, 1);
    return true;
  }

  [Symbol.iterator](): Iterator<Sequence> {
    return this.sequences[Symbol.iterator]();
  }

  /** How many sequences precede this one. */
  private place(sequence: Sequence): number {
    let low = 0;
    let high = this.sequences.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.precedes(this.sequences[middle], sequence)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
