import { readFileSync } from "node:fs";
import { Ipv4Range } from "../../constructs";
import { loadEnvironments } from "../../environments/load";
import { runtimeConfigFromEnvironment } from "../../runtime/src/config";
import { synthesisedStacks } from "../support/environments";
import { onlyResource, resources, type Terraform } from "../support/terraform";

const environments = loadEnvironments(undefined, {});
const stacks = synthesisedStacks(environments);

function stack(name: string): Terraform {
  const found = stacks.get(name);
  if (found === undefined) throw new Error(`no stack ${name}, only ${[...stacks.keys()]}`);
  return found;
}

describe.each(environments)("the stacks of $name", (environment) => {
  const { name, project, region, labels, sizes, switches, audit, dataClassification, network } = environment;

  test("work in the environment's project and region, under its labels", () => {
    for (const part of ["bootstrap", "foundation", "platform", "training", "serving"])
      expect(stack(`${name}-${part}`).provider.google).toEqual([
        {
          project,
          region,
          user_project_override: true,
          billing_project: project,
          default_labels: { ...labels, environment: name, "managed-by": "plinth" },
        },
      ]);
  });

  test("keep their state in one bucket, under a prefix each", () => {
    for (const part of ["foundation", "platform", "training", "serving"])
      expect(stack(`${name}-${part}`).terraform.backend.gcs).toEqual({
        bucket: `${project}-tfstate`,
        prefix: `${name}-${part}`,
      });
  });

  test("read the foundation's outputs from where the foundation keeps its state", () => {
    expect(Object.values(stack(`${name}-serving`).data?.terraform_remote_state ?? {})).toEqual([
      expect.objectContaining({
        backend: "gcs",
        config: stack(`${name}-foundation`).terraform.backend.gcs,
      }),
    ]);
  });

  test("enable what streams the images of nodes, and what reports of the cluster's posture", () => {
    const enabled = resources(stack(`${name}-bootstrap`), "google_project_service");
    for (const service of ["containerfilesystem.googleapis.com", "containersecurity.googleapis.com"])
      expect(enabled).toContainEqual(expect.objectContaining({ service }));
  });

  test("create the state bucket with a local state, and never destroy it", () => {
    const bootstrap = stack(`${name}-bootstrap`);
    expect(bootstrap.terraform.backend.local).toEqual({
      path: `../../../terraform.${name}-bootstrap.tfstate`,
    });
    expect(onlyResource(bootstrap, "google_storage_bucket")).toMatchObject({
      name: `${project}-tfstate`,
      versioning: { enabled: true },
      lifecycle: { prevent_destroy: true },
    });
  });

  test("protect what must not be lost where the environment says so", () => {
    const kept = ["bootstrap", "foundation"].flatMap((part) =>
      Object.entries(stack(`${name}-${part}`).resource ?? {}).flatMap(([type, ofType]) =>
        Object.entries(ofType).flatMap(([id, { lifecycle }]) =>
          lifecycle ? [[`${part} ${type}`, id, lifecycle]] : [],
        ),
      ),
    );
    const types = new Set(kept.map(([type]) => type));
    for (const type of [
      "google_artifact_registry_repository",
      "google_compute_network",
      "google_compute_subnetwork",
      "google_kms_crypto_key",
      "google_kms_key_ring",
      "google_logging_project_bucket_config",
      "google_secret_manager_secret",
      "google_storage_bucket",
    ])
      expect(types).toContain(`foundation ${type}`);
    for (const [type, id, lifecycle] of kept) {
      // The state is protected in every environment.
      const protect = String(type).startsWith("bootstrap") || switches.deletionProtection;
      expect([type, id, lifecycle]).toEqual([
        type,
        id,
        expect.objectContaining({ prevent_destroy: protect }),
      ]);
    }
    expect(onlyResource(stack(`${name}-serving`), "google_cloud_run_v2_service").lifecycle).toEqual({
      prevent_destroy: switches.deletionProtection,
    });
  });

  test("can be destroyed with all they hold where they are not protected, and nowhere else", () => {
    const foundation = stack(`${name}-foundation`);
    const { deletionProtection } = switches;
    for (const { force_destroy } of resources(foundation, "google_storage_bucket"))
      expect(force_destroy).toBe(!deletionProtection);
    for (const { deletion_protection } of resources(foundation, "google_secret_manager_secret"))
      expect(deletion_protection).toBe(deletionProtection);
    const kept = ["foundation", "platform", "training", "serving"]
      .map((part) => stack(`${name}-${part}`))
      .flatMap(({ resource = {} }) =>
        Object.values(resource).flatMap((ofType) =>
          Object.keys(ofType).filter((id) =>
            /"(?:prevent_destroy|deletion_protection|locked|is_locked)":true|"ABANDON"|"PREVENT"/.test(
              JSON.stringify(ofType[id]),
            ),
          ),
        ),
      );
    expect(kept.length > 0).toBe(deletionProtection);
  });

  test("start the runtime with an environment that the runtime accepts as what was asked", () => {
    const { template } = onlyResource(stack(`${name}-serving`), "google_cloud_run_v2_service") as unknown as {
      template: { containers: [{ env: { name: string; value: string }[] }] };
    };
    const variables = Object.fromEntries(template.containers[0].env.map(({ name, value }) => [name, value]));
    const config = runtimeConfigFromEnvironment(variables);
    const { modelPath, runtime } = sizes.serving;
    expect(config).toMatchObject({ ...runtime, model: `/models/${modelPath}` });
  });

  test("let the service read the models, and do nothing else", () => {
    const serving = stack(`${name}-serving`);
    const grants = Object.keys(serving.resource ?? {}).filter((type) => type.includes("_iam_"));
    expect(grants).toEqual(["google_storage_bucket_iam_member"]);
    expect(onlyResource(serving, "google_storage_bucket_iam_member")).toMatchObject({
      bucket: expect.stringContaining("google_storage_bucketModels_"),
      role: "roles/storage.objectViewer",
      member: expect.stringMatching(/google_service_account\.Endpoint_Identity_\w+\.member/),
    });
  });

  test("let one account publish models and images, which can do nothing else", () => {
    const { resource = {} } = stack(`${name}-foundation`);
    const publisher = /google_service_account\.Publisher_\w+\.member/;
    const granted = Object.entries(resource).flatMap(([type, ofType]) =>
      Object.values(ofType).flatMap(({ member, role }) =>
        publisher.test(String(member)) ? [`${type} ${role}`] : [],
      ),
    );
    expect(granted.sort()).toEqual([
      "google_artifact_registry_repository_iam_member roles/artifactregistry.writer",
      "google_storage_bucket_iam_member roles/storage.objectUser",
    ]);
    const acting = resources(stack(`${name}-foundation`), "google_service_account_iam_member");
    expect(acting.map(({ member }) => member)).toEqual(environment.publishing.members);
  });

  test("audit whoever touches data, secrets or keys", () => {
    const foundation = stack(`${name}-foundation`);
    const configs = resources(foundation, "google_project_iam_audit_config");
    expect(configs.map(({ service }) => service)).toEqual([
      "artifactregistry.googleapis.com",
      "cloudkms.googleapis.com",
      "secretmanager.googleapis.com",
      "storage.googleapis.com",
    ]);
    const { retentionDays, locked } = audit;
    expect(onlyResource(foundation, "google_logging_project_bucket_config")).toMatchObject({
      retention_days: retentionDays,
      locked,
    });
  });

  test("keep the trail under another key than the data", () => {
    const [trail, models] = [
      onlyResource(stack(`${name}-foundation`), "google_logging_project_bucket_config").cmek_settings,
      bucket(name, "models").encryption,
    ].map((settings) => JSON.stringify(settings));
    expect(trail).toContain("google_kms_crypto_key_iam_member.AuditKey_");
    expect(models).toContain("google_kms_crypto_key_iam_member.Key_");
  });

  test("say of every bucket what kind of data it holds", () => {
    const labels = ["bootstrap", "foundation"]
      .flatMap((part) => resources(stack(`${name}-${part}`), "google_storage_bucket"))
      .map(({ labels }) => Object(labels)["data-classification"]);
    expect(labels).not.toContain(undefined);
    for (const part of ["datasets", "checkpoints"])
      expect(bucket(name, part).labels).toEqual({ "data-classification": dataClassification });
  });

  test("keep ranges of the network's subnets inside of what the environment gives it", () => {
    const subnets = resources(stack(`${name}-foundation`), "google_compute_subnetwork");
    expect(subnets.map((subnet) => subnet.name).sort()).toEqual(
      Object.keys(network.subnets)
        .map((subnet) => `plinth-${name}-network-${subnet}`)
        .sort(),
    );
    const space = Ipv4Range.of(network.cidr);
    const ranges = subnets.flatMap(({ ip_cidr_range, secondary_ip_range }) => [
      String(ip_cidr_range),
      ...((secondary_ip_range as { ip_cidr_range: string }[] | undefined) ?? []).map(
        (range) => range.ip_cidr_range,
      ),
    ]);
    expect(ranges.filter((range) => !space.contains(Ipv4Range.of(range)))).toEqual([]);
  });

  test("enable every API in the bootstrap that the others' resources and agents need", () => {
    const enabled = resources(stack(`${name}-bootstrap`), "google_project_service").map(
      ({ service }) => service,
    );
    const needed = ["bootstrap", "foundation", "platform", "training", "serving"].flatMap((part) => {
      const { resource = {}, data = {} } = stack(`${name}-${part}`);
      const identities = Object.values(resource.google_project_service_identity ?? {});
      return [
        ...identities.map(({ service }) => service),
        ...Object.keys({ ...resource, ...data }).map((type) => {
          const [, api] = apis.find(([prefix]) => type.startsWith(prefix)) ?? [];
          return api === undefined ? `the API of ${type}` : `${api}.googleapis.com`;
        }),
      ];
    });
    expect([...new Set(needed)].filter((service) => !enabled.includes(service))).toEqual([]);
  });
});

