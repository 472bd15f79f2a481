import { AuditTrail } from "../../../constructs";
import { findings, onlyResource, resources, terraformOf } from "../../support/terraform";

describe("an audit trail", () => {
  test("records every access to the data of each service", () => {
    const terraform = terraformOf(
      (stack) =>
        new AuditTrail(stack, "Audit", {
          project: "some-project",
          services: ["cloudkms.googleapis.com", "storage.googleapis.com"],
        }),
    );
    expect(resources(terraform, "google_project_iam_audit_config")).toEqual(
      ["cloudkms.googleapis.com", "storage.googleapis.com"].map((service) => ({
        project: "some-project",
        service,
        audit_log_config: [{ log_type: "ADMIN_READ" }, { log_type: "DATA_READ" }, { log_type: "DATA_WRITE" }],
      })),
    );
  });

  test("leaves out the members that are exempt", () => {
    const exempt = "serviceAccount:backup@some-project.iam.gserviceaccount.com";
    const terraform = terraformOf(
      (stack) =>
        new AuditTrail(stack, "Audit", {
          project: "some-project",
          services: ["storage.googleapis.com"],
          exemptedMembers: [exempt],
        }),
    );
    expect(onlyResource(terraform, "google_project_iam_audit_config").audit_log_config).toContainEqual({
      log_type: "DATA_READ",
      exempted_members: [exempt],
    });
  });

  test("is refused for a service that is not named in full", () => {
    expect(
      findings((stack) => new AuditTrail(stack, "Audit", { project: "some-project", services: ["storage"] })),
    ).toEqual([
      {
        property: "services",
        received: "storage",
        remedy: expect.stringContaining("storage.googleapis.com"),
      },
    ]);
  });
});
