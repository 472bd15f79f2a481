import { DraftHistory } from "../../../runtime/src/engine/draft-history";

const historyOf = (verdicts: [accepted: number, rejected: boolean][]) => {
  const history = new DraftHistory();
  for (const verdict of verdicts) history.verified(...verdict);
  return history;
};

describe("how long a draft may be", () => {
  test("grows with what an accepted token saves", () => {
    const lengths = [1, 1.2, 2, 4, 8].map((gain) => new DraftHistory().lengthThatPays(gain));
    expect(lengths[0]).toBe(0);
    for (let index = 1; index < lengths.length; index++)
      expect(lengths[index]).toBeGreaterThanOrEqual(lengths[index - 1]);
    expect(lengths[4]).toBeGreaterThan(lengths[2]);
  });

  test("grows while drafts are accepted and shrinks when they are not", () => {
    const guess = new DraftHistory().lengthThatPays(4);
    expect(
      historyOf([
        [4, false],
        [4, false],
      ]).lengthThatPays(4),
    ).toBeGreaterThan(guess);
    expect(
      historyOf([
        [0, true],
        [0, true],
      ]).lengthThatPays(4),
    ).toBeLessThan(guess);
  });

  test("is nothing where a token costs as much as it saves, but for one that is tried after a pause", () => {
    const history = historyOf(Array.from({ length: 20 }, () => [8, false]));
    const lengths = Array.from({ length: 17 }, () => history.lengthThatPays(1));
    expect(lengths).toEqual([...Array(16).fill(0), 1]);
  });
});

describe("drafts that are not accepted", () => {
  /** Steps until a draft is tried again. */
  function pause(history: DraftHistory): number {
    let steps = 0;
    while (history.lengthThatPays(1.5) === 0) steps++;
    return steps;
  }

  test("stop, and are tried again after pauses that become longer, up to a bound", () => {
    const history = historyOf(Array.from({ length: 4 }, () => [0, true]));
    const pauses: number[] = [];
    for (let round = 0; round < 8; round++) {
      pauses.push(pause(history));
      expect(history.lengthThatPays(1.5)).toBe(1);
      history.verified(0, true);
    }
    expect(pauses[1]).toBeGreaterThan(pauses[0]);
    expect(pauses[7]).toBe(512);
  });

  test("are tried soon again after one that was", () => {
    const history = historyOf(Array.from({ length: 8 }, () => [0, true]));
    history.verified(1, false);
    expect(pause(history)).toBeLessThanOrEqual(16);
  });
});