/** Which API a resource is made with, by the beginning of its type. */
const apis: readonly (readonly [prefix: string, api: string])[] = [
  ["google_access_context_manager", "accesscontextmanager"],
  ["google_artifact_registry", "artifactregistry"],
  ["google_billing_budget", "billingbudgets"],
  ["google_cloud_quotas", "cloudquotas"],
  ["google_cloud_run", "run"],
  ["google_cloud_scheduler", "cloudscheduler"],
  ["google_compute", "compute"],
  ["google_container", "container"],
  ["google_data_loss_prevention", "dlp"],
  ["google_dns", "dns"],
  ["google_gke_backup", "gkebackup"],
  // Of the provider itself: it asks nobody.
  ["google_client_config", "iam"],
  ["google_iam_workload_identity_pool", "iam"],
  ["google_iap", "iap"],
  ["google_kms", "cloudkms"],
  ["google_logging", "logging"],
  ["google_monitoring", "monitoring"],
  ["google_org_policy", "orgpolicy"],
  ["google_os_config", "osconfig"],
  ["google_project_service", "serviceusage"],
  ["google_project", "cloudresourcemanager"],
  ["google_pubsub", "pubsub"],
  ["google_secret_manager", "secretmanager"],
  ["google_service_account", "iam"],
  ["google_service_networking", "servicenetworking"],
  ["google_storage", "storage"],
  ["google_workbench", "notebooks"],
  // What a chart is installed by.
  ["helm_release", "container"],
  // Terraform's own: it needs no API.
  ["terraform_data", "storage"],
  // The state of the foundation.
  ["terraform_remote_state", "storage"],
];

