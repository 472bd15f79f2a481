import type { TerraformStack } from "cdktf";
import { EncryptionKey, ImageMirror, type ImageMirrorProps, Principal } from "../../../constructs";
import { findings, onlyResource, terraformOf } from "../../support/terraform";

function mirror(stack: TerraformStack, props: Partial<ImageMirrorProps> = {}): ImageMirror {
  const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
  return new ImageMirror(stack, "Mirror", {
    name: "plinth-test",
    registry: "https://registry.k8s.io",
    key,
    ...props,
  });
}

describe("an image mirror", () => {
  test("fetches images of another registry, and keeps them encrypted for a time", () => {
    const terraform = terraformOf((stack) => mirror(stack, { daysKept: 2 }));
    expect(onlyResource(terraform, "google_artifact_registry_repository")).toMatchObject({
      repository_id: "plinth-test",
      location: "europe-west4",
      mode: "REMOTE_REPOSITORY",
      remote_repository_config: {
        docker_repository: { custom_repository: { uri: "https://registry.k8s.io" } },
      },
      kms_key_name: expect.stringContaining("google_kms_crypto_key_iam_member.Key_ArtifactRegistryAgent_"),
      cleanup_policies: [{ action: "DELETE", condition: { tag_state: "ANY", older_than: "172800s" } }],
    });
  });

  test("names an image as the other registry does", () => {
    terraformOf((stack) => {
      const images = mirror(stack);
      expect(images.image("kueue/kueue", "v0.14.0")).toBe(`${images.uri}/kueue/kueue:v0.14.0`);
    });
  });

  test("lets an identity pull", () => {
    const terraform = terraformOf((stack) =>
      mirror(stack).grantRead(new Principal(stack, "Node", "serviceAccount:n@p.iam.gserviceaccount.com")),
    );
    expect(onlyResource(terraform, "google_artifact_registry_repository_iam_member")).toMatchObject({
      role: "roles/artifactregistry.reader",
      member: "serviceAccount:n@p.iam.gserviceaccount.com",
    });
  });

  test("is refused with all that is wrong", () => {
    const wrong = { name: "A", registry: "registry.k8s.io/kueue", daysKept: 0 };
    expect(findings((stack) => mirror(stack, wrong))).toEqual([
      { property: "name", received: "A", remedy: expect.stringContaining("lower-case") },
      {
        property: "registry",
        received: "registry.k8s.io/kueue",
        remedy: "name a registry, as https://registry.k8s.io, without a path",
      },
      { property: "daysKept", received: 0, remedy: "use a whole number from 1" },
    ]);
  });
});
