import type { TerraformStack } from "cdktf";
import { EncryptedBucket, type EncryptedBucketProps, EncryptionKey, Principal } from "../../../constructs";
import { findings, onlyResource, terraformOf } from "../../support/terraform";

function bucket(stack: TerraformStack, props: Partial<EncryptedBucketProps> = {}): EncryptedBucket {
  const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
  return new EncryptedBucket(stack, "Bucket", { name: "some-project-models", key, ...props });
}

describe("an encrypted bucket", () => {
  test("lies where its key lies, and waits for the grant that lets Cloud Storage use the key", () => {
    const terraform = terraformOf((stack) => bucket(stack));
    expect(onlyResource(terraform, "google_storage_bucket")).toMatchObject({
      name: "some-project-models",
      location: "europe-west4",
      encryption: {
        default_kms_key_name: expect.stringMatching(
          /^\$\{google_kms_crypto_key_iam_member\.Key_StorageAgent_\w+\.crypto_key_id\}$/,
        ),
      },
    });
  });

  test("is closed to the public, versioned, restorable and protected, unless asked otherwise", () => {
    expect(
      onlyResource(
        terraformOf((stack) => bucket(stack)),
        "google_storage_bucket",
      ),
    ).toMatchObject({
      uniform_bucket_level_access: true,
      public_access_prevention: "enforced",
      versioning: { enabled: true },
      soft_delete_policy: { retention_duration_seconds: 7 * 86_400 },
      force_destroy: false,
      lifecycle: { prevent_destroy: true },
    });
  });

  test("drops uploads that were never finished, and versions that are too many, beside the live one, or too old", () => {
    const terraform = terraformOf((stack) =>
      bucket(stack, { noncurrentVersionsKept: 5, noncurrentDaysKept: 30 }),
    );
    expect(onlyResource(terraform, "google_storage_bucket").lifecycle_rule).toEqual([
      { action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: 7 } },
      { action: { type: "Delete" }, condition: { with_state: "ARCHIVED", num_newer_versions: 6 } },
      { action: { type: "Delete" }, condition: { with_state: "ARCHIVED", days_since_noncurrent_time: 30 } },
    ]);
  });

  test("keeps nothing for restoring where soft delete is off", () => {
    const terraform = terraformOf((stack) => bucket(stack, { softDeleteDays: 0 }));
    expect(onlyResource(terraform, "google_storage_bucket").soft_delete_policy).toEqual({
      retention_duration_seconds: 0,
    });
  });

  test("without protection is destroyed with all it holds", () => {
    const terraform = terraformOf((stack) => bucket(stack, { deletionProtection: false }));
    expect(onlyResource(terraform, "google_storage_bucket")).toMatchObject({
      force_destroy: true,
      lifecycle: { prevent_destroy: false },
    });
  });

  test("says nothing of what is not asked for", () => {
    const resource = onlyResource(
      terraformOf((stack) => bucket(stack)),
      "google_storage_bucket",
    );
    for (const argument of [
      "storage_class",
      "autoclass",
      "labels",
      "retention_policy",
      "hierarchical_namespace",
    ])
      expect(resource).not.toHaveProperty(argument);
  });

  test("bears the kind of data that it holds as a label", () => {
    const terraform = terraformOf((stack) => bucket(stack, { dataClassification: "health" }));
    expect(onlyResource(terraform, "google_storage_bucket").labels).toEqual({
      "data-classification": "health",
    });
  });

  test.each([
    ["grantRead", "roles/storage.objectViewer"],
    ["grantCreate", "roles/storage.objectCreator"],
    ["grantWrite", "roles/storage.objectUser"],
    ["grantAdmin", "roles/storage.admin"],
  ] as const)("gives by %s no more than %s", (grant, role) => {
    const terraform = terraformOf((stack) =>
      bucket(stack)[grant](new Principal(stack, "Team", "group:team@example.com")),
    );
    expect(onlyResource(terraform, "google_storage_bucket_iam_member")).toMatchObject({
      bucket: expect.stringMatching(/^\$\{google_storage_bucket\.Bucket_\w+\.name\}$/),
      role,
      member: "group:team@example.com",
    });
  });

  test("gives each grant under a name of its own, so that one identity can have several", () => {
    const terraform = terraformOf((stack) => {
      const team = new Principal(stack, "Team", "group:team@example.com");
      const models = bucket(stack);
      models.grantRead(team);
      models.grantCreate(team);
    });
    expect(Object.keys(terraform.resource?.google_storage_bucket_iam_member ?? {})).toEqual([
      expect.stringContaining("Team_Createstack--Bucket_"),
      expect.stringContaining("Team_Readstack--Bucket_"),
    ]);
  });

  test.each(["central-models", "models.acme.com"])(
    "that is managed elsewhere grants all the same: %s",
    (name) => {
      const terraform = terraformOf((stack) =>
        EncryptedBucket.fromBucketName(stack, "Bucket", name).grantRead(
          new Principal(stack, "Readers", "group:readers@example.com"),
        ),
      );
      expect(onlyResource(terraform, "google_storage_bucket_iam_member")).toMatchObject({
        bucket: name,
      });
      expect(terraform.resource).not.toHaveProperty("google_storage_bucket");
    },
  );

  test("that is managed elsewhere is refused under a name that no bucket has", () => {
    expect(findings((stack) => EncryptedBucket.fromBucketName(stack, "Bucket", "gs://models"))).toEqual([
      { property: "bucketName", received: "gs://models", remedy: expect.stringContaining("dots") },
    ]);
  });

  test("is refused with every finding at once", () => {
    expect(
      findings((stack) =>
        bucket(stack, {
          name: "My_Bucket",
          noncurrentVersionsKept: 0,
          noncurrentDaysKept: 1.5,
          softDeleteDays: 3,
        }),
      ),
    ).toEqual([
      { property: "name", received: "My_Bucket", remedy: expect.stringContaining("lower-case") },
      { property: "noncurrentVersionsKept", received: 0, remedy: "use a whole number from 1" },
      { property: "noncurrentDaysKept", received: 1.5, remedy: "use a whole number from 1" },
      { property: "softDeleteDays", received: 3, remedy: "use 7 to 90 whole days, or 0 for none" },
    ]);
  });
});

