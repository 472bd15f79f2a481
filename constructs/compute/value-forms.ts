import { Token } from "cdktf";

export function isWhole(value: number, min: number): boolean {
  return Number.isInteger(value) && value >= min;
}

export function isWithin(
  value: number,
  { min, max }: { readonly min: number; readonly max: number },
): boolean {
  return value >= min && value <= max;
}

/** What is known at apply only is not judged. */
export function hasForm(pattern: RegExp, text: string): boolean {
  return Token.isUnresolved(text) || pattern.test(text);
}
