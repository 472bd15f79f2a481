/** What a process took of the machine. */
export type ProcessUse = Readonly<{
  /** Time that the work took, without the start of the process. */
  workMs: number;
  /** Most memory that the process had at a time. */
  peakMiB: number;
}>;

/** Does the work, and writes what it took as one line of JSON. */
export function reportUse(work: () => void): void {
  const start = performance.now();
  work();
  const workMs = performance.now() - start;
  const use: ProcessUse = { workMs, peakMiB: process.resourceUsage().maxRSS / 1024 };
  console.log(JSON.stringify(use));
}
