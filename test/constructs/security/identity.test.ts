import { Principal, WorkloadIdentity } from "../../../constructs";
import { findings, onlyResource, terraformOf } from "../../support/terraform";

describe("a workload's identity", () => {
  test("is a service account to which nothing is granted", () => {
    const terraform = terraformOf(
      (stack) => new WorkloadIdentity(stack, "Identity", { name: "plinth-test", description: "Tests" }),
    );
    expect(onlyResource(terraform, "google_service_account")).toMatchObject({
      account_id: "plinth-test",
      description: "Tests",
    });
    expect(Object.keys(terraform.resource ?? {})).toEqual(["google_service_account"]);
  });

  test("is refused under a name that Google does not accept", () => {
    expect(
      findings((stack) => new WorkloadIdentity(stack, "Identity", { name: "me", description: "Tests" })),
    ).toEqual([{ property: "name", received: "me", remedy: expect.stringContaining("6 to 30") }]);
  });
});

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
