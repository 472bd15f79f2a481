import { checkWhole } from "../../../constructs/catalog/whole-numbers";

describe("a whole number", () => {
  test.each([0, 3.5, 9, Number.NaN, Number.POSITIVE_INFINITY])("from 1 to 8 is not %d", (received) => {
    expect(checkWhole("nodes", received, 1, 8)).toEqual([
      { property: "nodes", received, remedy: "use a whole number from 1 to 8" },
    ]);
  });

  test("lies between its limits, both included", () => {
    expect([1, 8].flatMap((received) => checkWhole("nodes", received, 1, 8))).toEqual([]);
  });

  test("may have no limit above", () => {
    expect(checkWhole("nodes", 1_000_000, 1)).toEqual([]);
    expect(checkWhole("nodes", 0, 1)).toMatchObject([{ remedy: "use a whole number from 1" }]);
  });
});
