import { SecretManagerSecret } from "@cdktf/provider-google/lib/secret-manager-secret";
import { StorageBucket } from "@cdktf/provider-google/lib/storage-bucket";
import { StorageBucketIamMember } from "@cdktf/provider-google/lib/storage-bucket-iam-member";
import { StorageHmacKey } from "@cdktf/provider-google/lib/storage-hmac-key";
import { EncryptedBucket, EncryptionKey, Principal, ServiceAgent } from "../../constructs";
import { terraformOf } from "./terraform";
import {
  brokenReferences,
  keylessResources,
  openGrants,
  unknownTypes,
  unwatchedResources,
} from "./whole-output";

describe("the whole output", () => {
  test("of a bucket that a group can read, with its key, has no faults", () => {
    const terraform = terraformOf((stack) => {
      const key = new EncryptionKey(stack, "Key", { name: "data", location: "europe-west4" });
      const bucket = new EncryptedBucket(stack, "Models", { name: "acme-ml-dev-models", key });
      bucket.grantRead(new Principal(stack, "Apps", "group:apps@acme.example"));
    });
    expect(
      [openGrants, keylessResources, unknownTypes, unwatchedResources, brokenReferences].flatMap((faults) =>
        faults(terraform),
      ),
    ).toEqual([]);
  });

  test("that names what is not in it, or waits for itself, is refused", () => {
    const terraform = terraformOf((stack) => {
      const location = "europe-west4";
      const [one, other] = ["One", "Other"].map(
        (id) => new StorageBucket(stack, id, { name: `acme-${id.toLowerCase()}`, location }),
      );
      one.addOverride("name", `\${${other.terraformResourceType}.Other.name}-copy`);
      one.addOverride("depends_on", ["google_project_service.storage"]);
      other.addOverride("labels", {
        beside: `\${google_storage_bucket.One.url}`,
        text: `$\${google_kms.Key.id}`,
      });
      other.addOverride("project", `\${data.google_project.Project.project_id}`);
    });
    expect(brokenReferences(terraform)).toEqual([
      "google_storage_bucket.One names google_project_service.storage, which is not in the stack",
      "google_storage_bucket.Other names data.google_project.Project, which is not in the stack",
      "google_storage_bucket.One waits for itself",
      "google_storage_bucket.Other waits for itself",
    ]);
  });

  test.each([
    [
      "roles/editor",
      "group:apps@acme.example",
      "google_storage_bucket_iam_member.Grant.role is roles/editor",
    ],
    ["roles/storage.objectViewer", "allUsers", "google_storage_bucket_iam_member.Grant.member is allUsers"],
  ])("that grants %s to %s is refused", (role, member, fault) => {
    const terraform = terraformOf((stack) => {
      new StorageBucketIamMember(stack, "Grant", { bucket: "acme-ml-dev-models", role, member });
    });
    expect(openGrants(terraform)).toEqual([`resource.${fault}`]);
  });

  test("with a bucket whose key is granted to another service is refused", () => {
    const terraform = terraformOf((stack) => {
      const key = new EncryptionKey(stack, "Key", { name: "data", location: "europe-west4" });
      new StorageBucket(stack, "Models", {
        name: "acme-ml-dev-models",
        location: "europe-west4",
        encryption: { defaultKmsKeyName: key.keyIdFor(ServiceAgent.PUBSUB) },
      });
    });
    expect(keylessResources(terraform)).toEqual([
      expect.stringMatching(
        /^google_storage_bucket\.Models has a key that is granted to .*gcp-sa-pubsub.*, and not to google_storage_project/,
      ),
    ]);
  });

  test("with a bucket that has no key is refused, and with one whose key is not granted", () => {
    const terraform = terraformOf((stack) => {
      const bucket = { name: "acme-ml-dev-models", location: "europe-west4" };
      new StorageBucket(stack, "Keyless", bucket);
      new StorageBucket(stack, "Ungranted", { ...bucket, encryption: { defaultKmsKeyName: "projects/p/k" } });
    });
    expect(keylessResources(terraform)).toEqual([
      "google_storage_bucket.Keyless lacks a key in encryption.default_kms_key_name",
      "google_storage_bucket.Ungranted lacks a key in encryption.default_kms_key_name",
    ]);
  });

  test("with a secret of which one replica has no key is refused", () => {
    const terraform = terraformOf((stack) => {
      const key = new EncryptionKey(stack, "Key", { name: "data", location: "europe-west4" });
      const encrypted = {
        location: "europe-west4",
        customerManagedEncryption: { kmsKeyName: key.keyIdFor(ServiceAgent.SECRET_MANAGER) },
      };
      const secret = (id: string, ...replicas: { location: string }[]) =>
        new SecretManagerSecret(stack, id, { secretId: id, replication: { userManaged: { replicas } } });
      secret("Complete", encrypted);
      secret("Partial", encrypted, { location: "europe-west1" });
    });
    expect(keylessResources(terraform)).toEqual([
      expect.stringContaining("google_secret_manager_secret.Partial lacks a key in replication.auto"),
    ]);
  });

  test("with a type of which nobody has said whether it holds data is refused", () => {
    const terraform = terraformOf((stack) => {
      new StorageHmacKey(stack, "Hmac", { serviceAccountEmail: "shop@acme.iam.gserviceaccount.com" });
    });
    expect(unknownTypes(terraform)).toEqual([
      "google_storage_hmac_key: state in test/support/resource-kinds.ts whether it holds data, and where its key stands",
    ]);
  });

  test("that must not be destroyed, of a type that is not watched, is refused", () => {
    const terraform = terraformOf((stack) => {
      const serviceAccountEmail = "shop@acme.iam.gserviceaccount.com";
      new StorageHmacKey(stack, "Hmac", { serviceAccountEmail, lifecycle: { preventDestroy: true } });
    });
    expect(unwatchedResources(terraform)).toEqual([
      expect.stringContaining("google_storage_hmac_key.Hmac must not be destroyed"),
    ]);
  });
});