describe("the class of a bucket", () => {
  test.each([
    ["monthly", "NEARLINE"],
    ["quarterly", "COLDLINE"],
    ["yearly", "ARCHIVE"],
  ] as const)("that is read %s is %s", (readFrequency, storageClass) => {
    const terraform = terraformOf((stack) => bucket(stack, { readFrequency }));
    expect(onlyResource(terraform, "google_storage_bucket")).toMatchObject({ storage_class: storageClass });
  });

  test("that is read daily is left at standard", () => {
    const terraform = terraformOf((stack) => bucket(stack, { readFrequency: "daily" }));
    expect(onlyResource(terraform, "google_storage_bucket")).not.toHaveProperty("storage_class");
  });

  test.each([
    [undefined, "ARCHIVE"],
    ["archive", "ARCHIVE"],
    ["nearline", "NEARLINE"],
  ] as const)("is Google's to choose where nobody knows, down to %p", (autoclassTerminal, terminal) => {
    const terraform = terraformOf((stack) => bucket(stack, { readFrequency: "unknown", autoclassTerminal }));
    const resource = onlyResource(terraform, "google_storage_bucket");
    expect(resource.autoclass).toEqual({ enabled: true, terminal_storage_class: terminal });
    expect(resource).not.toHaveProperty("storage_class");
  });

  test("changes as the objects are read less, the warmer class first whatever the order in which they are stated", () => {
    const terraform = terraformOf((stack) =>
      bucket(stack, { versioning: false, lessReadAfterDays: { yearly: 365, monthly: 30, quarterly: 90 } }),
    );
    expect(onlyResource(terraform, "google_storage_bucket").lifecycle_rule).toEqual([
      { action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: 7 } },
      { action: { type: "SetStorageClass", storage_class: "NEARLINE" }, condition: { age: 30 } },
      { action: { type: "SetStorageClass", storage_class: "COLDLINE" }, condition: { age: 90 } },
      { action: { type: "SetStorageClass", storage_class: "ARCHIVE" }, condition: { age: 365 } },
    ]);
  });

  test.each([
    ["of rare reads from the start", { readFrequency: "yearly" }, 365],
    ["of rarer reads before their time is paid", { lessReadAfterDays: { quarterly: 40 } }, 90],
    ["of a class that is left before it is paid", { lessReadAfterDays: { monthly: 10, quarterly: 30 } }, 90],
  ] as const)("%s keeps older versions for as long as they are paid for", (_, props, days) => {
    const terraform = terraformOf((stack) => bucket(stack, props));
    expect(onlyResource(terraform, "google_storage_bucket").lifecycle_rule).toEqual(
      expect.arrayContaining([
        {
          action: { type: "Delete" },
          condition: { with_state: "ARCHIVED", num_newer_versions: 4, age: days },
        },
        {
          action: { type: "Delete" },
          condition: { with_state: "ARCHIVED", days_since_noncurrent_time: Math.max(90, days) },
        },
      ]),
    );
  });

  test.each([
    ["rarer reads only once their time is paid", { lessReadAfterDays: { monthly: 30, yearly: 365 } }],
    ["reads that Google watches", { readFrequency: "unknown" }],
  ] as const)("of %s lets versions that are too many go at once", (_, props) => {
    const terraform = terraformOf((stack) => bucket(stack, props));
    expect(onlyResource(terraform, "google_storage_bucket").lifecycle_rule).toContainEqual({
      action: { type: "Delete" },
      condition: { with_state: "ARCHIVED", num_newer_versions: 4 },
    });
  });

  test.each([
    [{ lessReadAfterDays: { montly: 30 } }, "lessReadAfterDays.montly", 'did you mean "monthly"? '],
    [{ lessReadAfterDays: { daily: 30 } }, "lessReadAfterDays.daily", "Use monthly, quarterly, yearly"],
    [{ lessReadAfterDays: { monthly: 0 } }, "lessReadAfterDays.monthly", "use a whole number from 1"],
    [
      { readFrequency: "quarterly", lessReadAfterDays: { monthly: 30 } },
      "lessReadAfterDays.monthly",
      "leave it out: the data is read no more than quarterly before",
    ],
    [
      { readFrequency: "monthly", lessReadAfterDays: { yearly: 20 } },
      "lessReadAfterDays.yearly",
      "use at least 30: an object in NEARLINE since day 0 is paid for until then",
    ],
    [
      { lessReadAfterDays: { quarterly: 90, yearly: 90 } },
      "lessReadAfterDays.yearly",
      "use at least 91: an object in COLDLINE since day 90 is paid for until then",
    ],
    [{ readFrequency: "montly" }, "readFrequency", 'did you mean "monthly"? '],
    [
      { readFrequency: "unknown", autoclassTerminal: "coldline" },
      "autoclassTerminal",
      "use nearline or archive",
    ],
  ])("is refused of %j", (props, property, remedy) => {
    expect(findings((stack) => bucket(stack, props as Partial<EncryptedBucketProps>))).toEqual([
      { property, received: expect.anything(), remedy: expect.stringContaining(remedy) },
    ]);
  });
});

