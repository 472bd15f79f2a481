import type { TerraformStack } from "cdktf";
import { EncryptionKey, Principal, RotationTopic } from "../../../constructs";
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

  test.each(["google-rotation", "ab", "1st"])("is refused as %s, which Google does not accept", (name) => {
    expect(findings((stack) => topic(stack, name))).toEqual([
      { property: "name", received: name, remedy: expect.stringContaining("3 to 255") },
    ]);
  });
});
