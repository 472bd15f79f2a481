import { TerraformVariable } from "cdktf";
import {
  OrganizationPolicies,
  type OrganizationPoliciesProps,
  type OrganizationPolicy,
  organizationPolicyCatalog,
} from "../../../constructs";
import { findings, resources, type Terraform, terraformOf } from "../../support/terraform";

const required = { parent: "projects/acme-ml-dev", locations: ["europe-west4"] };

function policies(props: Partial<OrganizationPoliciesProps> = {}): Terraform {
  return terraformOf((stack) => new OrganizationPolicies(stack, "Policies", { ...required, ...props }));
}

function constraintsOf(terraform: Terraform): string[] {
  return resources(terraform, "google_org_policy_policy").map(
    ({ name }) => String(name).split("/policies/")[1],
  );
}

function policy(terraform: Terraform, constraint: string) {
  return resources(terraform, "google_org_policy_policy").find(({ name }) =>
    String(name).endsWith(`/policies/${constraint}`),
  );
}

describe("organization policies", () => {
  test("hold for the project, all that have an effect there, unless asked otherwise", () => {
    const terraform = policies();
    expect(constraintsOf(terraform).sort()).toEqual([
      "compute.managed.disableSerialPortAccess",
      "compute.managed.vmExternalIpAccess",
      "compute.requireOsLogin",
      "compute.requireShieldedVm",
      "gcp.resourceLocations",
      "gcp.restrictCmekCryptoKeyProjects",
      "gcp.restrictNonCmekServices",
      "iam.automaticIamGrantsForDefaultServiceAccounts",
      "iam.managed.disableServiceAccountApiKeyCreation",
      "iam.managed.disableServiceAccountKeyCreation",
      "iam.managed.disableServiceAccountKeyUpload",
      "iam.managed.preventPrivilegedBasicRolesForDefaultServiceAccounts",
      "storage.publicAccessPrevention",
      "storage.uniformBucketLevelAccess",
    ]);
    for (const { parent } of resources(terraform, "google_org_policy_policy"))
      expect(parent).toBe("projects/acme-ml-dev");
  });

  test("keep resources in the groups of regions that Google keeps up to date, and in whatever else is named", () => {
    const terraform = policies({ locations: ["europe-west4", "eu-locations", "global"] });
    expect(policy(terraform, "gcp.resourceLocations")).toMatchObject({
      spec: {
        rules: [{ values: { allowed_values: ["in:europe-west4-locations", "in:eu-locations", "global"] } }],
      },
    });
  });

  test("keep resources in a region that is known only at apply", () => {
    const terraform = terraformOf((stack) => {
      const region = new TerraformVariable(stack, "region", { type: "string" }).stringValue;
      return new OrganizationPolicies(stack, "Policies", { ...required, locations: [region] });
    });
    expect(policy(terraform, "gcp.resourceLocations")).toMatchObject({
      spec: {
        rules: [{ values: { allowed_values: [expect.stringMatching(/^in:\$\{var\.region\}-locations$/)] } }],
      },
    });
  });

  test("require a key of each service that the library gives one to, beside what is required further up", () => {
    const spec = policy(policies(), "gcp.restrictNonCmekServices")?.spec;
    expect(spec).toMatchObject({ inherit_from_parent: true });
    const [{ values }] = (spec as { rules: { values: { denied_values: string[] } }[] }).rules;
    expect(values.denied_values).toContain("is:storage.googleapis.com");
    expect(values.denied_values).not.toContain("is:logging.googleapis.com");
  });

  test("require a key of the services that are named, and at an organization inherit from nobody", () => {
    const terraform = policies({ parent: "organizations/123", cmekServices: ["logging.googleapis.com"] });
    expect(policy(terraform, "gcp.restrictNonCmekServices")?.spec).toEqual({
      rules: [{ values: { denied_values: ["is:logging.googleapis.com"] } }],
    });
  });

  test("allow the parent's own keys, or whose are named", () => {
    const allowed = (terraform: Terraform) => policy(terraform, "gcp.restrictCmekCryptoKeyProjects")?.spec;
    expect(allowed(policies())).toEqual({
      rules: [{ values: { allowed_values: ["under:projects/acme-ml-dev"] } }],
    });
    expect(allowed(policies({ keyProjects: ["projects/acme-keys", "folders/42"] }))).toEqual({
      rules: [{ values: { allowed_values: ["under:projects/acme-keys", "under:folders/42"] } }],
    });
  });

  test("know of no key that a policy was never seen to require", () => {
    const cmekServices = ["redis.googleapis.com"];
    expect(
      findings((stack) => new OrganizationPolicies(stack, "Policies", { ...required, cmekServices })),
    ).toEqual([
      {
        property: "cmekServices[0]",
        received: "redis.googleapis.com",
        remedy: expect.stringContaining("A key can be required of aiplatform.googleapis.com"),
      },
    ]);
  });

  test("say nothing of keys where no service and no project is named", () => {
    const constraints = constraintsOf(policies({ cmekServices: [], keyProjects: [] }));
    expect(constraints.filter((constraint) => constraint.includes("Cmek"))).toEqual([]);
  });

  const rows = Object.entries(organizationPolicyCatalog.policies) as [
    OrganizationPolicy,
    { constraint: string; managed?: string },
  ][];
  const switches = rows.filter(([name]) => !["locations", "cmekServices", "keyProjects"].includes(name));

  test.each(switches)(
    "enforce %s on a folder, and leave it to what is above where it is off",
    (name, row) => {
      const constraint = row.managed ?? row.constraint;
      const parent = "folders/42";
      expect(policy(policies({ parent }), constraint)).toEqual(
        expect.objectContaining({ parent, spec: { rules: [{ enforce: "TRUE" }] } }),
      );
      expect(constraintsOf(policies({ parent, [name]: false }))).not.toContain(constraint);
    },
  );

  test("go by their older names where that is asked, with all external addresses denied", () => {
    const terraform = policies({ managedConstraints: false });
    expect(constraintsOf(terraform)).toEqual(
      expect.arrayContaining([
        "iam.disableServiceAccountKeyCreation",
        "iam.disableServiceAccountKeyUpload",
        "compute.disableSerialPortAccess",
      ]),
    );
    expect(policy(terraform, "compute.vmExternalIpAccess")?.spec).toEqual({
      rules: [{ deny_all: "TRUE" }],
    });
  });

  test("are at the same address under either name", () => {
    const addresses = (terraform: Terraform) =>
      Object.keys(terraform.resource?.google_org_policy_policy ?? {});
    expect(addresses(policies({ managedConstraints: false }))).toEqual(addresses(policies()));
  });

  test("are tried and not enforced where that is asked", () => {
    const tried = policy(policies({ dryRun: ["noExternalIps"] }), "compute.managed.vmExternalIpAccess");
    expect(tried?.dry_run_spec).toEqual({ rules: [{ enforce: "TRUE" }] });
    expect(tried).not.toHaveProperty("spec");
  });

  test("name where each was read, and why it is there", () => {
    for (const [, row] of Object.entries(organizationPolicyCatalog.policies)) {
      expect(row.source).toMatch(/^https:\/\/cloud\.google\.com\//);
      expect(row.why).not.toBe("");
    }
  });

  test("are refused with every finding at once", () => {
    expect(
      findings(
        (stack) =>
          new OrganizationPolicies(stack, "Policies", {
            parent: "acme-ml-dev",
            locations: ["europe-west44", "eu-location"],
            cmekServices: ["storage.googleapi.com"],
            keyProjects: ["acme-keys"],
            osLogin: false,
            noSerialPort: false,
            dryRun: ["osLogin", "noSerialPort", "shieldedVm" as OrganizationPolicy],
          }),
      ),
    ).toEqual([
      { property: "parent", received: "acme-ml-dev", remedy: expect.stringContaining("projects/<id>") },
      {
        property: "locations[0]",
        received: "europe-west44",
        remedy: expect.stringContaining('did you mean "europe-west4"?'),
      },
      {
        property: "locations[1]",
        received: "eu-location",
        remedy: expect.stringContaining('did you mean "eu-locations"?'),
      },
      {
        property: "cmekServices[0]",
        received: "storage.googleapi.com",
        remedy: expect.stringContaining('did you mean "storage.googleapis.com"?'),
      },
      { property: "keyProjects[0]", received: "acme-keys", remedy: expect.stringContaining("projects/<id>") },
      {
        property: "dryRun[0]",
        received: "osLogin",
        remedy: expect.stringContaining("compute.requireOsLogin"),
      },
      { property: "dryRun[1]", received: "noSerialPort", remedy: expect.stringContaining("turned off") },
      {
        property: "dryRun[2]",
        received: "shieldedVm",
        remedy: expect.stringContaining('did you mean "shieldedVms"?'),
      },
    ]);
  });

  test("are refused without a location, without an effect, and tried under a name that cannot be", () => {
    expect(
      findings(
        (stack) =>
          new OrganizationPolicies(stack, "Policies", {
            ...required,
            locations: [],
            noDefaultNetwork: true,
            managedConstraints: false,
            dryRun: ["noExternalIps"],
          }),
      ),
    ).toEqual([
      { property: "locations", received: [], remedy: expect.stringContaining("at least one") },
      { property: "noDefaultNetwork", received: true, remedy: expect.stringContaining("folder") },
      {
        property: "dryRun[0]",
        received: "noExternalIps",
        remedy: expect.stringContaining("managedConstraints"),
      },
    ]);
  });
});
