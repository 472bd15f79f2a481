import { Fn } from "cdktf";
import { Principal } from "../../../constructs";
import { findings } from "../../support/terraform";

describe("a principal", () => {
  test.each([
    "user:jane@acme.example",
    "group:callers@example.com",
    "serviceAccount:deploy@acme-ml-dev.iam.gserviceaccount.com",
    "serviceAccount:acme-ml-dev.svc.id.goog[training/trainer]",
    "domain:acme.example",
    "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/subject/a:b",
    "principal://iam.googleapis.com/locations/global/workforcePools/acme/subject/jane@acme.example",
    "principalSet://iam.googleapis.com/projects/1/x",
    "principalSet://cloudresourcemanager.googleapis.com/projects/1/type/ServiceAccount",
  ])("may be %s", (member) => {
    expect(findings((stack) => new Principal(stack, "Callers", member))).toEqual([]);
  });

  test("may be known at apply only", () => {
    expect(findings((stack) => new Principal(stack, "Callers", Fn.upper("a")))).toEqual([]);
  });

  test.each([
    "allUsers",
    "allAuthenticatedUsers",
    "callers@example.com",
    "group:",
    "group:callers",
    "group: callers@example.com",
    "user:allUsers",
    "constructor:a@b",
    "projectOwner:acme-ml-dev",
    "domain:acme",
    "principal:jane@acme.example",
    "principal://iam.googleapis.com/projects/acme-ml-dev/locations/global/workloadIdentityPools/ci/subject/a",
    "principalSet://goog/public:all",
  ])("may not be %s", (member) => {
    expect(findings((stack) => new Principal(stack, "Callers", member))).toEqual([
      { property: "member", received: member, remedy: expect.stringContaining("not offered") },
    ]);
  });
});
