import { EncryptionKey, type EncryptionKeyProps, Principal, ServiceAgent } from "../../../constructs";
import { findings, onlyResource, terraformOf } from "../../support/terraform";

const required = { name: "plinth-test-data", location: "europe-west4" };

describe("an encryption key", () => {
  test("rotates every 90 days and cannot be destroyed, unless asked otherwise", () => {
    const terraform = terraformOf((stack) => new EncryptionKey(stack, "Key", required));
    expect(onlyResource(terraform, "google_kms_crypto_key")).toMatchObject({
      name: "plinth-test-data",
      purpose: "ENCRYPT_DECRYPT",
      rotation_period: `${90 * 24 * 60 * 60}s`,
      lifecycle: { prevent_destroy: true },
    });
    expect(onlyResource(terraform, "google_kms_key_ring")).toMatchObject({
      name: "plinth-test-data",
      location: "europe-west4",
      lifecycle: { prevent_destroy: true },
    });
  });

  test("rotates as often as asked, and can be destroyed where that is asked", () => {
    const terraform = terraformOf(
      (stack) =>
        new EncryptionKey(stack, "Key", { ...required, rotationDays: 30, deletionProtection: false }),
    );
    expect(onlyResource(terraform, "google_kms_crypto_key")).toMatchObject({
      rotation_period: "2592000s",
      lifecycle: { prevent_destroy: false },
    });
  });

  test("lies in software and can be restored for 30 days, unless asked otherwise", () => {
    const terraform = terraformOf((stack) => new EncryptionKey(stack, "Key", required));
    expect(onlyResource(terraform, "google_kms_crypto_key")).toMatchObject({
      version_template: { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION", protection_level: "SOFTWARE" },
      destroy_scheduled_duration: "2592000s",
    });
  });

  test("lies in a hardware module, and can be restored for as long as asked", () => {
    const terraform = terraformOf(
      (stack) =>
        new EncryptionKey(stack, "Key", { ...required, protection: "hsm", destroyScheduledDays: 120 }),
    );
    expect(onlyResource(terraform, "google_kms_crypto_key")).toMatchObject({
      version_template: { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION", protection_level: "HSM" },
      destroy_scheduled_duration: "10368000s",
    });
  });

  test.each([
    ["grantEncryptDecrypt", "roles/cloudkms.cryptoKeyEncrypterDecrypter"],
    ["grantEncrypt", "roles/cloudkms.cryptoKeyEncrypter"],
    ["grantDecrypt", "roles/cloudkms.cryptoKeyDecrypter"],
  ] as const)("lets an identity do what is granted, and no more: %s", (grant, role) => {
    const terraform = terraformOf((stack) =>
      new EncryptionKey(stack, "Key", required)[grant](new Principal(stack, "Dlp", "group:dlp@example.com")),
    );
    expect(onlyResource(terraform, "google_kms_crypto_key_iam_member")).toMatchObject({
      crypto_key_id: expect.stringMatching(/^\$\{google_kms_crypto_key\.Key_\w+\.id\}$/),
      role,
      member: "group:dlp@example.com",
    });
  });

  test("grants a service agent once, however many resources it encrypts", () => {
    const ids = new Set<string>();
    const terraform = terraformOf((stack) => {
      const key = new EncryptionKey(stack, "Key", required);
      ids.add(key.keyIdFor(ServiceAgent.STORAGE)).add(key.keyIdFor(ServiceAgent.STORAGE));
    });
    expect(ids.size).toBe(1);
    expect(onlyResource(terraform, "google_kms_crypto_key_iam_member")).toMatchObject({
      role: "roles/cloudkms.cryptoKeyEncrypterDecrypter",
      member: expect.stringContaining("data.google_storage_project_service_account."),
    });
  });

  test("brings the google-beta provider along, configured as google is, where an agent has to be created", () => {
    const terraform = terraformOf((stack) => {
      new EncryptionKey(stack, "Key", required).keyIdFor(ServiceAgent.CLOUD_RUN);
    });
    expect(onlyResource(terraform, "google_project_service_identity")).toMatchObject({
      provider: "google-beta",
      service: "run.googleapis.com",
    });
    expect(terraform.provider["google-beta"]).toEqual(terraform.provider.google);
    expect(terraform.terraform.required_providers["google-beta"].version).toBe(
      terraform.terraform.required_providers.google.version,
    );
  });

  test("that is managed elsewhere can encrypt what lies in its location", () => {
    const keyId = "projects/central/locations/europe-west1/keyRings/ring/cryptoKeys/key";
    const terraform = terraformOf((stack) => {
      const key = EncryptionKey.fromKeyId(stack, "Key", keyId);
      expect(key.location).toBe("europe-west1");
      key.keyIdFor(ServiceAgent.STORAGE);
    });
    expect(onlyResource(terraform, "google_kms_crypto_key_iam_member")).toMatchObject({
      crypto_key_id: keyId,
    });
  });

  test("that is managed elsewhere grants all the same", () => {
    const keyId = "projects/central/locations/europe-west1/keyRings/ring/cryptoKeys/key";
    const terraform = terraformOf((stack) =>
      EncryptionKey.fromKeyId(stack, "Key", keyId).grantEncryptDecrypt(
        new Principal(stack, "Wrapper", "group:wrappers@example.com"),
      ),
    );
    expect(onlyResource(terraform, "google_kms_crypto_key_iam_member")).toMatchObject({
      crypto_key_id: keyId,
      role: "roles/cloudkms.cryptoKeyEncrypterDecrypter",
      member: "group:wrappers@example.com",
    });
  });

  test("is refused with every finding at once", () => {
    expect(
      findings(
        (stack) =>
          new EncryptionKey(stack, "Key", {
            name: "a key",
            location: "europe-west44",
            rotationDays: 0,
            protection: "HMS" as EncryptionKeyProps["protection"],
            destroyScheduledDays: 121,
          }),
      ),
    ).toEqual([
      { property: "name", received: "a key", remedy: expect.any(String) },
      { property: "location", received: "europe-west44", remedy: expect.stringContaining("europe-west4") },
      { property: "rotationDays", received: 0, remedy: expect.stringContaining("1 to 365") },
      { property: "protection", received: "HMS", remedy: 'did you mean "hsm"? use one of software, hsm' },
      { property: "destroyScheduledDays", received: 121, remedy: "use 1 to 120 whole days" },
    ]);
  });

  test.each(["global", "europe", "europe-west44"])(
    "that is managed elsewhere is refused in %s, where nothing that it encrypts could lie",
    (location) => {
      const keyId = `projects/central/locations/${location}/keyRings/ring/cryptoKeys/key`;
      expect(findings((stack) => EncryptionKey.fromKeyId(stack, "Key", keyId))).toEqual([
        { property: "keyId", received: keyId, remedy: expect.stringContaining(`${location} is no region`) },
      ]);
    },
  );

  test("that is managed elsewhere is refused unless its id is stated in full", () => {
    expect(findings((stack) => EncryptionKey.fromKeyId(stack, "Key", "ring/key"))).toEqual([
      { property: "keyId", received: "ring/key", remedy: expect.stringContaining("cryptoKeys/K") },
    ]);
  });
});
