import { didYouMean } from "../../constructs/suggestion";

const candidates = ["us-central1", "us-east1", "europe-west4"];

describe("a suggestion", () => {
  test.each([
    ["us-centrall", "us-central1"],
    ["US-EAST1", "us-east1"],
    ["europewest4", "europe-west4"],
  ])("for %s is %s", (value, nearest) => {
    expect(didYouMean(value, candidates)).toBe(`did you mean "${nearest}"? `);
  });

  test("is left out where nothing is near", () => {
    expect(didYouMean("mars", candidates)).toBe("");
  });
});
