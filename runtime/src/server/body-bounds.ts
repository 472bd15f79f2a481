import { RuntimeError } from "../errors";

const DEPTH_MAX = 16;

/**
 * Refuses a body of so many or so deeply nested values that checking it would hold up everybody else. Looks at each
 * value once and stops at the bound.
 * @throws RuntimeError invalid_request
 */
export function expectBoundedBody(body: unknown, valuesMax: number): void {
  const pending: [value: unknown, depth: number][] = [[body, 1]];
  let values = 0;
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [value, depth] = next;
    if (typeof value !== "object" || value === null) continue;
    if (depth > DEPTH_MAX)
      throw new RuntimeError("invalid_request", `body: nested more than ${DEPTH_MAX} deep`);
    const items = Array.isArray(value) ? value : Object.values(value);
    values += items.length;
    if (values > valuesMax)
      throw new RuntimeError("invalid_request", `body: holds more than ${valuesMax} values`);
    for (const item of items) if (typeof item === "object") pending.push([item, depth + 1]);
  }
}
