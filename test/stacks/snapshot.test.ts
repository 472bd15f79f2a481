import { synthesisedStacks } from "../support/environments";

describe("the Terraform JSON", () => {
  test.each([...synthesisedStacks()])("of %s is what was reviewed", (_, terraform) => {
    expect(terraform).toMatchSnapshot();
  });
});
