import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ContainerCluster } from "@cdktf/provider-google/lib/container-cluster";
import { DataGoogleIamPolicy } from "@cdktf/provider-google/lib/data-google-iam-policy";
import { KmsCryptoKey } from "@cdktf/provider-google/lib/kms-crypto-key";
import { KmsKeyRing } from "@cdktf/provider-google/lib/kms-key-ring";
import { ProjectIamPolicy } from "@cdktf/provider-google/lib/project-iam-policy";
import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import { StorageBucket } from "@cdktf/provider-google/lib/storage-bucket";
import { App, Aspects, TerraformStack } from "cdktf";
import {
  ConstructError,
  Policies,
  type PolicyReport,
  policyReportFiles,
  suppressPolicy,
} from "../../../constructs";
import { atApply, DeclaredResource, stackOf } from "../../support/declared-resource";
import { findingsOf } from "../../support/findings";
import { removeTemporaryDirectories, temporaryDirectory } from "../../support/temporary-directory";

const KEY = "projects/p/locations/europe-west4/keyRings/r/cryptoKeys/k";
const REASON = "The data of this bucket is published as open data.";

afterEach(removeTemporaryDirectories);

function newApp(): App {
  return new App({ outdir: temporaryDirectory(), stackTraces: false });
}

function newStack(app: App, id: string): TerraformStack {
  const stack = new TerraformStack(app, id);
  new GoogleProvider(stack, "google", {
    project: "acme-ml",
    region: "europe-west4",
  });
  return stack;
}

/** A bucket that keeps all rules about itself, and whose reads nobody logs. */
function goodBucket(stack: TerraformStack, id = "Bucket"): StorageBucket {
  return new StorageBucket(stack, id, {
    name: id.toLowerCase(),
    location: "europe-west4",
    encryption: { defaultKmsKeyName: KEY },
    uniformBucketLevelAccess: true,
    publicAccessPrevention: "enforced",
    versioning: { enabled: true },
  });
}

function audited(stack: TerraformStack): void {
  new DeclaredResource(stack, "Audit", "google_project_iam_audit_config", {
    service: "allServices",
    audit_log_config: [{ log_type: "DATA_READ" }, { log_type: "DATA_WRITE" }],
  });
}

function reportOf(app: App): PolicyReport {
  return JSON.parse(readFileSync(join(app.outdir, policyReportFiles.json), "utf8"));
}

/** What the error says that synth throws. */
function errorOf(app: App): ConstructError {
  try {
    app.synth();
  } catch (error) {
    if (error instanceof ConstructError) return error;
    throw error;
  }
  throw new Error("synth passes");
}

describe("policies on an app", () => {
  test("fail synth with every error of every stack at once, with paths and remedies and no stack trace", () => {
    const app = newApp();
    for (const id of ["one", "two"]) {
      const stack = newStack(app, id);
      audited(stack);
      goodBucket(stack).addOverride("versioning.enabled", false);
      goodBucket(stack, "Other").publicAccessPrevention = "inherited";
    }
    Policies.enforce(app);
    const { message, stack } = errorOf(app);
    expect(message).toMatchInlineSnapshot(`
      "policy: 4 findings
        one/Bucket versioning.enabled       got false: turn versioning on, or state a retention_policy or a soft_delete_policy (bucket-recoverable)
        one/Other public_access_prevention  got "inherited": set public_access_prevention to "enforced" (bucket-not-public)
        two/Bucket versioning.enabled       got false: turn versioning on, or state a retention_policy or a soft_delete_policy (bucket-recoverable)
        two/Other public_access_prevention  got "inherited": set public_access_prevention to "enforced" (bucket-not-public)"
    `);
    expect(stack).not.toMatch(/\n\s+at /);
  });

  test("leave what is written as it is, and pass what keeps the rules", () => {
    const written = [true, false].map((enforced) => {
      const app = newApp();
      const stack = newStack(app, "stack");
      audited(stack);
      goodBucket(stack);
      if (enforced) Policies.enforce(app);
      app.synth();
      return readFileSync(join(app.outdir, "stacks/stack/cdk.tf.json"), "utf8");
    });
    expect(written[0]).toBe(written[1]);
  });

  test("judge stacks that are added later", () => {
    const app = newApp();
    Policies.enforce(app);
    new DeclaredResource(newStack(app, "late"), "Key", "google_service_account_key", {});
    expect(errorOf(app).message).toContain("late/Key");
  });

  test("judge what other aspects have made of the stacks", () => {
    const app = newApp();
    const stack = newStack(app, "stack");
    audited(stack);
    const bucket = goodBucket(stack);
    bucket.publicAccessPrevention = "inherited";
    Policies.enforce(app);
    Aspects.of(stack).add({
      visit: (construct) => {
        if (construct === bucket) bucket.publicAccessPrevention = "enforced";
      },
    });
    expect(() => app.synth()).not.toThrow();
  });

  test("leave it to cdktf's command to show errors and to fail, where that runs the app", () => {
    const app = newApp();
    const stack = newStack(app, "stack");
    audited(stack);
    new DeclaredResource(stack, "Key", "google_service_account_key", {
      service_account_id: "runner",
    });
    new DeclaredResource(stack, "Secret", "google_secret_manager_secret", {
      replication: atApply("var.x"),
    });
    Policies.enforce(app);
    process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS = "true";
    try {
      app.synth();
    } finally {
      delete process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS;
    }
    const { stacks } = JSON.parse(readFileSync(join(app.outdir, "manifest.json"), "utf8"));
    expect(stacks.stack.annotations).toEqual([
      {
        constructPath: "stack/Key",
        level: "@cdktf/error",
        message: expect.stringMatching(/^service_account_id got "runner": .* \(no-service-account-keys\)$/),
      },
      {
        constructPath: "stack/Secret",
        level: "@cdktf/warn",
        message: expect.stringContaining("(own-key)"),
      },
    ]);
  });
});

