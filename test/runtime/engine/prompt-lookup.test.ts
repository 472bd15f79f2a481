import fc from "fast-check";
import { PromptLookup } from "../../../runtime/src/engine/prompt-lookup";

const propose = (tokens: number[], count: number) => new PromptLookup(tokens).propose(count);

describe("prompt lookup", () => {
  test("proposes what followed the last tokens where they occurred before", () => {
    expect(propose([5, 1, 2, 3, 4, 9, 1, 2], 3)).toEqual([3, 4, 9]);
  });

  test.each([
    ["the sequence is too short", [1, 1]],
    ["its last two tokens are new", [1, 2, 3, 1, 3]],
    ["only its last token is known", [1, 2, 9, 2]],
  ])("proposes nothing where %s", (_, tokens) => {
    expect(propose(tokens, 4)).toEqual([]);
  });

  test("prefers the place that more tokens lead to, then the latest", () => {
    expect(propose([8, 1, 2, 50, 9, 1, 2, 60, 7, 1, 2, 70, 9, 1, 2], 1)).toEqual([60]);
    expect(propose([8, 1, 2, 50, 9, 1, 2, 60, 3, 1, 2], 1)).toEqual([60]);
  });

  test("goes on with its own draft where the text repeats", () => {
    expect(propose([1, 2, 3, 1, 2, 3], 7)).toEqual([1, 2, 3, 1, 2, 3, 1]);
    expect(propose([4, 4, 4], 3)).toEqual([4, 4, 4]);
  });

  test("knows tokens that were appended after it was asked", () => {
    const tokens = [1, 2, 3];
    const lookup = new PromptLookup(tokens);
    expect(lookup.propose(2)).toEqual([]);
    tokens.push(1, 2);
    expect(lookup.propose(2)).toEqual([3, 1]);
    tokens.push(7, 8, 9, 2, 7);
    expect(lookup.propose(1)).toEqual([8]);
  });

  test("finds a pair far behind, and takes no more time for it", () => {
    const tokens = [1_000_000, 1_000_001, 42];
    for (let token = 0; token < 50_000; token++) tokens.push(token);
    tokens.push(1_000_000, 1_000_001);
    expect(propose(tokens, 1)).toEqual([42]);
  });

  test("finds the longest of the last four to two tokens that a search would, however it is asked", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { maxLength: 14, size: "max" }), fc.nat(5), (added, count) => {
        const tokens: number[] = [];
        const lookup = new PromptLookup(tokens);
        for (const token of added) {
          tokens.push(token);
          expect(lookup.propose(count)).toEqual(searched(tokens, count));
        }
      }),
      { numRuns: 500 },
    );
  });
});

function searched(tokens: readonly number[], count: number): number[] {
  for (let length = 4; length >= 2; length--) {
    const suffix = tokens.slice(-length);
    for (let start = tokens.length - length - 1; start >= 0; start--) {
      if (suffix.length < length || suffix.some((token, offset) => tokens[start + offset] !== token))
        continue;
      const text = [...tokens];
      for (let offset = 0; offset < count; offset++) text.push(text[start + length + offset]);
      return text.slice(tokens.length);
    }
  }
  return [];
}
