import { Token } from "cdktf";
import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";

/**
 * Findings on what is none of a few words. What follows from such a word is decided at synth, so that one which is known
 * only at apply is none of them either.
 */
export function checkOneOf(property: string, received: string, known: readonly string[]): Finding[] {
  if (known.includes(received)) return [];
  const why = Token.isUnresolved(received) ? "It has to be known at synth: use" : "Use";
  const remedy = `${didYouMean(received, known)}${why} one of ${known.join(", ")}`;
  return [{ property, received, remedy }];
}