function bucket(environment: string, part: string): ReturnType<typeof onlyResource> {
  const buckets = resources(stack(`${environment}-foundation`), "google_storage_bucket");
  const [found] = buckets.filter(({ name }) => String(name).endsWith(`-${part}`));
  return found;
}

describe("the environments differ as one would expect:", () => {
  /** What the foundations of dev, staging and prod say. */
  function each<T>(read: (foundation: Terraform, environment: string) => T): T[] {
    return ["dev", "staging", "prod"].map((name) => read(stack(`${name}-foundation`), name));
  }

  function count(type: string): number[] {
    return each((foundation) => resources(foundation, type).length);
  }

  test("prod alone keeps its keys in hardware, that of the state too", () => {
    const levels = ["dev", "staging", "prod"].map((name) => [
      ...new Set(
        ["bootstrap", "foundation"]
          .flatMap((part) => resources(stack(`${name}-${part}`), "google_kms_crypto_key"))
          .map(({ version_template }) => Object(version_template).protection_level),
      ),
    ]);
    expect(levels).toEqual([["SOFTWARE"], ["SOFTWARE"], ["HSM"]]);
  });

  test("prod alone locks what it keeps of the audit, which dev does not archive at all", () => {
    expect(
      each((foundation) => onlyResource(foundation, "google_logging_project_bucket_config").locked),
    ).toEqual([false, false, true]);
    expect(each((_, name) => bucket(name, "audit")?.retention_policy)).toEqual([
      undefined,
      { is_locked: false, retention_period: 365 * 86_400 },
      { is_locked: true, retention_period: 2_192 * 86_400 },
    ]);
  });

  test("each keeps longer than the one before it what was deleted or replaced, and what was logged", () => {
    const days = environments.map(({ sizes, audit }) => [
      sizes.softDeleteDays,
      sizes.olderVersionDays,
      sizes.checkpointsKept,
      audit.retentionDays,
    ]);
    for (const [index, later] of days.slice(1).entries())
      expect(later.filter((value, field) => value <= days[index][field])).toEqual([]);
  });

  test("prod alone has a perimeter, a budget, and addresses that others can let in", () => {
    expect(count("google_access_context_manager_service_perimeter")).toEqual([0, 0, 1]);
    expect(count("google_billing_budget")).toEqual([0, 0, 1]);
    expect(count("google_compute_address")).toEqual([0, 0, 2]);
  });

  test("prod alone has an address for Google's APIs on premises, those that its perimeter guards", () => {
    expect(count("google_compute_global_forwarding_rule")).toEqual([0, 0, 1]);
    const foundation = stack("prod-foundation");
    expect(onlyResource(foundation, "google_compute_global_forwarding_rule")).toMatchObject({
      name: "plinthprodapis",
      target: "vpc-sc",
      service_directory_registrations: { service_directory_region: "europe-west4" },
    });
    expect(resources(foundation, "google_compute_global_address")).toContainEqual(
      expect.objectContaining({ purpose: "PRIVATE_SERVICE_CONNECT", address: "10.15.255.241" }),
    );
  });

  test("dev alone asks nothing of an organisation, and of nobody's quota", () => {
    expect(count("google_org_policy_policy").map((policies) => policies > 0)).toEqual([false, true, true]);
    expect(count("google_cloud_quotas_quota_preference").map((quotas) => quotas > 0)).toEqual([
      false,
      true,
      true,
    ]);
  });

  test("their networks do not overlap, so that they can be connected", () => {
    const [dev, staging, prod] = environments.map(({ network }) => Ipv4Range.of(network.cidr));
    expect([dev.overlaps(staging), dev.overlaps(prod), staging.overlaps(prod)]).toEqual([
      false,
      false,
      false,
    ]);
  });
});

