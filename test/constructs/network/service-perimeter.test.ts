import type { TerraformStack } from "cdktf";
import { Principal, ServicePerimeter, type ServicePerimeterProps } from "../../../constructs";
import { vpcServiceControlsCatalog } from "../../../constructs/catalog/vpc-service-controls";
import { findings, onlyResource, type Terraform, terraformOf } from "../../support/terraform";

function perimeter(stack: TerraformStack, more: Partial<ServicePerimeterProps> = {}): ServicePerimeter {
  return new ServicePerimeter(stack, "Perimeter", {
    name: "plinth_test",
    accessPolicy: "123456",
    projects: ["acme-ml-dev"],
    ...more,
  });
}

function perimeterOf(terraform: Terraform) {
  return onlyResource(terraform, "google_access_context_manager_service_perimeter");
}

const number = expect.stringMatching(/^projects\/\$\{data\.google_project\.[\w-]+\.number\}$/);

describe("a service perimeter", () => {
  test("guards every service of its projects, and at first only logs what it would refuse", () => {
    const terraform = terraformOf((stack) => perimeter(stack));
    expect(perimeterOf(terraform)).toEqual({
      parent: "accessPolicies/123456",
      name: "accessPolicies/123456/servicePerimeters/plinth_test",
      title: "plinth_test",
      perimeter_type: "PERIMETER_TYPE_REGULAR",
      use_explicit_dry_run_spec: true,
      spec: {
        resources: [number],
        restricted_services: vpcServiceControlsCatalog.services,
        access_levels: [],
        vpc_accessible_services: { enable_restriction: true, allowed_services: ["RESTRICTED-SERVICES"] },
        ingress_policies: [],
        egress_policies: [],
      },
      lifecycle: { prevent_destroy: true },
    });
    expect(Object.values(terraform.data?.google_project ?? {})).toEqual([{ project_id: "acme-ml-dev" }]);
  });

  test("refuses where it is enforced, by what it only logged before", () => {
    const logged = perimeterOf(terraformOf((stack) => perimeter(stack)));
    const enforced = perimeterOf(terraformOf((stack) => perimeter(stack, { enforced: true })));
    expect(enforced.status).toEqual(logged.spec);
    expect(enforced).not.toHaveProperty("spec");
    expect(enforced).not.toHaveProperty("use_explicit_dry_run_spec");
  });

  test("takes projects by number as they are, and looks each of the others up once", () => {
    const terraform = terraformOf((stack) =>
      perimeter(stack, {
        projects: ["acme-ml-dev", "998877"],
        egress: {
          own: { identities: "any", toProjects: ["acme-ml-dev"], services: ["storage.googleapis.com"] },
        },
      }),
    );
    expect(perimeterOf(terraform).spec).toMatchObject({ resources: [number, "projects/998877"] });
    expect(Object.keys(terraform.data?.google_project ?? {})).toHaveLength(1);
  });

  test("guards the stated services only, and opens to the access levels of its policy", () => {
    const terraform = terraformOf((stack) =>
      perimeter(stack, {
        restrictedServices: ["storage.googleapis.com", "aiplatform.googleapis.com"],
        accessLevels: ["corporate"],
        deletionProtection: false,
      }),
    );
    expect(perimeterOf(terraform)).toMatchObject({
      spec: {
        restricted_services: ["storage.googleapis.com", "aiplatform.googleapis.com"],
        access_levels: ["accessPolicies/123456/accessLevels/corporate"],
      },
      lifecycle: { prevent_destroy: false },
    });
  });

  test("lets requests in and out as its rules say", () => {
    const terraform = terraformOf((stack) => {
      const ci = new Principal(stack, "Ci", "serviceAccount:ci@acme-ci.iam.gserviceaccount.com");
      perimeter(stack, {
        ingress: {
          "ci deploys": {
            identities: [ci],
            from: { accessLevels: ["corporate"], projects: ["acme-ci", "998877"] },
            services: ["run.googleapis.com"],
          },
          "ci from its runners": {
            identities: [ci],
            from: "anywhere",
            services: ["artifactregistry.googleapis.com"],
          },
        },
        egress: {
          "shared images": {
            identities: "any-service-account",
            toProjects: ["998877"],
            services: ["artifactregistry.googleapis.com", "storage.googleapis.com"],
          },
        },
      });
    });
    const all = [{ method: "*" }];
    expect(perimeterOf(terraform).spec).toMatchObject({
      ingress_policies: [
        {
          title: "ci deploys",
          ingress_from: {
            identities: ["serviceAccount:ci@acme-ci.iam.gserviceaccount.com"],
            sources: [
              { access_level: "accessPolicies/123456/accessLevels/corporate" },
              { resource: number },
              { resource: "projects/998877" },
            ],
          },
          ingress_to: {
            resources: ["*"],
            operations: [{ service_name: "run.googleapis.com", method_selectors: all }],
          },
        },
        { title: "ci from its runners", ingress_from: { sources: [{ access_level: "*" }] } },
      ],
      egress_policies: [
        {
          title: "shared images",
          egress_from: { identity_type: "ANY_SERVICE_ACCOUNT" },
          egress_to: {
            resources: ["projects/998877"],
            operations: [
              { service_name: "artifactregistry.googleapis.com", method_selectors: all },
              { service_name: "storage.googleapis.com", method_selectors: all },
            ],
          },
        },
      ],
    });
  });

  test("is refused with every finding at once", () => {
    expect(
      findings((stack) =>
        perimeter(stack, {
          name: "plinth-test",
          accessPolicy: "accessPolicies/123456",
          projects: ["ACME"],
          restrictedServices: ["storge.googleapis.com"],
          accessLevels: ["corp net"],
          ingress: {
            open: { identities: "any", from: "anywhere", services: ["storage.googleapis.com"] },
            vague: { identities: [], from: {}, services: [] },
            strange: {
              identities: "anyone" as "any",
              from: { projects: ["A"] },
              services: ["run.googleapis.com"],
            },
          },
          egress: { leak: { identities: "any-user", toProjects: [], services: ["drive.googleapis.com"] } },
        }),
      ).map(({ property, remedy }) => [property, remedy]),
    ).toEqual([
      ["name", expect.stringContaining("underscores")],
      ["accessPolicy", expect.stringContaining("the policy's number")],
      ["projects", expect.stringContaining("lower-case")],
      ["restrictedServices", expect.stringMatching(/^did you mean "storage\.googleapis\.com"\? /)],
      ["accessLevels", expect.stringContaining("underscores")],
      ["ingress.open.from", expect.stringContaining("anybody from anywhere")],
      ["ingress.vague.identities", expect.stringContaining("name some")],
      ["ingress.vague.services", expect.stringContaining("name one at least")],
      ["ingress.vague.from", expect.stringContaining("name access levels or projects")],
      ["ingress.strange.identities", expect.stringContaining("any-service-account")],
      ["ingress.strange.from.projects", expect.stringContaining("lower-case")],
      ["egress.leak.toProjects", expect.stringContaining("where data may go")],
      ["egress.leak.services", expect.stringContaining("guards no such service")],
    ]);
  });

  test("is refused where it is to let in a domain, which Google's perimeters do not know", () => {
    expect(
      findings((stack) => {
        const staff = new Principal(stack, "Staff", "domain:acme.example");
        const services = ["storage.googleapis.com"];
        perimeter(stack, {
          ingress: { staff: { identities: [staff], from: "anywhere", services } },
          egress: { staff: { identities: [staff], toProjects: ["998877"], services } },
        });
      }),
    ).toEqual(
      ["ingress.staff.identities", "egress.staff.identities"].map((property) => ({
        property,
        received: "domain:acme.example",
        remedy: expect.stringContaining("name a group instead"),
      })),
    );
  });

  test("is refused around nothing", () => {
    expect(findings((stack) => perimeter(stack, { projects: [] }))).toEqual([
      { property: "projects", received: [], remedy: "name those that the perimeter is around" },
    ]);
  });
});
