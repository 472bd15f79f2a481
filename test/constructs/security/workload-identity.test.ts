import { type TerraformStack, Token } from "cdktf";
import { Principal, WorkloadIdentity } from "../../../constructs";
import { findings, onlyResource, terraformOf } from "../../support/terraform";

const EMAIL = "trainer@central-project.iam.gserviceaccount.com";

function identity(stack: TerraformStack): WorkloadIdentity {
  return new WorkloadIdentity(stack, "Identity", { name: "plinth-test", description: "Tests" });
}

describe("a workload's identity", () => {
  test("is a service account to which nothing is granted, and for which no key is made", () => {
    const terraform = terraformOf(identity);
    expect(onlyResource(terraform, "google_service_account")).toMatchObject({
      account_id: "plinth-test",
      description: "Tests",
    });
    expect(Object.keys(terraform.resource ?? {})).toEqual(["google_service_account"]);
  });

  test("is what the pods of a Kubernetes service account act as, where it is bound", () => {
    const terraform = terraformOf((stack) =>
      identity(stack).bindKubernetes({ namespace: "serving", serviceAccount: "chat" }),
    );
    const { member, ...rest } = onlyResource(terraform, "google_service_account_iam_member");
    expect(String(member)).toMatch(
      /^serviceAccount:\$\{google_service_account\.Identity_\w+\.project\}\.svc\.id\.goog\[serving\/chat\]$/,
    );
    expect(rest).toEqual({
      role: "roles/iam.workloadIdentityUser",
      service_account_id: expect.stringMatching(/^\$\{google_service_account\.Identity_\w+\.name\}$/),
    });
  });

  test("is bound in the pool that a cluster reports, and so waits for the cluster", () => {
    const pool = `\${google_container_cluster.cluster.workload_identity_config[0].workload_pool}`;
    const terraform = terraformOf((stack) =>
      identity(stack).bindKubernetes({
        namespace: "serving",
        serviceAccount: "chat",
        workloadPool: Token.asString(Token.asAny(pool)),
      }),
    );
    expect(onlyResource(terraform, "google_service_account_iam_member").member).toBe(
      `serviceAccount:${pool}[serving/chat]`,
    );
  });

  test("can be bound to several accounts, whose names never make the same address", () => {
    const terraform = terraformOf((stack) => {
      const bound = identity(stack);
      bound.bindKubernetes({ namespace: "a", serviceAccount: "b-c" });
      bound.bindKubernetes({ namespace: "a-b", serviceAccount: "c" });
    });
    expect(Object.keys(terraform.resource?.google_service_account_iam_member ?? {})).toHaveLength(2);
  });

  test("says what its Kubernetes service account is annotated with", () => {
    terraformOf((stack) => {
      expect(WorkloadIdentity.fromEmail(stack, "Identity", EMAIL).kubernetesAnnotations).toEqual({
        "iam.gke.io/gcp-service-account": EMAIL,
      });
    });
  });

  test("is refused a binding with every finding at once", () => {
    expect(
      findings((stack) =>
        identity(stack).bindKubernetes({
          namespace: "Serving",
          serviceAccount: "chat_bot",
          workloadPool: "some-project",
        }),
      ),
    ).toEqual([
      { property: "namespace", received: "Serving", remedy: expect.stringContaining("1 to 63") },
      { property: "serviceAccount", received: "chat_bot", remedy: expect.stringContaining("1 to 253") },
      {
        property: "workloadPool",
        received: "some-project",
        remedy: expect.stringContaining("PROJECT.svc.id.goog"),
      },
    ]);
  });

  test("lets another identity act as it, where that is granted", () => {
    const terraform = terraformOf((stack) =>
      identity(stack).grantImpersonate(new Principal(stack, "Operators", "group:operators@example.com")),
    );
    expect(onlyResource(terraform, "google_service_account_iam_member")).toEqual({
      role: "roles/iam.serviceAccountTokenCreator",
      member: "group:operators@example.com",
      service_account_id: expect.stringMatching(/^\$\{google_service_account\.Identity_\w+\.name\}$/),
    });
  });

  test("lets another identity use what runs as it, once however often that is asked for", () => {
    const terraform = terraformOf((stack) => {
      const operators = new Principal(stack, "Operators", "group:operators@example.com");
      const trainer = identity(stack);
      expect(trainer.grantActAs(operators)).toBe(trainer.grantActAs(operators));
    });
    expect(onlyResource(terraform, "google_service_account_iam_member")).toEqual({
      role: "roles/iam.serviceAccountUser",
      member: "group:operators@example.com",
      service_account_id: expect.stringMatching(/^\$\{google_service_account\.Identity_\w+\.name\}$/),
    });
  });

  test.each([
    "roles/monitoring.metricWriter",
    "roles/logging.logWriter",
    "roles/bigquery.jobUser",
    "projects/some-project/roles/trainer",
    "projects/some-project/roles/queueAdmin",
    "organizations/123/roles/trainer",
  ])("can be given a role that exists for projects only: %s", (role) => {
    const terraform = terraformOf((stack) => identity(stack).grantProjectRole(role));
    expect(onlyResource(terraform, "google_project_iam_member")).toEqual({
      role,
      project: expect.stringMatching(/^\$\{google_service_account\.Identity_\w+\.project\}$/),
      member: expect.stringMatching(/^\$\{google_service_account\.Identity_\w+\.member\}$/),
    });
  });

  test.each([
    ["roles/owner", "basic role"],
    ["roles/editor", "basic role"],
    ["roles/viewer", "basic role"],
    ["roles/writer", "basic role"],
    ["roles/aiplatform.serviceAgent", "Google's own agents"],
    ["roles/aiplatform.customCodeServiceAgent", "Google's own agents"],
    ["roles/iam.serviceAccountTokenCreator", "grantImpersonate"],
    ["roles/iam.serviceAccountUser", "grantImpersonate"],
    ["roles/iam.workloadIdentityUser", "bindKubernetes"],
    ["roles/resourcemanager.projectIamAdmin", "who may do what"],
    ["roles/cloudkms.cryptoKeyDecrypter", "grantDecrypt"],
    ["roles/secretmanager.secretAccessor", "one secret"],
    ["roles/storage.objectViewer", "one bucket"],
    ["roles/artifactregistry.reader", "one repository"],
    ["roles/logging.privateLogViewer", "one audit trail"],
    ["roles/logging.viewAccessor", "one audit trail"],
    ["roles/run.invoker", "grantInvoke"],
    ["roles/run.servicesInvoker", "grantInvoke"],
    ["roles/pubsub.publisher", "one topic"],
    ["roles/bigquery.dataViewer", "one dataset"],
    ["roles/container.admin", "does not administer"],
    ["roles/compute.instanceAdmin.v1", "does not administer"],
    ["roles/compute.osAdminLogin", "does not administer"],
    ["roles/run.developer", "does not administer"],
    ["roles/datastore.owner", "does not administer"],
    ["roles/monitoring.editor", "does not administer"],
    ["monitoring.metricWriter", "in full"],
    ["roles/", "in full"],
  ])("is refused %s on its project, with what to do instead", (role, remedy) => {
    expect(findings((stack) => identity(stack).grantProjectRole(role))).toEqual([
      { property: "role", received: role, remedy: expect.stringContaining(remedy) },
    ]);
  });

  test("that is managed elsewhere grants and is bound all the same, in its own project", () => {
    const terraform = terraformOf((stack) => {
      const trainer = WorkloadIdentity.fromEmail(stack, "Identity", EMAIL);
      trainer.bindKubernetes({ namespace: "training", serviceAccount: "trainer" });
      trainer.grantProjectRole("roles/logging.logWriter");
    });
    expect(onlyResource(terraform, "google_service_account_iam_member")).toEqual({
      role: "roles/iam.workloadIdentityUser",
      member: "serviceAccount:central-project.svc.id.goog[training/trainer]",
      service_account_id: `projects/central-project/serviceAccounts/${EMAIL}`,
    });
    expect(onlyResource(terraform, "google_project_iam_member")).toEqual({
      project: "central-project",
      role: "roles/logging.logWriter",
      member: `serviceAccount:${EMAIL}`,
    });
    expect(terraform.resource).not.toHaveProperty("google_service_account");
  });

  test.each([
    "123-compute@developer.gserviceaccount.com",
    "some-project@appspot.gserviceaccount.com",
    "service-123@gcp-sa-pubsub.iam.gserviceaccount.com",
    "service-123@compute-system.iam.gserviceaccount.com",
    `serviceAccount:${EMAIL}`,
    "trainer",
  ])("that is managed elsewhere is refused as %s, which is no workload's account", (email) => {
    expect(findings((stack) => WorkloadIdentity.fromEmail(stack, "Identity", email))).toEqual([
      { property: "email", received: email, remedy: expect.stringContaining("NAME@PROJECT") },
    ]);
  });

  test("is refused with every finding at once", () => {
    const description = "é".repeat(129);
    expect(findings((stack) => new WorkloadIdentity(stack, "Identity", { name: "me", description }))).toEqual(
      [
        { property: "name", received: "me", remedy: expect.stringContaining("6 to 30") },
        { property: "description", received: description, remedy: expect.stringContaining("256 bytes") },
      ],
    );
  });
});