test("the guide imports every key ring and key of the foundation, by its address and name", () => {
  const guide = readFileSync("docs/guides/infrastructure.md", "utf8");
  const imports = [...guide.matchAll(/terraform import (\w+)\.(\w+) (\S+)/g)];
  const { resource = {} } = stack("dev-foundation");
  const kept = ["google_kms_key_ring", "google_kms_crypto_key"].flatMap((type) =>
    Object.entries(resource[type]).map(([id, { name }]) => `${type}.${id} ${name}`),
  );
  expect(
    imports.map(([, type, id, imported]) => `${type}.${id} ${imported.split("/").at(-1)}`).sort(),
  ).toEqual(kept.sort());
});

test("an environment lets its callers send requests to its endpoint, and do nothing else", () => {
  const [dev] = environments;
  const callers = [
    "group:apps@acme.example",
    "serviceAccount:shop@acme.iam.gserviceaccount.com",
    "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/*",
  ];
  const serving = synthesisedStacks([{ ...dev, callers }]).get("dev-serving") as Terraform;
  const granted = resources(serving, "google_cloud_run_v2_service_iam_member");
  expect(granted.map(({ role, member }) => `${role} ${member}`).sort()).toEqual(
    callers.map((member) => `roles/run.invoker ${member}`).sort(),
  );
  const grants = Object.keys(serving.resource ?? {}).filter((type) => type.includes("_iam_"));
  expect(grants.sort()).toEqual([
    "google_cloud_run_v2_service_iam_member",
    "google_storage_bucket_iam_member",
  ]);
});

