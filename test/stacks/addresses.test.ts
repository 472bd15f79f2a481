import { readFileSync } from "node:fs";
import type { KmsCryptoKey } from "@cdktf/provider-google/lib/kms-crypto-key";
import type { App } from "cdktf";
import { EncryptedBucket, EncryptionKey, Principal } from "../../constructs";
import { PlinthStack } from "../../stacks";
import { ADDRESS_FILE, addressesOf, addressFaults, currentAddresses } from "../support/address-record";
import { synthesisedOutput } from "../support/environments";

test("every resource of the environments has the address that was recorded, and nothing kept is replaced", () => {
  const recorded = JSON.parse(readFileSync(ADDRESS_FILE, "utf8"));
  expect(addressFaults(recorded, currentAddresses())).toEqual([]);
});

interface Example {
  readonly project?: string;
  readonly stackId?: string;
  readonly keyId?: string;
  readonly bucketId?: string;
  readonly location?: string;
  readonly protection?: string;
  readonly reader?: string;
}

/** Of a stack with a key, a bucket and a grant, all of which can be changed. */
function addresses(example: Example = {}) {
  return addressesOf(
    synthesisedOutput((app: App) => {
      const { project = "acme-ml-dev", stackId = "dev-data", location = "europe-west4" } = example;
      const stack = new PlinthStack(app, stackId, { environment: "dev", project, region: "europe-west4" });
      const key = new EncryptionKey(stack, example.keyId ?? "Key", { name: "data", location });
      const models = new EncryptedBucket(stack, example.bucketId ?? "Models", { name: "acme-models", key });
      const { reader } = example;
      if (reader !== undefined) models.grantRead(new Principal(stack, "Reader", reader));
      const resource = key.node.findChild("Resource") as KmsCryptoKey;
      resource.putVersionTemplate({
        algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION",
        protectionLevel: example.protection ?? "SOFTWARE",
      });
      return [stack];
    }),
  );
}

function faultsOf(before: Example, after: Example): string[] {
  return addressFaults(addresses(before), addresses(after));
}

/** What a fault says, in this order. */
function says(...texts: string[]): unknown {
  const escaped = texts.map((text) => text.replace(/[$()[\].*+?^{}|\\]/g, "\\$&"));
  return expect.stringMatching(new RegExp(escaped.join(".*")));
}

describe("the record of addresses", () => {
  test("finds no fault where nothing has changed", () => {
    expect(faultsOf({}, {})).toEqual([]);
  });

  test("names a bucket whose construct was renamed, and how to keep it", () => {
    expect(faultsOf({}, { bucketId: "Weights" })).toEqual([
      says(
        "dev-data: google_storage_bucket.Models_",
        "(Models/Resource, acme-models) is now google_storage_bucket.Weights_",
        "Terraform would destroy it with all it holds",
        "Keep the construct id Models/Resource",
        "terraform state mv google_storage_bucket.Models_",
        "npm run addresses",
      ),
    ]);
  });

  test("names a key and its ring when their construct was renamed", () => {
    const faults = faultsOf({}, { keyId: "DataKey" });
    expect(faults).toContainEqual(
      says("google_kms_crypto_key.Key_", "(Key/Resource, data) is now", "DataKey"),
    );
    expect(faults).toContainEqual(
      says("google_kms_key_ring.Key_Ring_", "(Key/Ring, data) is now", "DataKey"),
    );
  });

  test("names a bucket and a ring that would lie elsewhere", () => {
    expect(faultsOf({}, { location: "europe-west1" })).toEqual([
      says(
        "google_kms_key_ring.Key_Ring_",
        'location was "europe-west4" and is "europe-west1"',
        "Change it back",
      ),
      says("google_storage_bucket.Models_", "(Models/Resource, acme-models)", 'location was "europe-west4"'),
    ]);
  });

  test("names a key whose protection changes", () => {
    expect(faultsOf({}, { protection: "HSM" })).toEqual([
      says(
        "google_kms_crypto_key.Key_",
        '(Key/Resource, data): version_template.protection_level was "SOFTWARE"',
      ),
    ]);
  });

  test("names all that would go to another project, since the provider's holds where none is stated", () => {
    expect(faultsOf({}, { project: "acme-ml-prod" })).toEqual([
      says("google_kms_key_ring", 'project was "acme-ml-dev" and is "acme-ml-prod"'),
      says("google_storage_bucket", 'project was "acme-ml-dev" and is "acme-ml-prod"'),
    ]);
  });

  test("names a bucket that moved to another stack, and one that is gone", () => {
    expect(faultsOf({}, { stackId: "dev-storage" })).toContainEqual(
      says("dev-data: google_storage_bucket.Models_", "has moved to dev-storage", "terraform state rm"),
    );
    const { "dev-data": recorded } = addresses();
    const rest = Object.entries(recorded).filter(
      ([address]) => !address.startsWith("google_storage_bucket."),
    );
    expect(addressFaults({ "dev-data": recorded }, { "dev-data": Object.fromEntries(rest) })).toEqual([
      says(
        "google_storage_bucket.Models_",
        "(Models/Resource, acme-models) is gone: Terraform would destroy it",
      ),
    ]);
  });

  test("wants what is new and what is gone recorded, though nothing is lost with it", () => {
    const member = "group:apps@acme.example";
    expect(faultsOf({}, { reader: member })).toEqual([says("google_storage_bucket_iam_member", "is new")]);
    expect(faultsOf({ reader: member }, {})).toEqual([says("google_storage_bucket_iam_member", "is gone")]);
  });
});
