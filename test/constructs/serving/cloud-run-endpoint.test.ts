import type { TerraformStack } from "cdktf";
import {
  CloudRunEndpoint,
  type CloudRunEndpointProps,
  EncryptedBucket,
  EncryptionKey,
  Principal,
} from "../../../constructs";
import { parseRuntimeConfig, runtimeConfigFromEnvironment } from "../../../runtime/src/config";
import { findings, onlyResource, resources, type Terraform, terraformOf } from "../../support/terraform";

function endpoint(stack: TerraformStack, props: Partial<CloudRunEndpointProps> = {}): CloudRunEndpoint {
  const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
  const models = new EncryptedBucket(stack, "Models", { name: "some-project-models", key });
  const image = "europe-west4-docker.pkg.dev/some-project/images/runtime:0.1.0";
  return new CloudRunEndpoint(stack, "Chat", {
    name: "plinth-chat",
    image,
    key,
    models,
    modelPath: "bard",
    ...props,
  });
}

interface Service {
  readonly ingress: string;
  readonly depends_on: readonly string[];
  readonly template: Template;
}

interface Template {
  readonly service_account: string;
  readonly max_instance_request_concurrency: number;
  readonly volumes: readonly unknown[];
  readonly containers: readonly [Container];
}

interface Container {
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports: unknown;
  readonly resources: { readonly limits: unknown };
  readonly startup_probe: Probe;
  readonly liveness_probe: Probe;
  readonly volume_mounts: readonly unknown[];
}

interface Probe {
  readonly http_get: unknown;
  readonly period_seconds: number;
  readonly failure_threshold: number;
  readonly timeout_seconds: number;
}

function serviceOf(terraform: Terraform) {
  const service = onlyResource(terraform, "google_cloud_run_v2_service") as unknown as Service;
  return { service, template: service.template, container: service.template.containers[0] };
}

function serviceWith(props: Partial<CloudRunEndpointProps> = {}) {
  return serviceOf(terraformOf((stack) => endpoint(stack, props)));
}