describe("policies", () => {
  test("may be added as an aspect of a stack, and leave other stacks alone", () => {
    const app = newApp();
    for (const id of ["judged", "free"])
      new DeclaredResource(newStack(app, id), "Key", "google_service_account_key", {});
    Aspects.of(app.node.findChild("judged")).add(new Policies());
    const { findings } = errorOf(app);
    expect(findings.map(({ property }) => property)).toEqual(["judged/Key service_account_id"]);
  });

  test("judge each environment by packs of its own", () => {
    const app = newApp();
    const [dev, prod] = ["dev", "prod"].map((id) => {
      const stack = newStack(app, id);
      audited(stack);
      goodBucket(stack).location = "US";
      return stack;
    });
    Policies.enforce(dev, { name: "dev" });
    Policies.enforce([prod], { name: "prod", packs: ["gdpr"] });
    expect(errorOf(app).findings.map(({ property }) => property)).toEqual(["prod/Bucket location"]);
    expect(reportOf(app).environments.map(({ name, packs, errors }) => [name, packs, errors])).toEqual([
      ["dev", ["baseline"], 0],
      ["prod", ["baseline", "gdpr"], 1],
    ]);
  });

  test("follow a key into another stack of the app", () => {
    const app = newApp();
    const keys = newStack(app, "keys");
    const key = new KmsCryptoKey(keys, "Key", {
      name: "k",
      keyRing: "projects/p/locations/europe-west4/keyRings/r",
      rotationPeriod: "7776000s",
    });
    const data = newStack(app, "data");
    goodBucket(data).putEncryption({ defaultKmsKeyName: key.id });
    goodBucket(data, "Other").putEncryption({ defaultKmsKeyName: key.keyRing });
    expect(Policies.check(data).findings.filter(({ rule }) => rule === "own-key")).toMatchObject([
      { path: "data/Other", cause: "violation" },
    ]);
    const wrong = newStack(app, "wrong");
    goodBucket(wrong).putEncryption({
      defaultKmsKeyName: key.primary.toString(),
    });
    expect(Policies.check(wrong).findings.map(({ rule }) => rule)).toContain("own-key");
  });

  test("follow what a list of another stack holds there, and not here", () => {
    const app = newApp();
    const [open, closed] = [
      ["open", "US"],
      ["closed", "europe-west4"],
    ].map(([id, location]) => {
      const stack = newStack(app, id);
      new KmsKeyRing(stack, "Ring", { name: "ring", location });
      return stack;
    });
    const cluster = new ContainerCluster(open, "Cluster", {
      name: "gke",
      location: "europe-west4",
      nodeLocations: [atApply("google_kms_key_ring.Ring.location")],
    });
    new ContainerCluster(closed, "Cluster", {
      name: "gke",
      location: "europe-west4",
      nodeLocations: cluster.nodeLocations,
    });
    const { findings } = Policies.check(closed, { packs: ["gdpr"] });
    expect(findings.filter(({ rule }) => rule === "residency-eu")).toMatchObject([
      { property: "node_locations", cause: "violation" },
    ]);
  });

  test("follow a local value", () => {
    const stack = stackOf([["google_storage_bucket_iam_member", { member: atApply("local.everybody") }]]);
    stack.addOverride("locals.everybody", "allUsers");
    expect(Policies.check(stack).findings).toMatchObject([
      { rule: "no-public-members", cause: "violation", received: atApply("local.everybody") },
    ]);
  });

  test("read a policy that a data source renders, of the stack itself or of another", () => {
    const app = newApp();
    const [one, two] = ["one", "two"].map((id) => newStack(app, id));
    const policy = new DataGoogleIamPolicy(one, "Policy", {
      binding: [{ role: "roles/owner", members: ["allUsers"] }],
    });
    new DataGoogleIamPolicy(two, "Policy", { binding: [{ role: "roles/run.invoker", members: [] }] });
    for (const stack of [one, two])
      new ProjectIamPolicy(stack, "Grant", { project: "acme-ml", policyData: policy.policyData });
    for (const stack of [one, two])
      expect(Policies.check(stack).findings.map(({ rule, property }) => [rule, property])).toEqual([
        ["no-primitive-roles", "policy_data.binding.role"],
        ["no-public-members", "policy_data.binding.members"],
      ]);
  });

  test("read labels that the provider gives to everything", () => {
    const app = newApp();
    const stack = newStack(app, "stack");
    const google = stack.node.findChild("google") as GoogleProvider;
    google.addOverride("default_labels", { "data-classification": "internal" });
    goodBucket(stack);
    const { findings } = Policies.check(stack, { packs: ["ccpa"] });
    expect(findings.map(({ rule }) => rule)).toEqual(["data-access-audited"]);
  });

  test("judge a resource that the stack's own escape hatch declares", () => {
    const stack = stackOf([]);
    stack.addOverride("resource.google_service_account_key.smuggled", {
      service_account_id: "runner",
    });
    expect(Policies.check(stack).findings).toMatchObject([
      {
        rule: "no-service-account-keys",
        path: "stack",
        resource: "google_service_account_key.smuggled",
        received: "runner",
      },
    ]);
  });

  test("let data lie in Zurich where the user relies on the adequacy decision", () => {
    const stack = stackOf([["google_kms_key_ring", { location: "europe-west6" }]]);
    const [finding] = Policies.check(stack, { packs: ["gdpr"] }).findings;
    expect(finding).toMatchObject({
      rule: "residency-eu",
      remedy: expect.stringContaining("adequacy decision"),
    });
    expect(
      Policies.check(stack, {
        packs: ["gdpr"],
        allowedLocations: ["europe-west6"],
      }).findings,
    ).toEqual([]);
  });

  test("are refused with all findings at once", () => {
    const props = {
      packs: ["gpdr", "baseline"],
      allowedLocations: ["in Zurich"],
    };
    expect(findingsOf(() => new Policies(props as object))).toEqual([
      {
        property: "packs[0]",
        received: "gpdr",
        remedy: expect.stringContaining('did you mean "gdpr"?'),
      },
      {
        property: "packs[1]",
        received: "baseline",
        remedy: expect.stringContaining("always on"),
      },
      {
        property: "allowedLocations[0]",
        received: "in Zurich",
        remedy: expect.stringContaining("europe-west6"),
      },
    ]);
  });

  test("are refused on what is no stack and holds none", () => {
    const stack = stackOf([]);
    const resource = new DeclaredResource(stack, "Key", "google_service_account_key", {});
    expect(findingsOf(() => Policies.enforce(resource))).toMatchObject([{ property: "scope" }]);
  });
});

