import type { RuntimeConfig } from "../config";
import type { Sequence } from "./sequence";

/** Which sequence comes first: the one that arrived first, or the one of the lower priority, then of arrival. */
export type SchedulingPolicy = RuntimeConfig["schedulingPolicy"];

/** The order in which sequences are admitted and computed. Its last running one is the first to lose its blocks. */
export function precedence(policy: SchedulingPolicy): (one: Sequence, other: Sequence) => boolean {
  const arrived = (one: Sequence, other: Sequence) => one.arrival < other.arrival;
  if (policy === "fcfs") return arrived;
  return (one, other) =>
    one.priority === other.priority ? arrived(one, other) : one.priority < other.priority;
}
