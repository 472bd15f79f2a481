import { monotonicSeconds } from "./clock";

/** More than a processor's caches hold. */
const BYTES = 64 * 1024 * 1024;
const COPIES = 2;

/**
 * Bytes per second that one thread reads and writes when it copies memory, the best of two copies: some 30 ms. Several
 * threads may reach more, so this is what the memory gives at least.
 */
export function memoryBytesPerSecond(): number {
  // A buffer that can shrink gives its memory back at once, and not when it is collected.
  const buffer = new ArrayBuffer(BYTES, { maxByteLength: BYTES });
  const bytes = new Uint8Array(buffer).fill(1);
  let best = 0;
  for (let copy = 0; copy < COPIES; copy++) {
    const startedAt = monotonicSeconds();
    bytes.copyWithin(BYTES / 2, 0, BYTES / 2);
    best = Math.max(best, BYTES / (monotonicSeconds() - startedAt));
  }
  buffer.resize(0);
  return best;
}
