import type { TerraformStack } from "cdktf";
import { EncryptionKey, ImageRepository, type ImageRepositoryProps, Principal } from "../../../constructs";
import { findings, onlyResource, terraformOf } from "../../support/terraform";

function images(stack: TerraformStack, props: Partial<ImageRepositoryProps> = {}): ImageRepository {
  const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
  return new ImageRepository(stack, "Images", { name: "plinth-test", key, ...props });
}

describe("an image repository", () => {
  test("holds encrypted images under tags that never move", () => {
    expect(
      onlyResource(
        terraformOf((stack) => images(stack)),
        "google_artifact_registry_repository",
      ),
    ).toMatchObject({
      repository_id: "plinth-test",
      location: "europe-west4",
      format: "DOCKER",
      docker_config: { immutable_tags: true },
      kms_key_name: expect.stringContaining("google_kms_crypto_key_iam_member.Key_ArtifactRegistryAgent_"),
      lifecycle: { prevent_destroy: true },
    });
  });

  test("drops untagged images in time and keeps the most recent ones", () => {
    const terraform = terraformOf((stack) =>
      images(stack, { untaggedDaysKept: 2, versionsKept: 4, deletionProtection: false }),
    );
    expect(onlyResource(terraform, "google_artifact_registry_repository")).toMatchObject({
      cleanup_policy_dry_run: false,
      cleanup_policies: [
        { action: "DELETE", condition: { tag_state: "UNTAGGED", older_than: "172800s" } },
        { action: "KEEP", most_recent_versions: { keep_count: 4 } },
      ],
      lifecycle: { prevent_destroy: false },
    });
  });

  test("names an image by tag or by digest", () => {
    terraformOf((stack) => {
      const repository = images(stack);
      expect(repository.image("runtime", "0.1.0")).toBe(`${repository.uri}/runtime:0.1.0`);
      const digest = `sha256:${"0a".repeat(32)}`;
      expect(repository.image("runtime", digest)).toBe(`${repository.uri}/runtime@${digest}`);
    });
  });

  test.each(["", "v 1:bad", "sha256:abc", "-1"])("has no image of the version %p", (version) => {
    expect(findings((stack) => images(stack).image("runtime", version))).toEqual([
      { property: "version", received: version, remedy: expect.stringContaining("tag") },
    ]);
  });

  test.each(["", "Runtime", "runtime:0.1.0", "/runtime"])("has no image of the name %p", (name) => {
    expect(findings((stack) => images(stack).image(name, "0.1.0"))).toEqual([
      { property: "name", received: name, remedy: expect.stringContaining("without a tag") },
    ]);
  });

  test("lets an identity pull, and no more, where that is granted", () => {
    const terraform = terraformOf((stack) =>
      images(stack).grantRead(
        new Principal(stack, "Nodes", "serviceAccount:nodes@p.iam.gserviceaccount.com"),
      ),
    );
    expect(onlyResource(terraform, "google_artifact_registry_repository_iam_member")).toMatchObject({
      role: "roles/artifactregistry.reader",
      member: "serviceAccount:nodes@p.iam.gserviceaccount.com",
    });
  });

  test("lets an identity push as well where that is granted", () => {
    const terraform = terraformOf((stack) =>
      images(stack).grantWrite(
        new Principal(stack, "Builder", "serviceAccount:builder@p.iam.gserviceaccount.com"),
      ),
    );
    expect(onlyResource(terraform, "google_artifact_registry_repository_iam_member")).toMatchObject({
      role: "roles/artifactregistry.writer",
      member: "serviceAccount:builder@p.iam.gserviceaccount.com",
    });
  });

  test("is scanned as the project has it, unless that is turned off", () => {
    const scanning = (props?: Partial<ImageRepositoryProps>) =>
      onlyResource(
        terraformOf((stack) => images(stack, props)),
        "google_artifact_registry_repository",
      ).vulnerability_scanning_config;
    expect(scanning()).toBeUndefined();
    expect(scanning({ vulnerabilityScanning: false })).toEqual({ enablement_config: "DISABLED" });
  });

  test("is refused with every finding at once", () => {
    expect(
      findings((stack) => images(stack, { name: "Images", untaggedDaysKept: 0, versionsKept: -1 })).map(
        ({ property }) => property,
      ),
    ).toEqual(["name", "untaggedDaysKept", "versionsKept"]);
  });
});