describe("what a bucket holds", () => {
  test("goes after its days, and then for its days as an older version", () => {
    const terraform = terraformOf((stack) => bucket(stack, { expireAfterDays: 30 }));
    expect(onlyResource(terraform, "google_storage_bucket").lifecycle_rule).toContainEqual({
      action: { type: "Delete" },
      condition: { age: 30, with_state: "LIVE" },
    });
  });

  test("has no older versions where none are wanted", () => {
    const terraform = terraformOf((stack) => bucket(stack, { versioning: false }));
    expect(onlyResource(terraform, "google_storage_bucket")).toMatchObject({
      versioning: { enabled: false },
      lifecycle_rule: [{ action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: 7 } }],
    });
  });

  test.each([
    [undefined, false],
    [false, false],
    [true, true],
  ])("is retained, and where locked is %p for good: %p", (locked, isLocked) => {
    const terraform = terraformOf((stack) => bucket(stack, { retention: { days: 30, locked } }));
    expect(onlyResource(terraform, "google_storage_bucket")).toMatchObject({
      retention_policy: { retention_period: 30 * 86_400, is_locked: isLocked },
      versioning: { enabled: true },
    });
  });

  test("lies in folders where that is asked for, without versions", () => {
    const resource = onlyResource(
      terraformOf((stack) => bucket(stack, { hierarchicalNamespace: true })),
      "google_storage_bucket",
    );
    expect(resource).toMatchObject({
      hierarchical_namespace: { enabled: true },
      uniform_bucket_level_access: true,
      soft_delete_policy: { retention_duration_seconds: 7 * 86_400 },
      lifecycle_rule: [{ action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: 7 } }],
    });
    expect(resource).not.toHaveProperty("versioning");
  });
});

