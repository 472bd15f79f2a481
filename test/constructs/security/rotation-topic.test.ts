import type { TerraformStack } from "cdktf";
import { EncryptionKey, Principal, RotationTopic, SecretValue } from "../../../constructs";
import { findings, onlyResource, resources, terraformOf } from "../../support/terraform";

function topic(stack: TerraformStack, name = "plinth-test-rotation"): RotationTopic {
  const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
  return new RotationTopic(stack, "Rotation", { name, key });
}

describe("a rotation topic", () => {
  test("is encrypted with its key once Pub/Sub may use it, and kept where the key lies", () => {
    const terraform = terraformOf((stack) => topic(stack));
    expect(onlyResource(terraform, "google_pubsub_topic")).toEqual({
      name: "plinth-test-rotation",
      kms_key_name: expect.stringMatching(
        /^\$\{google_kms_crypto_key_iam_member\.Key_PubSubAgent_\w+\.crypto_key_id\}$/,
      ),
      message_storage_policy: { allowed_persistence_regions: ["europe-west4"] },
    });
  });

  test("is what Secret Manager may publish to, once Google has created its agent", () => {
    const terraform = terraformOf((stack) => topic(stack));
    const grant = onlyResource(terraform, "google_pubsub_topic_iam_member");
    expect(grant).toMatchObject({
      topic: expect.stringMatching(/^\$\{google_pubsub_topic\.Rotation_\w+\.id\}$/),
      role: "roles/pubsub.publisher",
      member: expect.stringMatching(/@gcp-sa-secretmanager\.iam\.gserviceaccount\.com$/),
    });
    const [identity] = (grant.depends_on as string[]).map((address) => address.split(".")[1]);
    expect(terraform.resource?.google_project_service_identity[identity].service).toBe(
      "secretmanager.googleapis.com",
    );
  });

  test("lets an identity subscribe, and no more, where that is granted", () => {
    const terraform = terraformOf((stack) =>
      topic(stack).grantSubscribe(new Principal(stack, "Rotators", "group:rotators@example.com")),
    );
    expect(resources(terraform, "google_pubsub_topic_iam_member")).toContainEqual({
      topic: expect.stringMatching(/^\$\{google_pubsub_topic\.Rotation_\w+\.id\}$/),
      role: "roles/pubsub.subscriber",
      member: "group:rotators@example.com",
    });
  });

  test("that is managed elsewhere is published and subscribed to all the same", () => {
    const topicId = "projects/central/topics/rotation";
    const terraform = terraformOf((stack) => {
      const imported = RotationTopic.fromTopicId(stack, "Rotation", topicId);
      imported.grantSubscribe(new Principal(stack, "Rotators", "group:rotators@example.com"));
      const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
      new SecretValue(stack, "Secret", { name: "token", key, rotationDays: 90, rotationTopic: imported });
    });
    expect(terraform.resource).not.toHaveProperty("google_pubsub_topic");
    expect(resources(terraform, "google_pubsub_topic_iam_member")).toEqual([
      expect.objectContaining({ topic: topicId, role: "roles/pubsub.publisher" }),
      { topic: topicId, role: "roles/pubsub.subscriber", member: "group:rotators@example.com" },
    ]);
    expect(onlyResource(terraform, "google_secret_manager_secret").topics).toEqual([
      {
        name: expect.stringMatching(/^\$\{google_pubsub_topic_iam_member\.Rotation_Publisher_\w+\.topic\}$/),
      },
    ]);
  });

  test.each(["rotation", "projects/central/topics/goog", "projects/central/topics/a/b"])(
    "that is managed elsewhere is refused as %s",
    (topicId) => {
      expect(findings((stack) => RotationTopic.fromTopicId(stack, "Rotation", topicId))).toEqual([
        { property: "topicId", received: topicId, remedy: expect.stringContaining("projects/P/topics/T") },
      ]);
    },
  );

  test.each(["google-rotation", "ab", "1st"])("is refused as %s, which Google does not accept", (name) => {
    expect(findings((stack) => topic(stack, name))).toEqual([
      { property: "name", received: name, remedy: expect.stringContaining("3 to 255") },
    ]);
  });
});
