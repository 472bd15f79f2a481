import { Siblings } from "../../../runtime/src/engine/siblings";

test("siblings have ended when each of them has, and know the longest", () => {
  const siblings = new Siblings(3, 9);
  for (const tokens of [4, 7]) {
    siblings.end(tokens);
    expect(siblings.haveEnded).toBe(false);
  }
  siblings.end(2);
  expect([siblings.haveEnded, siblings.longestTokens]).toEqual([true, 7]);
});
