import { Principal } from "../../../constructs";
import { findings } from "../../support/terraform";

describe("a principal", () => {
  test.each(["group:callers@example.com", "principalSet://iam.googleapis.com/projects/1/x"])(
    "may be %s",
    (member) => {
      expect(findings((stack) => new Principal(stack, "Callers", member))).toEqual([]);
    },
  );

  test.each(["allUsers", "allAuthenticatedUsers", "callers@example.com", "group:"])(
    "may not be %s",
    (member) => {
      expect(findings((stack) => new Principal(stack, "Callers", member))).toEqual([
        { property: "member", received: member, remedy: expect.stringContaining("not offered") },
      ]);
    },
  );
});
