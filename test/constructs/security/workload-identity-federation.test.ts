import { Fn, type TerraformStack } from "cdktf";
import {
  EncryptedBucket,
  WorkloadIdentity,
  WorkloadIdentityFederation,
  type WorkloadIdentityFederationProps,
} from "../../../constructs";
import { findings, onlyResource, resources, terraformOf } from "../../support/terraform";

function federation(stack: TerraformStack, props: Partial<WorkloadIdentityFederationProps> = {}) {
  return new WorkloadIdentityFederation(stack, "Ci", {
    name: "plinth-test-ci",
    issuer: "https://issuer.example.com",
    condition: 'assertion.tenant == "acme"',
    ...props,
  });
}

function github(stack: TerraformStack, ownerId = "1234567"): WorkloadIdentityFederation {
  return WorkloadIdentityFederation.forGitHub(stack, "Ci", { name: "plinth-test-ci", ownerId });
}

describe("a federation of identities", () => {
  test("is a pool with one provider, which takes the tokens of one issuer that meet a condition", () => {
    const terraform = terraformOf((stack) => federation(stack));
    expect(onlyResource(terraform, "google_iam_workload_identity_pool")).toMatchObject({
      workload_identity_pool_id: "plinth-test-ci",
    });
    expect(onlyResource(terraform, "google_iam_workload_identity_pool_provider")).toMatchObject({
      workload_identity_pool_id: expect.stringMatching(
        /^\$\{google_iam_workload_identity_pool\.Ci_\w+\.workload_identity_pool_id\}$/,
      ),
      workload_identity_pool_provider_id: "plinth-test-ci",
      oidc: { issuer_uri: "https://issuer.example.com" },
      attribute_mapping: { "google.subject": "assertion.sub" },
      attribute_condition: 'assertion.tenant == "acme"',
    });
  });

  test("with GitHub takes one owner's tokens, told by the number that nobody else can get", () => {
    const terraform = terraformOf((stack) => github(stack));
    expect(onlyResource(terraform, "google_iam_workload_identity_pool_provider")).toMatchObject({
      oidc: { issuer_uri: "https://token.actions.githubusercontent.com" },
      attribute_mapping: {
        "google.subject": "assertion.sub",
        "attribute.repository": "assertion.repository",
        "attribute.repository_ref": 'assertion.repository + "@" + assertion.ref',
      },
      attribute_condition: 'assertion.repository_owner_id == "1234567"',
    });
  });

  test("grants nothing to anybody by itself, and makes no key", () => {
    const terraform = terraformOf((stack) => github(stack));
    expect(Object.keys(terraform.resource ?? {}).sort()).toEqual([
      "google_iam_workload_identity_pool",
      "google_iam_workload_identity_pool_provider",
    ]);
  });

  test("has subjects and sets of them that access is granted to as to any identity", () => {
    const terraform = terraformOf((stack) => {
      const ci = github(stack);
      const models = EncryptedBucket.fromBucketName(stack, "Models", "central-models");
      models.grantRead(ci.attribute("repository", "acme/models"));
      models.grantWrite(ci.subject("repo:acme/models:environment:prod"));
    });
    const pool = /\$\{google_iam_workload_identity_pool\.Ci_\w+\.name\}/;
    expect(
      resources(terraform, "google_storage_bucket_iam_member").map(({ role, member }) => [
        role,
        String(member).replace(pool, "POOL"),
      ]),
    ).toEqual([
      [
        "roles/storage.objectViewer",
        "principalSet://iam.googleapis.com/POOL/attribute.repository/acme/models",
      ],
      [
        "roles/storage.objectUser",
        "principal://iam.googleapis.com/POOL/subject/repo:acme/models:environment:prod",
      ],
    ]);
  });

  test("gives the same identity each time it is asked for, to grant several things to", () => {
    terraformOf((stack) => {
      const ci = github(stack);
      expect(ci.subject("a")).toBe(ci.subject("a"));
      expect(ci.attribute("repository_ref", "a")).toBe(ci.attribute("repository_ref", "a"));
      expect(ci.attribute("repository_ref", "a")).not.toBe(ci.attribute("repository", "a"));
    });
  });

  test("takes nobody for somebody else whose construct would have the same id", () => {
    terraformOf((stack) => {
      const ci = github(stack);
      ci.subject("repo:acme/models");
      expect(() => ci.subject("repo:acme--models")).toThrow("already a Construct");
    });
  });

  test("lets a subject act as a service account, where that is granted", () => {
    const terraform = terraformOf((stack) => {
      const deployer = new WorkloadIdentity(stack, "Deployer", {
        name: "plinth-test-deployer",
        description: "Deploys",
      });
      deployer.grantImpersonate(github(stack).subject("repo:acme/infra:environment:prod"));
    });
    expect(onlyResource(terraform, "google_service_account_iam_member").member).toMatch(
      /\/subject\/repo:acme\/infra:environment:prod$/,
    );
  });

  test("is refused with every finding at once", () => {
    expect(
      findings((stack) =>
        federation(stack, {
          name: "gcp-ci",
          issuer: "http://issuer.example.com",
          condition: "true",
          attributes: { "Repository-Name": "assertion.repository" },
        }),
      ),
    ).toEqual([
      { property: "name", received: "gcp-ci", remedy: expect.stringContaining("4 to 32") },
      {
        property: "issuer",
        received: "http://issuer.example.com",
        remedy: expect.stringContaining("https://"),
      },
      { property: "condition", received: "true", remedy: expect.stringContaining("which tokens are yours") },
      {
        property: "attributes.Repository-Name",
        received: "Repository-Name",
        remedy: expect.stringContaining("1 to 100"),
      },
    ]);
  });

  test.each(["", " ", `a${"=".repeat(4_096)}`])("is refused the condition %j", (condition) => {
    expect(findings((stack) => federation(stack, { condition }))).toEqual([
      { property: "condition", received: condition, remedy: expect.any(String) },
    ]);
  });

  test("may learn at apply who signs the tokens and whose they are", () => {
    expect(
      findings((stack) => {
        federation(stack, { issuer: Fn.lookup({ a: "https://a.example.com" }, "a") });
        WorkloadIdentityFederation.forGitHub(stack, "GitHub", {
          name: "plinth-gh",
          ownerId: Fn.trimspace("1"),
        });
      }),
    ).toEqual([]);
  });

  test("is refused an attribute that keeps nothing of the token", () => {
    expect(findings((stack) => federation(stack, { attributes: { tenant: " " } }))).toEqual([
      {
        property: "attributes.tenant",
        received: " ",
        remedy: expect.stringContaining("assertion.repository"),
      },
    ]);
  });

  test("with GitHub is refused with every finding at once", () => {
    expect(
      findings((stack) =>
        WorkloadIdentityFederation.forGitHub(stack, "Ci", { name: "gcp-ci", ownerId: "acme" }),
      ).map(({ property }) => property),
    ).toEqual(["name", "ownerId"]);
  });

  test("with GitHub is refused for an owner's name", () => {
    expect(findings((stack) => github(stack, "acme"))).toEqual([
      { property: "ownerId", received: "acme", remedy: expect.stringContaining("gh api users/NAME") },
    ]);
  });

  test("has no attribute that it does not keep", () => {
    expect(findings((stack) => github(stack).attribute("repositry", "acme/models"))).toEqual([
      {
        property: "name",
        received: "repositry",
        remedy: expect.stringContaining('did you mean "repository"?'),
      },
    ]);
    expect(findings((stack) => federation(stack).attribute("repository", ""))).toEqual([
      { property: "name", received: "repository", remedy: expect.stringContaining("keeps no attribute") },
      { property: "value", received: "", remedy: expect.any(String) },
    ]);
  });

  test("has nobody who is known at apply only, since grants are addressed by who it is", () => {
    const refused = [expect.objectContaining({ remedy: expect.stringContaining("at synth") })];
    expect(findings((stack) => github(stack).subject(Fn.upper("a")))).toEqual(refused);
    expect(findings((stack) => github(stack).attribute("repository", Fn.upper("a")))).toEqual(refused);
  });

  test.each(["", "a".repeat(128)])("has no subject %j", (subject) => {
    expect(findings((stack) => github(stack).subject(subject))).toEqual([
      { property: "subject", received: subject, remedy: expect.stringContaining("127") },
    ]);
  });
});
