import type { Finding } from "../construct-error";

/** Findings on what is no whole number from `min` on, and up to `max` where there is a limit. */
export function checkWhole(property: string, received: number, min: number, max?: number): Finding[] {
  if (Number.isInteger(received) && received >= min && received <= (max ?? received)) return [];
  const upTo = max === undefined ? "" : ` to ${max}`;
  return [{ property, received, remedy: `use a whole number from ${min}${upTo}` }];
}
