import type { TerraformStack } from "cdktf";
import { DatasetBucket, type DatasetBucketProps, EncryptionKey } from "../../../constructs";
import { findings, onlyResource, terraformOf } from "../../support/terraform";

function dataset(stack: TerraformStack, props: Partial<DatasetBucketProps> = {}): DatasetBucket {
  const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
  return new DatasetBucket(stack, "Dataset", {
    name: "some-project-tickets",
    key,
    dataClassification: "internal",
    ...props,
  });
}

function resourceOf(props?: Partial<DatasetBucketProps>) {
  return onlyResource(
    terraformOf((stack) => dataset(stack, props)),
    "google_storage_bucket",
  );
}

function daysOfOlderVersions(props?: Partial<DatasetBucketProps>) {
  const rules = resourceOf(props).lifecycle_rule as { condition: { days_since_noncurrent_time?: number } }[];
  return rules
    .map(({ condition }) => condition.days_since_noncurrent_time)
    .find((days) => days !== undefined);
}

describe("a dataset bucket", () => {
  test("says what kind of data it holds, keeps versions and follows the reads", () => {
    expect(resourceOf()).toMatchObject({
      labels: { "data-classification": "internal" },
      versioning: { enabled: true },
      autoclass: { enabled: true, terminal_storage_class: "ARCHIVE" },
      soft_delete_policy: { retention_duration_seconds: 7 * 86_400 },
      force_destroy: false,
      lifecycle: { prevent_destroy: true },
    });
  });

  test("takes a stated frequency instead", () => {
    const resource = resourceOf({ readFrequency: "daily" });
    expect(resource).not.toHaveProperty("autoclass");
    expect(resource).not.toHaveProperty("storage_class");
  });

  test.each([
    ["public", 90],
    ["internal", 90],
    ["confidential", 90],
    ["personal", 21],
    ["health", 21],
    ["cardholder", 21],
  ] as const)("of %s data keeps an older version %i days", (dataClassification, days) => {
    expect(daysOfOlderVersions({ dataClassification })).toBe(days);
  });

  test("about people erases within a month, soft delete and a day of Google's included", () => {
    const days = daysOfOlderVersions({ dataClassification: "personal" }) ?? Number.NaN;
    const { retention_duration_seconds: seconds } = resourceOf().soft_delete_policy as {
      retention_duration_seconds: number;
    };
    expect(days + seconds / 86_400 + 1).toBeLessThan(30);
  });

  test("about people that is rarely read keeps older versions for as long as they are paid for", () => {
    expect(daysOfOlderVersions({ dataClassification: "personal", readFrequency: "monthly" })).toBe(30);
  });

  test("keeps older versions as long as is asked", () => {
    expect(daysOfOlderVersions({ dataClassification: "personal", noncurrentDaysKept: 5 })).toBe(5);
  });

  test.each([{ versioning: false }, { hierarchicalNamespace: true }])(
    "can do without versions: %j",
    (props) => {
      expect(daysOfOlderVersions({ dataClassification: "personal", ...props })).toBeUndefined();
    },
  );

  test("is refused with every finding at once", () => {
    expect(
      findings((stack) =>
        dataset(stack, { name: "Tickets", dataClassification: "secret" as never, softDeleteDays: 1 }),
      ).map(({ property }) => property),
    ).toEqual(["name", "dataClassification", "softDeleteDays"]);
  });
});
