/** Numbers in [0, 1) that depend on the seed alone: mulberry32, 32 bits of state. */
export type Random = () => number;

export function random(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Normally distributed values of mean 0, by Box and Muller's transform. */
export function normals(next: Random, count: number, deviation: number): Float32Array {
  const values = new Float32Array(count);
  for (let index = 0; index < count; index += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - next()));
    const angle = 2 * Math.PI * next();
    values[index] = radius * Math.cos(angle);
    if (index + 1 < count) values[index + 1] = radius * Math.sin(angle);
  }
  return values;
}

/** Token ids of a prompt, none of them one of the vocabulary's first `reserved` (bytes and control tokens). */
export function randomPrompt(next: Random, length: number, vocabSize: number, reserved: number): number[] {
  return Array.from({ length }, () => reserved + Math.floor(next() * (vocabSize - reserved)));
}

/** Times in seconds at which requests arrive: a Poisson process of `rate` per second. */
export function poissonArrivals(next: Random, rate: number, count: number): number[] {
  let at = 0;
  return Array.from({ length: count }, () => {
    at -= Math.log(1 - next()) / rate;
    return at;
  });
}
