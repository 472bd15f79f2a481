import fc from "fast-check";
import { StopMatcher } from "../../../runtime/src/text/stop-matcher";

type Outcome = { text: string; stopped: boolean };

/** All that comes out, until a stop string is found or the text ends. */
function match(stops: readonly string[], pieces: readonly string[]): Outcome {
  const matcher = new StopMatcher(stops);
  let text = "";
  for (const piece of pieces) {
    const out = matcher.push(piece);
    text += out.text;
    if (out.stopped) return { text, stopped: true };
  }
  return { text: text + matcher.flush(), stopped: false };
}

/** What the text gives when it is looked at as a whole: it ends before the stop string that is complete first. */
function naive(stops: readonly string[], text: string): Outcome {
  for (let end = 1; end <= text.length; end++) {
    const starts = stops.map((stop) => text.slice(0, end).indexOf(stop)).filter((start) => start >= 0);
    if (starts.length > 0) return { text: text.slice(0, Math.min(...starts)), stopped: true };
  }
  return { text, stopped: false };
}

describe("the stop matcher", () => {
  test("lets all text through at once where there are no stop strings", () => {
    expect(new StopMatcher([]).push("abc")).toEqual({ text: "abc", stopped: false });
  });

  test("ends the text before a stop string", () => {
    expect(match(["\n"], ["one\ntwo"])).toEqual({ text: "one", stopped: true });
  });

  test("finds a stop string that is spread over pieces", () => {
    expect(match(["END"], ["some E", "N", "D more"])).toEqual({ text: "some ", stopped: true });
  });

  test("holds back only what may begin a stop string", () => {
    const matcher = new StopMatcher(["END"]);
    expect(matcher.push("some EN")).toEqual({ text: "some ", stopped: false });
    expect(matcher.push("O")).toEqual({ text: "ENO", stopped: false });
  });

  test("lets go of held text as far as it cannot be the beginning any more", () => {
    const matcher = new StopMatcher(["aab"]);
    expect(matcher.push("aa").text).toBe("");
    expect(matcher.push("a").text).toBe("a");
    expect(matcher.push("b")).toEqual({ text: "", stopped: true });
  });

  test("gives held text back when no text follows, once", () => {
    const matcher = new StopMatcher(["END"]);
    matcher.push("E");
    expect([matcher.flush(), matcher.flush()]).toEqual(["E", ""]);
  });

  test("passes over stop strings while it may not stop, but not over one that is complete later", () => {
    const words = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(words, { minLength: 1, maxLength: 3 }),
        fc.array(words, { maxLength: 6 }),
        fc.array(words, { maxLength: 6 }),
        (stops, passed, searched) => {
          const matcher = new StopMatcher(stops);
          let text = passed.map((piece) => matcher.push(piece, false).text).join("");
          let stopped = false;
          for (const piece of searched) {
            if (stopped) break;
            const out = matcher.push(piece);
            text += out.text;
            stopped = out.stopped;
          }
          if (!stopped) text += matcher.flush();
          const whole = [...passed, ...searched].join("");
          const ends = Array.from(whole, (_, index) => index + 1).filter(
            (end) => end > passed.join("").length,
          );
          const end = ends.find((each) => stops.some((stop) => whole.slice(0, each).endsWith(stop)));
          const longest = Math.max(
            ...stops.map((stop) => (whole.slice(0, end).endsWith(stop) ? stop.length : 0)),
          );
          expect({ text, stopped }).toEqual(
            end === undefined
              ? { text: whole, stopped: false }
              : { text: whole.slice(0, end - longest), stopped: true },
          );
        },
      ),
    );
  });

  test("ends at the earliest of several stop strings, in whatever order they are given", () => {
    expect(match(["three", "two"], ["one two three"])).toEqual({ text: "one ", stopped: true });
    expect(match(["two", "three"], ["one two three"])).toEqual({ text: "one ", stopped: true });
  });

  test("cuts at the longer one where two stop strings are complete at the same place", () => {
    expect(match(["c", "bc"], ["abcd"])).toEqual({ text: "a", stopped: true });
  });

  test("prefers the stop string that is complete first, as it does when the text comes letter by letter", () => {
    for (const pieces of [["abcde"], ["a", "b", "c", "d", "e"]])
      expect(match(["bcd", "c"], pieces)).toEqual({ text: "ab", stopped: true });
  });

  test("does to any text in any pieces what it does to the text as a whole", () => {
    const letters = (constraints: fc.StringConstraints) =>
      fc.string({ unit: fc.constantFrom("a", "b", "c"), ...constraints });
    fc.assert(
      fc.property(
        fc.array(letters({ minLength: 1, maxLength: 4 }), { maxLength: 3 }),
        fc.array(letters({ maxLength: 5 }), { maxLength: 8 }),
        (stops, pieces) => {
          expect(match(stops, pieces)).toEqual(naive(stops, pieces.join("")));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("never lets a part of the stop string out", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 10 }), fc.string({ minLength: 1, maxLength: 5 }), (before, stop) => {
        const whole = before + stop;
        const expected = whole.slice(0, whole.indexOf(stop));
        expect(match([stop], [...whole])).toEqual({ text: expected, stopped: true });
      }),
    );
  });
});
