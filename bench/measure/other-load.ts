import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";

/** Linux counts processor time in hundredths of a second, whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100;

/**
 * Does some work and says how busy others kept the machine meanwhile, since figures of a machine that is shared are
 * not to be trusted.
 * @returns the share of the processors, 0 to 1, that went to processes other than this one and its children; NaN
 * where the system does not say
 */
export async function withOtherLoad<Result>(
  work: () => Promise<Result>,
): Promise<{ result: Result; otherLoad: number }> {
  const before = { at: performance.now(), ...processorSeconds() };
  const result = await work();
  const after = { at: performance.now(), ...processorSeconds() };
  const others = after.all - before.all - (after.own - before.own);
  const available = ((after.at - before.at) / 1000) * cpus().length;
  return { result, otherLoad: Math.max(0, others / available) };
}

function processorSeconds(): { all: number; own: number } {
  try {
    const [, ...times] = readFileSync("/proc/stat", "utf8").split("\n")[0].trim().split(/\s+/);
    const [user, nice, system, , , interrupts, softInterrupts] = times.map(Number);
    const all = user + nice + system + interrupts + softInterrupts;
    return { all: all / TICKS_PER_SECOND, own: ticksOfTree(process.pid) / TICKS_PER_SECOND };
  } catch {
    return { all: Number.NaN, own: Number.NaN };
  }
}

/** Of a process, of its children that have ended and of those that have not. */
function ticksOfTree(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name, in parentheses, may hold spaces: the fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const own = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
  return childrenOf(pid).reduce((sum, child) => sum + ticksOfTree(child), own);
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
}