describe("a Cloud Run endpoint", () => {
  test("runs the image where its key lies, encrypted, protected and closed to the internet", () => {
    const { service, template, container } = serviceWith();
    expect(service).toMatchObject({
      name: "plinth-chat",
      location: "europe-west4",
      ingress: "INGRESS_TRAFFIC_INTERNAL_ONLY",
      lifecycle: { prevent_destroy: true },
    });
    expect(template).toMatchObject({
      execution_environment: "EXECUTION_ENVIRONMENT_GEN2",
      encryption_key: expect.stringContaining("google_kms_crypto_key_iam_member.Key_CloudRunAgent_"),
      timeout: "300s",
      scaling: { min_instance_count: 0, max_instance_count: 3 },
    });
    expect(container).toMatchObject({
      image: "europe-west4-docker.pkg.dev/some-project/images/runtime:0.1.0",
      resources: { limits: { cpu: "2", memory: "4096Mi" }, cpu_idle: false, startup_cpu_boost: true },
    });
  });

  test("takes its size, its reach and its protection as asked", () => {
    const { service, template, container } = serviceWith({
      cpu: 8,
      memoryMiB: 16_384,
      instancesMin: 2,
      instancesMax: 20,
      concurrency: 100,
      requestTimeoutSeconds: 3_600,
      ingress: "internal-and-load-balancer",
      deletionProtection: false,
    });
    expect(service).toMatchObject({
      ingress: "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
      lifecycle: { prevent_destroy: false },
    });
    expect(template).toMatchObject({
      max_instance_request_concurrency: 100,
      timeout: "3600s",
      scaling: { min_instance_count: 2, max_instance_count: 20 },
    });
    expect(container.resources.limits).toEqual({ cpu: "8", memory: "16384Mi" });
  });

  test.each([true, false])(
    "is not protected by the provider, whose protection of a failed service outlasts the switch: %p",
    (deletionProtection) => {
      expect(serviceWith({ deletionProtection }).service).toMatchObject({ deletion_protection: false });
    },
  );

  test("hands the runtime an environment that it reads back as what was asked", () => {
    const runtime = {
      port: 9000,
      maxSequences: 8,
      kvCacheMiB: 100,
      gracePeriodSeconds: 5,
      servedModelName: "bard",
    };
    const { container } = serviceWith({ modelPath: "shakespeare/bard", runtime });
    const environment = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
    expect(runtimeConfigFromEnvironment({ ...environment, PORT: "9000" })).toEqual(
      parseRuntimeConfig({ ...runtime, model: "/models/shakespeare/bard" }),
    );
  });

  test.each<NonNullable<CloudRunEndpointProps["runtime"]>>([
    { prefixCaching: false },
    { prefixCaching: true, schedulingPolicy: "priority", maxDecodeSlowdown: 4 },
    { weights: "int4", weightsCacheDirectory: "/tmp/weights" },
    { speculativeTokens: 0, requestTimeoutSeconds: 60, maxQueuedTokens: 10_000, stepTraceFile: "-" },
  ])("hands the runtime switches and choices as well: %j", (runtime) => {
    const { container } = serviceWith({ runtime });
    const environment = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
    for (const value of Object.values(environment)) expect(typeof value).toBe("string");
    expect(runtimeConfigFromEnvironment(environment)).toEqual(
      parseRuntimeConfig({ gracePeriodSeconds: 8, ...runtime, model: "/models/bard" }),
    );
  });

  test("sends requests and probes to the port that the runtime listens on", () => {
    const { container } = serviceWith({ runtime: { port: 9000 } });
    expect(container.ports).toEqual({ container_port: 9000 });
    expect(container.startup_probe.http_get).toEqual({ path: "/health/ready", port: 9000 });
    expect(container.liveness_probe.http_get).toEqual({ path: "/health/live", port: 9000 });
  });

  test("waits as long as Cloud Run allows for a model to load", () => {
    const { period_seconds, failure_threshold, timeout_seconds } = serviceWith().container.startup_probe;
    expect(period_seconds * failure_threshold).toBe(240);
    expect(timeout_seconds).toBeLessThan(period_seconds);
  });

  test("ends within the ten seconds that Cloud Run gives it", () => {
    expect(serviceWith().container.env).toContainEqual({ name: "PLINTH_GRACE_PERIOD_SECONDS", value: "8" });
  });

  test("lets another instance start before requests wait in this one", () => {
    expect(serviceWith({ runtime: { maxSequences: 12 } }).template.max_instance_request_concurrency).toBe(12);
  });

  test("mounts the model bucket read-only, above the path that the runtime is told", () => {
    const { template, container } = serviceWith({ modelPath: "bard" });
    expect(template.volumes).toEqual([
      {
        name: "models",
        gcs: { bucket: expect.stringMatching(/google_storage_bucket\.Models_\w+\.name/), read_only: true },
      },
    ]);
    expect(container.volume_mounts).toEqual([{ name: "models", mount_path: "/models" }]);
    expect(container.env).toContainEqual({ name: "PLINTH_MODEL", value: "/models/bard" });
  });

  test("has an account of its own that can read the bucket and nothing else, before it starts", () => {
    const terraform = terraformOf((stack) => endpoint(stack));
    const { service, template } = serviceOf(terraform);
    expect(template.service_account).toMatch(/google_service_account\.Chat_Identity_\w+\.email/);
    const account = expect.stringMatching(/google_service_account\.Chat_Identity_\w+\.member/);
    const grants = Object.keys(terraform.resource ?? {})
      .filter((type) => type.endsWith("_iam_member"))
      .flatMap((type) => resources(terraform, type));
    expect(grants.filter(({ member }) => account.asymmetricMatch(String(member)))).toEqual([
      expect.objectContaining({ role: "roles/storage.objectViewer" }),
    ]);
    expect(service.depends_on).toEqual([
      expect.stringMatching(/^google_storage_bucket_iam_member\.Chat_Identity_/),
    ]);
  });

  test("can be called by nobody until that is granted", () => {
    expect(terraformOf((stack) => endpoint(stack)).resource).not.toHaveProperty(
      "google_cloud_run_v2_service_iam_member",
    );
    const terraform = terraformOf((stack) =>
      endpoint(stack).grantInvoke(new Principal(stack, "Callers", "group:callers@example.com")),
    );
    expect(onlyResource(terraform, "google_cloud_run_v2_service_iam_member")).toMatchObject({
      role: "roles/run.invoker",
      member: "group:callers@example.com",
    });
  });
});

describe("a Cloud Run endpoint runs", () => {
  test.each([
    "nginx",
    "europe-west4-docker.pkg.dev/some-project/images/runtime",
    "localhost:5000/images/runtime:0.1.0",
    `europe-west4-docker.pkg.dev/some-project/images/runtime@sha256:${"0a".repeat(32)}`,
  ])("the image %s", (image) => {
    expect(serviceWith({ image }).container).toMatchObject({ image });
  });
});

