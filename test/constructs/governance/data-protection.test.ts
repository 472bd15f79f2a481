import { type TerraformStack, TerraformVariable } from "cdktf";
import {
  type CustomInfoType,
  DataProtection,
  type DataProtectionProps,
  EncryptionKey,
  infoTypeCatalog,
  infoTypesOf,
  type Likelihood,
  Principal,
  type Transformation,
} from "../../../constructs";
import { findings, onlyResource, resources, terraformOf } from "../../support/terraform";

const required = {
  name: "plinth-dev-prompts",
  project: "acme-ml-dev",
  location: "europe-west4",
  infoTypes: ["EMAIL_ADDRESS", "CREDIT_CARD_NUMBER"],
};

/** As Cloud KMS encrypts 32 bytes. */
const wrappedKey = Buffer.alloc(93, 7).toString("base64");

function protection(stack: TerraformStack, props: Partial<DataProtectionProps> = {}): DataProtection {
  return new DataProtection(stack, "Protection", { ...required, ...props });
}

function keyOf(stack: TerraformStack): EncryptionKey {
  return new EncryptionKey(stack, "Key", { name: "plinth-dev-tokens", location: "europe-west4" });
}

function inspectOf(props: Partial<DataProtectionProps> = {}) {
  return onlyResource(
    terraformOf((stack) => protection(stack, props)),
    "google_data_loss_prevention_inspect_template",
  );
}