test("an environment lets one branch on GitHub publish, and no other", () => {
  const [dev] = environments;
  const gitHub = { ownerId: "1234567", repository: "acme/models", branch: "main" };
  const foundation = synthesisedStacks([{ ...dev, publishing: { members: [], gitHub } }]).get(
    "dev-foundation",
  ) as Terraform;
  expect(onlyResource(foundation, "google_iam_workload_identity_pool_provider")).toMatchObject({
    attribute_condition: 'assertion.repository_owner_id == "1234567"',
  });
  expect(onlyResource(foundation, "google_service_account_iam_member")).toMatchObject({
    role: "roles/iam.serviceAccountTokenCreator",
    member: expect.stringMatching(/\/attribute\.repository_ref\/acme\/models@refs\/heads\/main$/),
  });
});

test("a perimeter lets in who publishes, for that alone, and who deploys", () => {
  const { status } = onlyResource(
    stack("prod-foundation"),
    "google_access_context_manager_service_perimeter",
  ) as { status: { ingress_policies: IngressPolicy[] } };
  const [publishers, deployers] = status.ingress_policies;
  expect(publishers).toMatchObject({
    title: "Publishers",
    ingress_from: {
      identities: [
        "serviceAccount:release@acme-build.iam.gserviceaccount.com",
        expect.stringContaining("google_service_account.Publisher_"),
      ],
    },
  });
  expect(publishers.ingress_to.operations.map(({ service_name }) => service_name)).toEqual([
    "artifactregistry.googleapis.com",
    "iamcredentials.googleapis.com",
    "storage.googleapis.com",
  ]);
  expect(deployers.title).toBe("Deployers");
});

interface IngressPolicy {
  readonly title: string;
  readonly ingress_to: { readonly operations: readonly { readonly service_name: string }[] };
}

test("a caller's grant keeps its address when others come and go", () => {
  const [dev] = environments;
  const addressesOf = (...callers: string[]) =>
    Object.entries(
      synthesisedStacks([{ ...dev, callers }]).get("dev-serving")?.resource
        ?.google_cloud_run_v2_service_iam_member ?? {},
    ).flatMap(([address, { member }]) => (member === "group:apps@acme.example" ? [address] : []));
  const [address] = addressesOf("group:apps@acme.example");
  expect(addressesOf("group:more@acme.example", "group:apps@acme.example")).toEqual([address]);
});

test("an environment can keep the bootstrap's own state in the bucket too", () => {
  const [dev] = environments;
  const moved = synthesisedStacks([{ ...dev, state: { bucket: "central-tfstate", bootstrap: "bucket" } }]);
  expect(moved.get("dev-bootstrap")?.terraform.backend).toEqual({
    gcs: { bucket: "central-tfstate", prefix: "dev-bootstrap" },
  });
});
