import type { Finding } from "../construct-error";

/** Fewest and most whole days that a setting accepts. */
export interface DayRange {
  readonly min: number;
  readonly max: number;
}

/** Findings on days outside of a range; the hint says what is usual. */
export function checkDays(property: string, days: number, { min, max }: DayRange, hint = ""): Finding[] {
  if (Number.isInteger(days) && days >= min && days <= max) return [];
  return [{ property, received: days, remedy: `use ${min} to ${max} whole days${hint}` }];
}
