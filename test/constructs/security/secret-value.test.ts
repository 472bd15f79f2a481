import type { TerraformStack } from "cdktf";
import {
  EncryptionKey,
  Principal,
  RotationTopic,
  SecretValue,
  type SecretValueProps,
} from "../../../constructs";
import { findings, onlyResource, terraformOf } from "../../support/terraform";

function secret(stack: TerraformStack, props: Partial<SecretValueProps> = {}): SecretValue {
  const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
  return new SecretValue(stack, "Secret", { name: "plinth-test-token", key, ...props });
}

/** A secret that rotates, with a topic whose key is another than its own. */
function rotating(stack: TerraformStack, props: Partial<SecretValueProps> = {}): SecretValue {
  const key = new EncryptionKey(stack, "TopicKey", { name: "plinth-test-topics", location: "europe-west4" });
  const rotationTopic = new RotationTopic(stack, "Rotation", { name: "plinth-test-rotation", key });
  return secret(stack, { rotationDays: 90, rotationTopic, ...props });
}

describe("a secret", () => {
  test("lies where its key lies and nowhere else, once Secret Manager may use the key", () => {
    const terraform = terraformOf((stack) => secret(stack));
    expect(onlyResource(terraform, "google_secret_manager_secret")).toMatchObject({
      secret_id: "plinth-test-token",
      replication: {
        user_managed: {
          replicas: [
            {
              location: "europe-west4",
              customer_managed_encryption: {
                kms_key_name: expect.stringMatching(
                  /^\$\{google_kms_crypto_key_iam_member\.Key_SecretManagerAgent_\w+\.crypto_key_id\}$/,
                ),
              },
            },
          ],
        },
      },
    });
  });

  test("is protected, restorable for a week and never announced, unless asked otherwise", () => {
    const terraform = terraformOf((stack) => secret(stack));
    const resource = onlyResource(terraform, "google_secret_manager_secret");
    expect(resource).toMatchObject({
      version_destroy_ttl: "604800s",
      deletion_protection: true,
      lifecycle: { prevent_destroy: true },
    });
    expect(resource).not.toHaveProperty("rotation");
    expect(resource).not.toHaveProperty("topics");
    expect(resource.lifecycle).not.toHaveProperty("ignore_changes");
  });

  test("has no version that Terraform knows of, and so no value in the state", () => {
    const terraform = terraformOf((stack) => rotating(stack));
    expect(Object.keys(terraform.resource ?? {})).not.toContain("google_secret_manager_secret_version");
    expect(JSON.stringify(terraform)).not.toContain("secret_data");
  });

  test("can be destroyed, and keeps destroyed versions for as long as asked, where that is asked", () => {
    const terraform = terraformOf((stack) =>
      secret(stack, { deletionProtection: false, versionDestroyDays: 30 }),
    );
    expect(onlyResource(terraform, "google_secret_manager_secret")).toMatchObject({
      version_destroy_ttl: "2592000s",
      deletion_protection: false,
      lifecycle: { prevent_destroy: false },
    });
  });

  test("is announced on its topic, once Secret Manager may publish there", () => {
    const terraform = terraformOf((stack) => rotating(stack));
    expect(onlyResource(terraform, "google_secret_manager_secret").topics).toEqual([
      {
        name: expect.stringMatching(/^\$\{google_pubsub_topic_iam_member\.Rotation_Publisher_\w+\.topic\}$/),
      },
    ]);
  });

  test("is announced first a period after it is planned, by Terraform's clock and not synth's", () => {
    const terraform = terraformOf((stack) => rotating(stack));
    expect(onlyResource(terraform, "google_secret_manager_secret").rotation).toEqual({
      rotation_period: "7776000s",
      next_rotation_time: `\${timeadd(plantimestamp(), "2160h")}`,
    });
  });

  test("is announced first when asked, and left alone as Google moves the time on", () => {
    const terraform = terraformOf((stack) => rotating(stack, { firstRotation: "2027-01-15T06:00:00Z" }));
    expect(onlyResource(terraform, "google_secret_manager_secret")).toMatchObject({
      rotation: { rotation_period: "7776000s", next_rotation_time: "2027-01-15T06:00:00Z" },
      lifecycle: { ignore_changes: ["rotation[0].next_rotation_time"] },
    });
  });

  test.each([
    ["grantRead", "roles/secretmanager.secretAccessor"],
    ["grantAddVersion", "roles/secretmanager.secretVersionAdder"],
  ] as const)("lets an identity do what is granted, and no more: %s", (grant, role) => {
    const terraform = terraformOf((stack) =>
      secret(stack)[grant](new Principal(stack, "Team", "group:team@example.com")),
    );
    expect(onlyResource(terraform, "google_secret_manager_secret_iam_member")).toEqual({
      secret_id: expect.stringMatching(/^\$\{google_secret_manager_secret\.Secret_\w+\.id\}$/),
      role,
      member: "group:team@example.com",
    });
  });

  test("that is managed elsewhere grants all the same", () => {
    const secretId = "projects/central/secrets/token";
    const terraform = terraformOf((stack) =>
      SecretValue.fromSecretId(stack, "Secret", secretId).grantRead(
        new Principal(stack, "Team", "group:team@example.com"),
      ),
    );
    expect(onlyResource(terraform, "google_secret_manager_secret_iam_member")).toMatchObject({
      secret_id: secretId,
    });
    expect(terraform.resource).not.toHaveProperty("google_secret_manager_secret");
  });

  test("that is managed elsewhere may be known at apply only", () => {
    expect(findings((stack) => SecretValue.fromSecretId(stack, "Imported", secret(stack).secretId))).toEqual(
      [],
    );
  });

  test.each(["token", "projects/central/secrets/a token", "projects/central/secrets/token/versions/1"])(
    "that is managed elsewhere is refused as %s",
    (secretId) => {
      expect(findings((stack) => SecretValue.fromSecretId(stack, "Secret", secretId))).toEqual([
        { property: "secretId", received: secretId, remedy: expect.stringContaining("projects/P/secrets/S") },
      ]);
    },
  );

  test("is refused with every finding at once", () => {
    expect(
      findings((stack) =>
        secret(stack, {
          name: "a token",
          versionDestroyDays: 1_001,
          rotationDays: 0.5,
          firstRotation: "tomorrow",
        }),
      ),
    ).toEqual([
      { property: "name", received: "a token", remedy: expect.stringContaining("1 to 255") },
      { property: "versionDestroyDays", received: 1_001, remedy: "use 1 to 1000 whole days" },
      { property: "rotationDays", received: 0.5, remedy: "use 1 to 36500 whole days" },
      { property: "rotationTopic", received: undefined, remedy: expect.stringContaining("RotationTopic") },
      { property: "firstRotation", received: "tomorrow", remedy: expect.stringContaining("UTC") },
    ]);
  });

  test("is refused a topic and a first rotation where it does not rotate", () => {
    expect(
      findings((stack) =>
        rotating(stack, { rotationDays: undefined, firstRotation: "2027-01-15T06:00:00Z" }),
      ),
    ).toEqual([
      {
        property: "rotationTopic",
        received: "stack/Rotation",
        remedy: expect.stringContaining("rotationDays"),
      },
      {
        property: "firstRotation",
        received: "2027-01-15T06:00:00Z",
        remedy: expect.stringContaining("rotationDays"),
      },
    ]);
  });

  test.each(["2027-02-30T06:00:00Z", "2027-01-15T06:00:00+01:00", "2027-01-15", "2027-01-15T06:00Z"])(
    "is refused a first rotation at %s",
    (firstRotation) => {
      expect(findings((stack) => rotating(stack, { firstRotation }))).toEqual([
        { property: "firstRotation", received: firstRotation, remedy: expect.stringContaining("UTC") },
      ]);
    },
  );
});