describe("a combination of a bucket's options", () => {
  const combinations: readonly [string, Partial<EncryptedBucketProps>, string, string][] = [
    ["folders and versions", { hierarchicalNamespace: true, versioning: true }, "versioning", "soft delete"],
    [
      "folders and retention",
      { hierarchicalNamespace: true, retention: { days: 1 } },
      "retention",
      "no retention",
    ],
    [
      "rules and Autoclass",
      { readFrequency: "unknown", lessReadAfterDays: { monthly: 30 } },
      "lessReadAfterDays",
      "Autoclass or by rules",
    ],
    ["a last class without Autoclass", { autoclassTerminal: "nearline" }, "autoclassTerminal", '"unknown"'],
    [
      "a number of versions where there are none",
      { versioning: false, noncurrentVersionsKept: 3 },
      "noncurrentVersionsKept",
      "without versioning",
    ],
    [
      "days of versions where there are none",
      { hierarchicalNamespace: true, noncurrentDaysKept: 3 },
      "noncurrentDaysKept",
      "without versioning",
    ],
    [
      "versions that go before their time is paid",
      { readFrequency: "quarterly", noncurrentDaysKept: 30 },
      "noncurrentDaysKept",
      "use at least 90",
    ],
    [
      "objects that go before their time is paid",
      { readFrequency: "yearly", versioning: false, expireAfterDays: 364 },
      "expireAfterDays",
      "use at least 365: an object in ARCHIVE",
    ],
    [
      "objects that move and go before their time is paid",
      { lessReadAfterDays: { quarterly: 60 }, versioning: false, expireAfterDays: 61 },
      "expireAfterDays",
      "use at least 90: an object in COLDLINE",
    ],
    [
      "objects that go before they may",
      { retention: { days: 31 }, expireAfterDays: 30 },
      "expireAfterDays",
      "retention.days, which is 31",
    ],
    [
      "a lock and destruction",
      { retention: { days: 30, locked: true }, deletionProtection: false },
      "deletionProtection",
      "cannot be destroyed",
    ],
  ];

  test.each(combinations)("is refused: %s", (_, props, property, remedy) => {
    expect(findings((stack) => bucket(stack, props))).toEqual([
      {
        property,
        received: props[property as keyof EncryptedBucketProps],
        remedy: expect.stringContaining(remedy),
      },
    ]);
  });

  const accepted: readonly [string, Partial<EncryptedBucketProps>][] = [
    ["the longest retention that the provider takes", { retention: { days: 24_855 } }],
    ["retention and versions", { retention: { days: 30 }, versioning: true }],
    ["folders and soft delete", { hierarchicalNamespace: true, softDeleteDays: 30 }],
    ["folders and Autoclass", { hierarchicalNamespace: true, readFrequency: "unknown" }],
    ["folders and no versions", { hierarchicalNamespace: true, versioning: false }],
    ["Autoclass and days", { readFrequency: "unknown", expireAfterDays: 1, noncurrentDaysKept: 1 }],
    ["days of retention and as many to live", { retention: { days: 30 }, expireAfterDays: 30 }],
    [
      "rare reads and as many days as are paid",
      { readFrequency: "yearly", versioning: false, expireAfterDays: 365 },
    ],
    ["rare reads and older versions that are paid", { readFrequency: "yearly", expireAfterDays: 1 }],
    [
      "a move that is never made and few days",
      { lessReadAfterDays: { yearly: 400 }, versioning: false, expireAfterDays: 10 },
    ],
    ["retention without a lock and destruction", { retention: { days: 30 }, deletionProtection: false }],
  ];

  test.each(accepted)("is accepted: %s", (_, props) => {
    expect(findings((stack) => bucket(stack, props))).toEqual([]);
  });

  test("is judged with all others, whatever else is amiss, and not where a value is amiss itself", () => {
    expect(
      findings((stack) =>
        bucket(stack, {
          name: "My_Bucket",
          dataClassification: "helth" as never,
          hierarchicalNamespace: true,
          versioning: true,
          noncurrentDaysKept: 0,
          retention: { days: 24_856, locked: true },
          deletionProtection: false,
        }),
      ).map(({ property }) => property),
    ).toEqual([
      "name",
      "dataClassification",
      "noncurrentDaysKept",
      "retention.days",
      "versioning",
      "deletionProtection",
    ]);
  });
});
