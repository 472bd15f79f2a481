import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What a process took of the machine. */
export type ProcessUse = Readonly<{
  /** Time that the work took, without the start of the process. */
  workMs: number;
  /** Memory of what was built, once whatever else the work needed is collected. */
  keptMiB: number;
  /** Most memory that the process had at a time, what nobody had collected yet among it. */
  peakMiB: number;
}>;

const MIB = 1024 * 1024;

/** Does the work, keeps what it built, and writes what it took as one line of JSON. */
export function reportUse(work: () => unknown): void {
  const start = performance.now();
  const built = work();
  const workMs = performance.now() - start;
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const use: ProcessUse = { workMs, keptMiB: process.memoryUsage().heapUsed / MIB, peakMiB };
  console.log(JSON.stringify(use));
  if (built === undefined) throw new Error("what was built could not be kept");
}
