/** Seconds on a clock that never goes back and that all threads of the process share. */
export function monotonicSeconds(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}
