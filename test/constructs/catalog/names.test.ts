import { Token } from "cdktf";
import { checkName } from "../../../constructs/catalog/names";

describe("a name", () => {
  test.each([
    ["project", "plinth-dev-example"],
    ["bucket", "plinth-dev-example_models-1"],
    ["existingBucket", "models.acme.com"],
    ["existingBucket", "central-models"],
    ["existingBucket", `${"a".repeat(63)}.${"b".repeat(63)}`],
    ["key", "Plinth_data"],
    ["logBucket", "plinth-dev_audit.1"],
    ["logBucket", "a".repeat(92)],
    ["repository", "plinth-dev-images"],
    ["serviceAccount", "plinth-dev-serving"],
    ["topic", "plinth-dev-budget"],
    ["template", "plinth-dev_prompts"],
    ["secret", "Hub_token-1"],
    ["kubernetesNamespace", "training"],
    ["kubernetesServiceAccount", "trainer.v2"],
    ["network", "plinth-dev"],
    ["network", "a"],
    ["cluster", "plinth-dev-platform"],
    ["cluster", "a".repeat(40)],
    ["googleApisEndpoint", "apis1"],
    ["servicePerimeter", "plinth_Prod"],
    ["domain", "registry.acme.example"],
    ["domain", "_sip.acme.example"],
    ["imageRegistry", "registry.k8s.io"],
    ["imageRegistry", "localhost:5000/mirror"],
    ["imageRegistry", "europe-west4-docker.pkg.dev/acme-ml-dev/k8s"],
    ["labelKey", "cost-center"],
    ["labelValue", "42"],
    ["labelValue", ""],
  ] as const)("of a %s may be %s", (kind, name) => {
    expect(checkName(kind, "name", name)).toEqual([]);
  });

  test.each([
    ["project", "short"],
    ["project", "1plinth"],
    ["project", "plinth-dev-"],
    ["project", "plinth-dev-with-a-name-too-long"],
    ["project", "Plinth-dev"],
    ["bucket", "My-Bucket"],
    ["bucket", "my.google.bucket"],
    ["bucket", "ab"],
    ["bucket", "models.acme.com"],
    ["existingBucket", "gs://models"],
    ["existingBucket", "models..acme"],
    ["existingBucket", "a".repeat(64)],
    ["existingBucket", "ab"],
    ["key", "a key"],
    ["logBucket", "_Default"],
    ["logBucket", "a".repeat(93)],
    ["repository", "images-"],
    ["serviceAccount", "me"],
    ["topic", "google-budget"],
    ["topic", "ab"],
    ["template", "my prompts"],
    ["secret", "a token"],
    ["secret", "a".repeat(256)],
    ["topic", "1st-topic"],
    ["kubernetesNamespace", "training.v2"],
    ["kubernetesNamespace", "a".repeat(64)],
    ["kubernetesServiceAccount", "trainer..v2"],
    ["kubernetesServiceAccount", "Trainer"],
    ["kubernetesServiceAccount", "a".repeat(254)],
    ["network", "plinth-dev-"],
    ["network", "Plinth"],
    ["network", "a".repeat(64)],
    ["cluster", "a".repeat(41)],
    ["cluster", "platform-"],
    ["cluster", "Platform"],
    ["googleApisEndpoint", "plinth-apis"],
    ["googleApisEndpoint", "a".repeat(21)],
    ["servicePerimeter", "plinth-prod"],
    ["servicePerimeter", "1plinth"],
    ["domain", "acme.example."],
    ["domain", "*.acme.example"],
    ["domain", "acme"],
    ["domain", "https://acme.example"],
    ["imageRegistry", "https://registry.k8s.io"],
    ["imageRegistry", "registry.k8s.io/kueue:v0.19.2"],
    ["imageRegistry", "registry.k8s.io/"],
    ["labelKey", "Team"],
    ["labelValue", "ML Platform"],
  ] as const)("of a %s may not be %s", (kind, name) => {
    expect(checkName(kind, "name", name)).toEqual([
      { property: "name", received: name, remedy: expect.stringMatching(/^use /) },
    ]);
  });

  test("that is known only at apply is not judged", () => {
    expect(checkName("bucket", "name", Token.asString({ resolve: () => "later" }))).toEqual([]);
  });
});
