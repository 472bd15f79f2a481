/**
 * Random numbers that are a function of a seed and a stream. A training step draws from the stream of its number, so that
 * a resumed run needs neither a generator's state nor the batches before.
 */
export class Random {
  #a: number;
  #b: number;
  #c = 0x9e3779b9;
  #counter = 1;

  constructor(seed: number, stream: number) {
    this.#a = seed >>> 0;
    this.#b = stream >>> 0;
    // Seeds that differ in one bit begin alike; sfc32's author says that twelve rounds part them.
    for (let round = 0; round < 12; round++) this.#next();
  }

  /** A number from 0 up to, not including, 1. */
  uniform(): number {
    return this.#next() / 2 ** 32;
  }

  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number {
    return Math.floor(this.uniform() * end);
  }

  /** sfc32, Chris Doty-Humphrey's small fast counting generator. */
  #next(): number {
    const result = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0;
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) >>> 0;
    return result;
  }
}