describe("a Cloud Run endpoint is refused", () => {
  const cases: [string, Partial<CloudRunEndpointProps>, string, unknown, string][] = [
    ["under a name that its account cannot have", { name: "chat" }, "name", "chat", "6 to 30"],
    [
      "with a model outside of the mount",
      { modelPath: "../etc" },
      "modelPath",
      "../etc",
      "folder of the bucket",
    ],
    ["with a model path from the root", { modelPath: "/bard" }, "modelPath", "/bard", "no slash first"],
    ["with processors that Cloud Run does not offer", { cpu: 3 }, "cpu", 3, "1, 2, 4, 6, 8"],
    ["with more memory than its processors allow", { memoryMiB: 10_000 }, "memoryMiB", 10_000, "or cpu 4"],
    [
      "with less memory than its processors need",
      { cpu: 8, memoryMiB: 2_048 },
      "memoryMiB",
      2_048,
      "4096 to 32768",
    ],
    ["with memory that is no whole number", { memoryMiB: 1024.5 }, "memoryMiB", 1024.5, "whole number"],
    ["without an image", { image: "" }, "image", "", "registry"],
    [
      "with an image that no registry can hold",
      { image: "Images/run time" },
      "image",
      "Images/run time",
      "tag",
    ],
    [
      "on an address that Cloud Run does not reach",
      { runtime: { host: "127.0.0.1" } as object },
      "runtime.host",
      "127.0.0.1",
      "leave it out: Cloud Run",
    ],
    [
      "with a model beside the one of its path",
      { runtime: { model: "/models/other" } as object },
      "runtime.model",
      "/models/other",
      "leave it out: modelPath",
    ],
    ["with fewer instances at most than at least", { instancesMin: 5 }, "instancesMin", 5, "which is 3"],
    ["without any instance", { instancesMax: 0 }, "instancesMax", 0, "from 1"],
    [
      "with a timeout beyond an hour",
      { requestTimeoutSeconds: 3_601 },
      "requestTimeoutSeconds",
      3_601,
      "to 3600",
    ],
    ["without a fixed port", { runtime: { port: 0 } }, "runtime.port", 0, "name a port"],
    [
      "with a grace period that Cloud Run cuts short",
      { runtime: { gracePeriodSeconds: 10 } },
      "runtime.gracePeriodSeconds",
      10,
      "at most 9",
    ],
    [
      "with a KV cache that leaves no room for the model",
      { runtime: { kvCacheMiB: 3_000 } },
      "runtime.kvCacheMiB",
      3_000,
      "at most 2048",
    ],
    [
      "with a time limit of requests that Cloud Run does not wait for",
      { runtime: { requestTimeoutSeconds: 600 } },
      "runtime.requestTimeoutSeconds",
      600,
      "at most the endpoint's own requestTimeoutSeconds, which is 300",
    ],
    [
      "with weights converted into the bucket, which is read only",
      { runtime: { weights: "int8", weightsCacheDirectory: "/tmp/../models/cache" } },
      "runtime.weightsCacheDirectory",
      "/tmp/../models/cache",
      "outside of /models",
    ],
    [
      "with a step trace in the bucket, which is read only",
      { runtime: { stepTraceFile: "/models/steps.jsonl" } },
      "runtime.stepTraceFile",
      "/models/steps.jsonl",
      "outside of /models",
    ],
    [
      "with more requests than the runtime queues",
      { concurrency: 400, runtime: { maxSequences: 64, maxQueuedRequests: 256 } },
      "concurrency",
      400,
      "use 1 to 320",
    ],
    [
      "with more sequences than Cloud Run sends requests",
      { runtime: { maxSequences: 2_000, maxBatchedTokens: 2_000 } },
      "runtime.maxSequences",
      2_000,
      "state a concurrency",
    ],
    [
      "with a setting that the runtime refuses",
      { runtime: { maxSequences: 1_000, maxBatchedTokens: 10 } },
      "runtime.maxSequences",
      1_000,
      "must not exceed maxBatchedTokens",
    ],
  ];

  test.each(cases)("%s", (_, props, property, received, remedy) => {
    expect(findings((stack) => endpoint(stack, props))).toEqual([
      { property, received, remedy: expect.stringContaining(remedy) },
    ]);
  });

  test("with every finding at once", () => {
    const wrong = {
      image: "",
      cpu: 3,
      memoryMiB: 1.5,
      modelPath: "",
      instancesMax: 0,
      runtime: {
        host: "::1",
        maxSequences: 64,
        maxBatchedTokens: 16,
        gracePeriodSeconds: 60,
        kvCacheMiB: 4_096,
      },
    };
    expect(findings((stack) => endpoint(stack, wrong)).map(({ property }) => property)).toEqual([
      "image",
      "modelPath",
      "cpu",
      "memoryMiB",
      "instancesMax",
      "runtime.host",
      "runtime.maxSequences",
      "runtime.gracePeriodSeconds",
      "runtime.kvCacheMiB",
    ]);
  });
});