describe("a suppression", () => {
  const publicBucket = (suppress: (stack: TerraformStack, bucket: StorageBucket) => void) => {
    const stack = newStack(newApp(), "stack");
    audited(stack);
    const bucket = goodBucket(stack);
    bucket.publicAccessPrevention = "inherited";
    suppress(stack, bucket);
    return Policies.check(stack);
  };
  const suppression = { rule: "bucket-not-public", reason: REASON };

  test("accepts what its rule has against a construct, with the reason", () => {
    const report = publicBucket((_, bucket) => suppressPolicy(bucket, suppression));
    expect(report).toMatchObject({ errors: 0, warnings: 0, suppressed: 1 });
    expect(report.findings[0].suppression).toEqual({
      at: "stack/Bucket",
      reason: REASON,
      expires: null,
    });
  });

  test("covers the construct's children, and the nearest one is shown", () => {
    const { findings } = publicBucket((stack, bucket) => {
      suppressPolicy(stack, {
        ...suppression,
        reason: "Everything in here is published.",
      });
      suppressPolicy(bucket, suppression);
    });
    expect(findings.map((finding) => finding.suppression?.reason)).toEqual([REASON]);
  });

  test("covers no neighbour whose path begins alike", () => {
    const report = publicBucket((stack) => {
      suppressPolicy(goodBucket(stack, "Buck"), suppression);
    });
    expect(report).toMatchObject({ errors: 1, suppressed: 0 });
  });

  test("of another rule accepts nothing, and is reported since it matches nothing", () => {
    const report = publicBucket((_, bucket) => suppressPolicy(bucket, { ...suppression, rule: "own-key" }));
    expect(report).toMatchObject({ errors: 1, warnings: 1, suppressed: 0 });
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        rule: "own-key",
        cause: "unused-suppression",
        path: "stack/Bucket",
        level: "warning",
      }),
    );
  });

  test("on an app may cover something in one environment and nothing in another", () => {
    const app = newApp();
    const [dev, prod] = ["dev", "prod"].map((id) => {
      const stack = newStack(app, id);
      audited(stack);
      goodBucket(stack).publicAccessPrevention = id === "dev" ? "inherited" : "enforced";
      return stack;
    });
    suppressPolicy(app, suppression);
    expect(Policies.check(dev)).toMatchObject({ errors: 0, warnings: 0, suppressed: 1 });
    expect(Policies.check(prod)).toMatchObject({ errors: 0, warnings: 0, suppressed: 0 });
    suppressPolicy(app, { ...suppression, rule: "own-key" });
    expect(Policies.check(app)).toMatchObject({ warnings: 1, suppressed: 1 });
  });

  test("ends after its last day", () => {
    const expired = publicBucket((_, bucket) =>
      suppressPolicy(bucket, { ...suppression, expires: "2020-02-29" }),
    );
    expect(expired).toMatchObject({ errors: 1, suppressed: 0 });
    expect(expired.findings[0].remedy).toMatch(/^its suppression ended on 2020-02-29: /);
    const valid = publicBucket((_, bucket) =>
      suppressPolicy(bucket, { ...suppression, expires: "2999-12-31" }),
    );
    expect(valid).toMatchObject({ errors: 0, suppressed: 1 });
  });

  test("is refused with all findings at once", () => {
    const stack = stackOf([]);
    expect(
      findingsOf(() =>
        suppressPolicy(stack, {
          rule: "own-kye",
          reason: "because",
          expires: "2027-02-30",
        }),
      ),
    ).toEqual([
      {
        property: "rule",
        received: "own-kye",
        remedy: expect.stringContaining('did you mean "own-key"?'),
      },
      {
        property: "reason",
        received: "because",
        remedy: expect.stringContaining("three words"),
      },
      {
        property: "expires",
        received: "2027-02-30",
        remedy: expect.stringContaining("2027-06-30"),
      },
    ]);
    expect(findingsOf(() => suppressPolicy(stack, { rule: "own-key", reason: "x".repeat(30) }))).toHaveLength(
      1,
    );
  });
});

describe("the report", () => {
  test("says what was checked, what is open and what was accepted, the same each time", () => {
    const reports = [0, 1].map(() => {
      const app = newApp();
      const stack = newStack(app, "prod-data");
      audited(stack);
      const bucket = goodBucket(stack);
      bucket.publicAccessPrevention = "inherited";
      bucket.location = atApply("var.location");
      suppressPolicy(bucket, {
        rule: "bucket-not-public",
        reason: REASON,
        expires: "2999-12-31",
      });
      Policies.enforce(app, {
        name: "prod",
        packs: ["gdpr"],
        allowedLocations: ["europe-west6"],
      });
      app.synth();
      const page = readFileSync(join(app.outdir, policyReportFiles.page), "utf8");
      expect(page).not.toContain(app.outdir);
      return {
        json: readFileSync(join(app.outdir, policyReportFiles.json), "utf8"),
        page,
      };
    });
    expect(reports[0]).toEqual(reports[1]);
    const { version, environments } = JSON.parse(reports[0].json) as PolicyReport;
    expect({ version, environments }).toMatchSnapshot("policy-report.json");
    expect(reports[0].page.split("## Rules")[0]).toMatchSnapshot("policy-report.md");
  });
});