/** What becomes of each info type. */
function transformationsOf(build: (stack: TerraformStack) => Partial<DataProtectionProps>) {
  const template = onlyResource(
    terraformOf((stack) => protection(stack, build(stack))),
    "google_data_loss_prevention_deidentify_template",
  );
  const { info_type_transformations } = template.deidentify_config as {
    info_type_transformations: {
      transformations: { info_types: { name: string }[]; primitive_transformation: unknown }[];
    };
  };
  return Object.fromEntries(
    info_type_transformations.transformations.map(({ info_types, primitive_transformation }) => [
      info_types.map(({ name }) => name).join(),
      primitive_transformation,
    ]),
  );
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}_${index}`);
}

describe("data protection", () => {
  test("finds values in its region, does not repeat them, and puts their info type in their place", () => {
    const terraform = terraformOf((stack) => protection(stack));
    const { "//": _, ...inspect } = onlyResource(terraform, "google_data_loss_prevention_inspect_template");
    expect(inspect).toEqual({
      parent: "projects/acme-ml-dev/locations/europe-west4",
      template_id: "plinth-dev-prompts",
      display_name: "plinth-dev-prompts",
      inspect_config: {
        info_types: [{ name: "EMAIL_ADDRESS" }, { name: "CREDIT_CARD_NUMBER" }],
        min_likelihood: "POSSIBLE",
        include_quote: false,
      },
    });
    expect(onlyResource(terraform, "google_data_loss_prevention_deidentify_template")).toMatchObject({
      parent: "projects/acme-ml-dev/locations/europe-west4",
      template_id: "plinth-dev-prompts",
    });
    expect(transformationsOf(() => ({}))).toEqual({
      EMAIL_ADDRESS: { replace_with_info_type_config: true },
      CREDIT_CARD_NUMBER: { replace_with_info_type_config: true },
    });
  });

  test("finds what Google does not know, too", () => {
    expect(
      inspectOf({
        infoTypes: [],
        otherInfoTypes: ["BRAZIL_CPF_NUMBER"],
        customInfoTypes: {
          TICKET: { regex: "ACME-\\d{6}", likelihood: "likely" },
          PROJECT_NAME: { words: ["Blue Heron"] },
        },
      }).inspect_config,
    ).toMatchObject({
      info_types: [{ name: "BRAZIL_CPF_NUMBER" }],
      custom_info_types: [
        { info_type: { name: "TICKET" }, likelihood: "LIKELY", regex: { pattern: "ACME-\\d{6}" } },
        {
          info_type: { name: "PROJECT_NAME" },
          likelihood: "VERY_LIKELY",
          dictionary: { word_list: { words: ["Blue Heron"] } },
        },
      ],
    });
  });

  test("is as sure, as chatty and as patient as asked", () => {
    expect(
      inspectOf({ likelihoodMin: "very-likely", quoteFindings: true, findingsMax: 50 }).inspect_config,
    ).toMatchObject({
      min_likelihood: "VERY_LIKELY",
      include_quote: true,
      limits: { max_findings_per_item: 50, max_findings_per_request: 50 },
    });
  });

  test.each<[Transformation, unknown]>([
    [{ kind: "redact" }, { redact_config: {} }],
    [
      { kind: "replace", text: "(removed)" },
      { replace_config: { new_value: { string_value: "(removed)" } } },
    ],
    [{ kind: "mask" }, { character_mask_config: { masking_character: "*" } }],
    [
      { kind: "mask", character: "#", lastKept: 4, charactersKept: "-" },
      {
        character_mask_config: {
          masking_character: "#",
          number_to_mask: -4,
          characters_to_ignore: [{ characters_to_skip: "-" }],
        },
      },
    ],
  ])("changes a value by %j, and others otherwise", (transformation, expected) => {
    expect(
      transformationsOf(() => ({
        transformations: { CREDIT_CARD_NUMBER: transformation },
        otherwise: { kind: "redact" },
      })),
    ).toEqual({ EMAIL_ADDRESS: { redact_config: {} }, CREDIT_CARD_NUMBER: expected });
  });

  test("shifts dates", () => {
    expect(
      transformationsOf(() => ({
        infoTypes: ["DATE_OF_BIRTH"],
        transformations: { DATE_OF_BIRTH: { kind: "shift-dates", daysMin: -30, daysMax: 30 } },
      })),
    ).toEqual({ DATE_OF_BIRTH: { date_shift_config: { lower_bound_days: -30, upper_bound_days: 30 } } });
  });

  test("makes tokens with a wrapped key, which Google unwraps once its agent may", () => {
    const kmsWrapped = {
      kms_wrapped: {
        crypto_key_name: expect.stringMatching(
          /^\$\{google_kms_crypto_key_iam_member\.Key_DlpAgent_\w+\.crypto_key_id\}$/,
        ),
        wrapped_key: wrappedKey,
      },
    };
    expect(
      transformationsOf((stack) => ({
        key: keyOf(stack),
        wrappedKey,
        transformations: { CREDIT_CARD_NUMBER: { kind: "tokenise-in-form", alphabet: "numeric" } },
        otherwise: { kind: "tokenise" },
      })),
    ).toEqual({
      EMAIL_ADDRESS: {
        crypto_deterministic_config: {
          crypto_key: kmsWrapped,
          surrogate_info_type: { name: "EMAIL_ADDRESS_TOKEN" },
        },
      },
      CREDIT_CARD_NUMBER: {
        crypto_replace_ffx_fpe_config: {
          crypto_key: kmsWrapped,
          common_alphabet: "NUMERIC",
          surrogate_info_type: { name: "CREDIT_CARD_NUMBER_TOKEN" },
        },
      },
    });
  });

  test("grants the agent of data protection the key", () => {
    const terraform = terraformOf((stack) =>
      protection(stack, { key: keyOf(stack), wrappedKey, otherwise: { kind: "tokenise" } }),
    );
    expect(onlyResource(terraform, "google_kms_crypto_key_iam_member").member).toMatch(
      /^serviceAccount:service-\$\{.*\.number\}@dlp-api\.iam\.gserviceaccount\.com$/,
    );
    expect(onlyResource(terraform, "google_project_service_identity").service).toBe("dlp.googleapis.com");
  });

  test("names tokens as asked, and takes a key that is known only at apply", () => {
    expect(
      transformationsOf((stack) => ({
        key: keyOf(stack),
        wrappedKey: new TerraformVariable(stack, "wrapped_key", { type: "string" }).stringValue,
        transformations: { EMAIL_ADDRESS: { kind: "tokenise", surrogate: "MAIL" } },
      })),
    ).toMatchObject({
      EMAIL_ADDRESS: {
        crypto_deterministic_config: {
          crypto_key: { kms_wrapped: { wrapped_key: expect.stringContaining("var.wrapped_key") } },
          surrogate_info_type: { name: "MAIL" },
        },
      },
    });
  });

  test("lets an identity use the templates, where that is granted", () => {
    const terraform = terraformOf((stack) =>
      protection(stack).grantUse(
        new Principal(stack, "Gateway", "serviceAccount:gateway@acme.iam.gserviceaccount.com"),
      ),
    );
    const grants = resources(terraform, "google_project_iam_member");
    expect(grants.map(({ role }) => role).sort()).toEqual([
      "roles/dlp.deidentifyTemplatesReader",
      "roles/dlp.inspectTemplatesReader",
      "roles/dlp.user",
    ]);
    for (const grant of grants) expect(grant).toMatchObject({ project: "acme-ml-dev" });
    const last = grants.find(({ role }) => role === "roles/dlp.user");
    expect(last?.depends_on).toEqual([expect.stringContaining("deidentifyTemplatesReader")]);
  });

  test("knows what makes data cardholder data", () => {
    expect(infoTypesOf("cardholder")).toContain("CREDIT_CARD_NUMBER");
    expect(infoTypesOf("cardholder")).not.toContain("EMAIL_ADDRESS");
    for (const date of infoTypeCatalog.dates) expect(infoTypeCatalog.infoTypes).toHaveProperty(date);
  });

  test("is refused with every finding at once", () => {
    expect(
      findings((stack) =>
        protection(stack, {
          name: "my prompts",
          project: "Acme",
          location: "europe-west44",
          infoTypes: ["EMAIL_ADRESS", "PHONE_NUMBER", "PHONE_NUMBER"],
          otherInfoTypes: ["brazil"],
          customInfoTypes: {
            ticket: { regex: "" },
            WORD: { words: ["a", "ok"], likelihood: "sure" as Likelihood },
          },
          likelihoodMin: "posible" as Likelihood,
          findingsMax: 0,
          transformations: {
            PHONE: { kind: "redact" },
            PHONE_NUMBER: { kind: "mask", character: "**", lastKept: -1 },
            WORD: { kind: "replace", text: "" },
          },
        }),
      ),
    ).toEqual([
      { property: "name", received: "my prompts", remedy: expect.stringContaining("1 to 100") },
      { property: "project", received: "Acme", remedy: expect.stringContaining("lower-case") },
      { property: "location", received: "europe-west44", remedy: expect.stringContaining('"europe-west4"') },
      {
        property: "infoTypes[0]",
        received: "EMAIL_ADRESS",
        remedy: expect.stringContaining('"EMAIL_ADDRESS"'),
      },
      { property: "otherInfoTypes[0]", received: "brazil", remedy: expect.stringContaining("upper-case") },
      { property: "infoTypes", received: "PHONE_NUMBER", remedy: expect.stringContaining("once") },
      {
        property: "customInfoTypes.ticket",
        received: "ticket",
        remedy: expect.stringContaining("upper-case"),
      },
      {
        property: "customInfoTypes.ticket.regex",
        received: "",
        remedy: expect.stringContaining("expression"),
      },
      {
        property: "customInfoTypes.WORD.words",
        received: "a",
        remedy: expect.stringContaining("two letters"),
      },
      {
        property: "customInfoTypes.WORD.likelihood",
        received: "sure",
        remedy: expect.stringContaining("very-likely"),
      },
      { property: "likelihoodMin", received: "posible", remedy: expect.stringContaining('"possible"') },
      { property: "findingsMax", received: 0, remedy: "use a whole number from 1 to 3000" },
      {
        property: "transformations.PHONE",
        received: "PHONE",
        remedy: expect.stringContaining("add it to infoTypes"),
      },
      { property: "transformations.PHONE_NUMBER.character", received: "**", remedy: "use one character" },
      {
        property: "transformations.PHONE_NUMBER.lastKept",
        received: -1,
        remedy: "use a whole number from 0",
      },
      { property: "transformations.WORD.text", received: "", remedy: expect.stringContaining("redact") },
    ]);
  });

  test.each<[string, Partial<DataProtectionProps>, string, string]>([
    ["nothing to find", { infoTypes: [] }, "infoTypes", "at least one"],
    [
      "an expression that looks ahead",
      { customInfoTypes: { TICKET: { regex: "ACME-(?=\\d)" } } },
      "customInfoTypes.TICKET.regex",
      "RE2",
    ],
    [
      "an expression that refers back",
      { customInfoTypes: { TICKET: { regex: "(a|b)\\1" } } },
      "customInfoTypes.TICKET.regex",
      "RE2",
    ],
    [
      "neither an expression nor words",
      { customInfoTypes: { WORD: {} as CustomInfoType } },
      "customInfoTypes.WORD.words",
      "at least one",
    ],
    ["no words", { customInfoTypes: { WORD: { words: [] } } }, "customInfoTypes.WORD.words", "at least one"],
    [
      "an unknown kind",
      { otherwise: { kind: "redakt" } as unknown as Transformation },
      "otherwise.kind",
      '"redact"',
    ],
    [
      "dates that are none",
      { otherwise: { kind: "shift-dates", daysMin: 1, daysMax: 2 } },
      "otherwise.kind",
      "EMAIL_ADDRESS, CREDIT_CARD_NUMBER would stay",
    ],
    [
      "a shift without room",
      { infoTypes: ["DATE"], otherwise: { kind: "shift-dates", daysMin: 5, daysMax: 5 } },
      "otherwise.daysMin",
      "less than daysMax",
    ],
    [
      "a shift of half a day",
      { infoTypes: ["DATE"], otherwise: { kind: "shift-dates", daysMin: 0.5, daysMax: 5 } },
      "otherwise.daysMin",
      "whole number",
    ],
    [
      "what Google finds in no region",
      { infoTypes: ["EMAIL_ADDRESS", "LOCATION"] },
      "infoTypes[1]",
      "in no single region",
    ],
    [
      "another that Google finds in no region",
      { otherInfoTypes: ["ORGANIZATION_NAME"] },
      "otherInfoTypes[0]",
      "in no single region",
    ],
    [
      "more than Google takes in one request",
      { infoTypes: [], otherInfoTypes: names("OTHER", 101) },
      "infoTypes",
      "at most 100",
    ],
    [
      "more kinds of one's own than Google takes",
      { customInfoTypes: Object.fromEntries(names("OWN", 31).map((name) => [name, { regex: "x" }])) },
      "customInfoTypes",
      "at most 30",
    ],
    [
      "more lists of words than Google takes",
      { customInfoTypes: Object.fromEntries(names("OWN", 11).map((name) => [name, { words: ["ok"] }])) },
      "customInfoTypes",
      "at most 10 lists of words",
    ],
    ["a key for nothing", { wrappedKey }, "wrappedKey", "nothing takes a key"],
  ])("is refused with %s", (_, props, property, remedy) => {
    expect(findings((stack) => protection(stack, props))).toEqual([
      expect.objectContaining({ property, remedy: expect.stringContaining(remedy) }),
    ]);
  });

  test.each(["ACME-\\d{6}", "(?:a|b)", "(?i)acme", "\\(?=", "[(?=]", "(?P<year>\\d{4})"])(
    "takes %s for an expression",
    (regex) => {
      expect(findings((stack) => protection(stack, { customInfoTypes: { TICKET: { regex } } }))).toEqual([]);
    },
  );

  test("makes no tokens without a key, or under names that do not tell them apart", () => {
    expect(
      findings((stack) =>
        protection(stack, {
          transformations: {
            EMAIL_ADDRESS: { kind: "tokenise", surrogate: "TOKEN" },
            CREDIT_CARD_NUMBER: {
              kind: "tokenise-in-form",
              alphabet: "numerical" as "numeric",
              surrogate: "TOKEN",
            },
          },
        }),
      ),
    ).toEqual([
      {
        property: "transformations.CREDIT_CARD_NUMBER.alphabet",
        received: "numerical",
        remedy: expect.stringContaining('"numeric"'),
      },
      { property: "key", received: undefined, remedy: expect.stringContaining("wrappedKey") },
      { property: "wrappedKey", received: undefined, remedy: expect.stringContaining("gcloud kms encrypt") },
      {
        property: "transformations.CREDIT_CARD_NUMBER.surrogate",
        received: "TOKEN",
        remedy: expect.stringContaining("another name"),
      },
    ]);
    expect(
      findings((stack) =>
        protection(stack, {
          key: keyOf(stack),
          wrappedKey,
          otherwise: { kind: "tokenise", surrogate: "TOKEN" },
        }),
      ),
    ).toEqual([
      expect.objectContaining({
        property: "otherwise.surrogate",
        remedy: expect.stringContaining("2 info types"),
      }),
    ]);
  });

  test.each<[string, Partial<DataProtectionProps>, string]>([
    [
      "of one that follows from another info type",
      {
        transformations: { EMAIL_ADDRESS: { kind: "tokenise", surrogate: "CREDIT_CARD_NUMBER_TOKEN" } },
        otherwise: { kind: "tokenise" },
      },
      "otherwise.surrogate",
    ],
    [
      "of what Google finds",
      { transformations: { EMAIL_ADDRESS: { kind: "tokenise", surrogate: "PHONE_NUMBER" } } },
      "transformations.EMAIL_ADDRESS.surrogate",
    ],
  ])("gives no token the name %s", (_, props, property) => {
    expect(findings((stack) => protection(stack, { key: keyOf(stack), wrappedKey, ...props }))).toEqual([
      expect.objectContaining({ property, remedy: expect.stringContaining("another name") }),
    ]);
  });

  test("makes no name of a token that is too long for one", () => {
    const name = "N".repeat(60);
    const props = {
      infoTypes: [],
      customInfoTypes: { [name]: { regex: "x" } },
      otherwise: { kind: "tokenise" },
    } as const;
    expect(findings((stack) => protection(stack, { key: keyOf(stack), wrappedKey, ...props }))).toEqual([
      {
        property: "otherwise.surrogate",
        received: `${name}_TOKEN`,
        remedy: "state one of at most 64 characters",
      },
    ]);
  });

  test("has every info type of a classification that can be had in a region", () => {
    for (const infoType of infoTypeCatalog.globalOnly)
      expect(infoTypeCatalog.infoTypes).not.toHaveProperty(infoType);
  });

  test("refuses a key that is not encrypted, and does not show it", () => {
    const bare = Buffer.alloc(32, 7).toString("base64");
    const found = findings((stack) =>
      protection(stack, { key: keyOf(stack), wrappedKey: bare, otherwise: { kind: "tokenise" } }),
    );
    expect(found).toEqual([
      { property: "wrappedKey", received: "(not shown)", remedy: expect.stringContaining("not encrypted") },
    ]);
    expect(JSON.stringify(found)).not.toContain(bare);
  });
});
