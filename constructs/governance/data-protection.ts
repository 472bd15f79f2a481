import {
  DataLossPreventionDeidentifyTemplate,
  type DataLossPreventionDeidentifyTemplateDeidentifyConfigInfoTypeTransformationsTransformations as InfoTypeTransformation,
} from "@cdktf/provider-google/lib/data-loss-prevention-deidentify-template";
import {
  type DataLossPreventionInspectTemplateInspectConfigCustomInfoTypes as CustomInfoTypeConfig,
  DataLossPreventionInspectTemplate,
} from "@cdktf/provider-google/lib/data-loss-prevention-inspect-template";
import { ProjectIamMember } from "@cdktf/provider-google/lib/project-iam-member";
import { type ITerraformDependable, Token } from "cdktf";
import { Construct } from "constructs";
import { infoTypeCatalog } from "../catalog/info-types";
import { checkName } from "../catalog/names";
import { checkRegion } from "../catalog/regions";
import { ConstructError, type Finding } from "../construct-error";
import type { IEncryptionKey } from "../security/encryption-key";
import type { IIdentity } from "../security/identity";
import { ServiceAgent } from "../security/service-agent";
import { didYouMean } from "../suggestion";
import {
  checkInfoTypeName,
  checkTransformation,
  INFO_TYPE_LENGTH_MAX,
  primitiveOf,
  surrogateOf,
  type Transformation,
  takesKey,
  type WrappedKey,
} from "./transformation";

/** How sure Google must be that a value is what it looks like. */
export type Likelihood = "very-unlikely" | "unlikely" | "possible" | "likely" | "very-likely";

/** Values that Google does not know: those that match an expression (RE2), or one of a list of words. */
export type CustomInfoType =
  | { readonly regex: string; readonly likelihood?: Likelihood }
  | { readonly words: readonly string[]; readonly likelihood?: Likelihood };

export interface DataProtectionProps {
  /** Id of both templates. */
  readonly name: string;

  readonly project: string;

  /** Region in which texts are inspected. */
  readonly location: string;

  /**
   * Kinds of values to find, as Google names them: `EMAIL_ADDRESS`. `infoTypesOf` gives those of a classification.
   */
  readonly infoTypes: readonly string[];

  /**
   * Further ones of Google's that this library does not list. Nothing but their form is checked.
   *
   * @default - none
   */
  readonly otherInfoTypes?: readonly string[];

  /**
   * Kinds of values of one's own, by name.
   *
   * @default - none
   */
  readonly customInfoTypes?: Readonly<Record<string, CustomInfoType>>;

  /** @default "possible" */
  readonly likelihoodMin?: Likelihood;

  /**
   * Whether a finding repeats the value that was found: then findings are as sensitive as what they were found in.
   *
   * @default false
   */
  readonly quoteFindings?: boolean;

  /**
   * Most findings in one text.
   *
   * @default - Google's own limit
   */
  readonly findingsMax?: number;

  /**
   * What becomes of values, by info type.
   *
   * @default - `otherwise`, for all
   */
  readonly transformations?: Readonly<Record<string, Transformation>>;

  /**
   * What becomes of values of every other info type.
   *
   * @default - the name of the info type in their place
   */
  readonly otherwise?: Transformation;

  /**
   * Key that the key of tokens is wrapped with.
   *
   * @default - none: no tokens are made
   */
  readonly key?: IEncryptionKey;

  /**
   * The key that tokens are made with, 16, 24 or 32 bytes, encrypted with `key` and then written in base64. It is no
   * secret by itself, and may lie in code and in the state. All that was tokenised takes it to be turned back, so
   * keep it.
   *
   * @default - none: no tokens are made
   */
  readonly wrappedKey?: string;
}

const { limits } = infoTypeCatalog;

const likelihoods: readonly Likelihood[] = ["very-unlikely", "unlikely", "possible", "likely", "very-likely"];

/** What an identity needs to send texts, with a key that is wrapped, and to name the templates. */
const userRoles = [
  "roles/dlp.inspectTemplatesReader",
  "roles/dlp.deidentifyTemplatesReader",
  "roles/dlp.user",
];

/**
 * What counts as sensitive in a text, and what becomes of it: a template that finds values, and one that takes them
 * out or puts something in their place. Logs, prompts and training data go through both before they are kept.
 */
export class DataProtection extends Construct {
  /** `projects/.../locations/.../inspectTemplates/...` */
  readonly inspectTemplateId: string;
  /** `projects/.../locations/.../deidentifyTemplates/...` */
  readonly deidentifyTemplateId: string;
  private readonly project: string;

  constructor(scope: Construct, id: string, props: DataProtectionProps) {
    super(scope, id);
    ConstructError.throwIfAny(this, checkDataProtection(props));
    const { name, project, location, customInfoTypes = {}, likelihoodMin = "possible", findingsMax } = props;
    const { transformations = {}, otherwise = { kind: "replace-with-info-type" }, key, wrappedKey } = props;
    const builtIn = [...props.infoTypes, ...(props.otherInfoTypes ?? [])];
    const custom = Object.entries(customInfoTypes).map(([infoType, each]) => customOf(infoType, each));
    const parent = `projects/${project}/locations/${location}`;

    this.project = project;
    this.inspectTemplateId = new DataLossPreventionInspectTemplate(this, "Inspect", {
      parent,
      templateId: name,
      displayName: name,
      inspectConfig: {
        infoTypes: builtIn.map((infoType) => ({ name: infoType })),
        customInfoTypes: custom.length > 0 ? custom : undefined,
        minLikelihood: likelihoodOf(likelihoodMin),
        includeQuote: props.quoteFindings ?? false,
        limits:
          findingsMax === undefined
            ? undefined
            : { maxFindingsPerItem: findingsMax, maxFindingsPerRequest: findingsMax },
      },
    }).id;

    const byInfoType = [...builtIn, ...Object.keys(customInfoTypes)].map(
      (infoType) => [infoType, transformations[infoType] ?? otherwise] as const,
    );
    const wrapped: WrappedKey | undefined =
      key !== undefined && wrappedKey !== undefined && byInfoType.some(([, each]) => takesKey(each))
        ? { cryptoKeyName: key.keyIdFor(ServiceAgent.DLP), wrappedKey }
        : undefined;
    this.deidentifyTemplateId = new DataLossPreventionDeidentifyTemplate(this, "Resource", {
      parent,
      templateId: name,
      displayName: name,
      deidentifyConfig: {
        infoTypeTransformations: {
          transformations: byInfoType.map(
            ([infoType, transformation]): InfoTypeTransformation => ({
              infoTypes: [{ name: infoType }],
              primitiveTransformation: primitiveOf(infoType, transformation, wrapped),
            }),
          ),
        },
      },
    }).id;
  }

  /**
   * Lets an identity send texts to be inspected and de-identified, and turn tokens back: Google has no grant on a
   * single template, so it can do so with each of the project's. Returns the grant, to wait for.
   */
  grantUse(identity: IIdentity): ITerraformDependable {
    const grants = userRoles.map((role) => ({
      role,
      path: `Use ${role.replace("roles/dlp.", "")} ${this.node.path}`,
    }));
    return grants.reduce<ITerraformDependable | undefined>(
      (before, { role, path }) =>
        new ProjectIamMember(identity, path, {
          project: this.project,
          role,
          member: identity.member,
          dependsOn: before && [before],
        }),
      undefined,
    ) as ITerraformDependable;
  }
}

/** Every reason for which Google would refuse these templates, or would find or change nothing with them. */
export function checkDataProtection(props: DataProtectionProps): Finding[] {
  const { name, project, location, infoTypes, otherInfoTypes = [], customInfoTypes = {} } = props;
  const { likelihoodMin, findingsMax, transformations = {}, otherwise } = props;
  const known = [...infoTypes, ...otherInfoTypes, ...Object.keys(customInfoTypes)];
  return [
    ...checkName("template", "name", name),
    ...checkName("project", "project", project),
    ...checkRegion("location", location),
    ...checkInfoTypes(props, known),
    ...checkCount("infoTypes", known.length, limits.infoTypesMax),
    ...checkCount("customInfoTypes", Object.keys(customInfoTypes).length, limits.customInfoTypesMax),
    ...checkCount("customInfoTypes", wordListsOf(customInfoTypes), limits.wordListsMax, " lists of words"),
    ...Object.entries(customInfoTypes).flatMap(([custom, definition]) => checkCustom(custom, definition)),
    ...checkLikelihood("likelihoodMin", likelihoodMin),
    ...(findingsMax === undefined ||
    (Number.isInteger(findingsMax) && findingsMax >= 1 && findingsMax <= limits.findingsMax)
      ? []
      : [
          {
            property: "findingsMax",
            received: findingsMax,
            remedy: `use a whole number from 1 to ${limits.findingsMax}`,
          },
        ]),
    ...Object.entries(transformations).flatMap(([infoType, transformation]) =>
      checkTransformationOf(infoType, transformation, known),
    ),
    ...(otherwise === undefined ? [] : checkTransformation("otherwise", otherwise)),
    ...checkOtherwise(props, known),
    ...checkKey(props),
    ...checkSurrogates(props, known),
  ];
}

function customOf(name: string, custom: CustomInfoType): CustomInfoTypeConfig {
  const { likelihood = "very-likely" } = custom;
  return {
    infoType: { name },
    likelihood: likelihoodOf(likelihood),
    ...("regex" in custom
      ? { regex: { pattern: custom.regex } }
      : { dictionary: { wordList: { words: [...custom.words] } } }),
  };
}

function likelihoodOf(likelihood: Likelihood): string {
  return likelihood.toUpperCase().replace("-", "_");
}

function checkInfoTypes(
  { infoTypes, otherInfoTypes = [] }: DataProtectionProps,
  all: readonly string[],
): Finding[] {
  const listed = Object.keys(infoTypeCatalog.infoTypes);
  if (all.length === 0)
    return [
      {
        property: "infoTypes",
        received: infoTypes,
        remedy: "name at least one kind of value, as EMAIL_ADDRESS",
      },
    ];
  return [
    ...infoTypes.flatMap((infoType, index) => {
      if (listed.includes(infoType) || isGlobalOnly(infoType)) return [];
      const remedy = `${didYouMean(infoType, listed)}One that ${infoTypeCatalog.source} lists beside the common ones belongs in otherInfoTypes`;
      return [{ property: `infoTypes[${index}]`, received: infoType, remedy }];
    }),
    ...otherInfoTypes.flatMap((infoType, index) => checkInfoTypeName(`otherInfoTypes[${index}]`, infoType)),
    ...(["infoTypes", "otherInfoTypes"] as const).flatMap((property) =>
      (property === "infoTypes" ? infoTypes : otherInfoTypes).flatMap((infoType, index) => {
        const remedy = "leave it out: Google finds it in no single region, and would refuse the template";
        return isGlobalOnly(infoType)
          ? [{ property: `${property}[${index}]`, received: infoType, remedy }]
          : [];
      }),
    ),
    ...[...new Set(all.filter((infoType, index) => all.indexOf(infoType) !== index))].map((infoType) => ({
      property: "infoTypes",
      received: infoType,
      remedy: "name each kind of value once",
    })),
  ];
}

function isGlobalOnly(infoType: string): boolean {
  return infoTypeCatalog.globalOnly.includes(infoType);
}

function wordListsOf(customInfoTypes: NonNullable<DataProtectionProps["customInfoTypes"]>): number {
  return Object.values(customInfoTypes).filter((custom) => "words" in custom).length;
}

function checkCount(property: string, received: number, max: number, what = ""): Finding[] {
  const remedy = `use at most ${max}${what}: Google takes no more in one request`;
  return received > max ? [{ property, received, remedy }] : [];
}

function checkCustom(name: string, custom: CustomInfoType): Finding[] {
  const property = `customInfoTypes.${name}`;
  return [
    ...checkInfoTypeName(property, name),
    ...("regex" in custom
      ? checkRegex(`${property}.regex`, custom.regex)
      : checkWords(`${property}.words`, custom.words)),
    ...checkLikelihood(`${property}.likelihood`, custom.likelihood),
  ];
}

/** Only what RE2 lacks for good, https://github.com/google/re2/wiki/Syntax: its syntax is not JavaScript's otherwise either. */
function checkRegex(property: string, regex: string): Finding[] {
  if (Token.isUnresolved(regex)) return [];
  if (regex.length === 0 || regex.length > 1_000)
    return [{ property, received: regex, remedy: "state an expression of 1 to 1000 characters" }];
  // What is escaped or in brackets stands for itself.
  const bare = regex.replace(/\\\D/g, "").replace(/\[[^\]]*\]/g, "");
  if (!/\(\?<?[=!]|\\[1-9]/.test(bare)) return [];
  const remedy = "do without looking around and without references back: Google's expressions are RE2's";
  return [{ property, received: regex, remedy }];
}

function checkWords(property: string, words: readonly string[] | undefined): Finding[] {
  if (words === undefined || words.length === 0)
    return [{ property, received: words, remedy: "state at least one word" }];
  return words
    .filter((word) => (word.match(/[\p{L}\p{N}]/gu) ?? []).length < 2)
    .map((word) => ({
      property,
      received: word,
      remedy: "use words with two letters or digits at least",
    }));
}

function checkLikelihood(property: string, likelihood: Likelihood | undefined): Finding[] {
  if (likelihood === undefined || likelihoods.includes(likelihood)) return [];
  const remedy = `${didYouMean(likelihood, likelihoods)}Use one of ${likelihoods.join(", ")}`;
  return [{ property, received: likelihood, remedy }];
}

function checkTransformationOf(
  infoType: string,
  transformation: Transformation,
  known: readonly string[],
): Finding[] {
  const property = `transformations.${infoType}`;
  const findings = checkTransformation(property, transformation);
  if (!known.includes(infoType))
    findings.unshift({
      property,
      received: infoType,
      remedy: `${didYouMean(infoType, known)}Nothing looks for it: add it to infoTypes`,
    });
  else findings.push(...checkDates(property, [infoType], transformation));
  return findings;
}

/** What holds for every info type that is left, and so follows from them all. */
function checkOtherwise(
  { otherwise, transformations = {} }: DataProtectionProps,
  known: readonly string[],
): Finding[] {
  if (otherwise === undefined) return [];
  const left = known.filter((infoType) => transformations[infoType] === undefined);
  const findings = checkDates("otherwise", left, otherwise);
  const surrogate = takesKey(otherwise) ? Reflect.get(otherwise, "surrogate") : undefined;
  if (surrogate !== undefined && left.length > 1)
    findings.push({
      property: "otherwise.surrogate",
      received: surrogate,
      remedy: `leave it out: ${left.length} info types would share it, and a token is turned back by its name`,
    });
  return findings;
}

function checkDates(property: string, infoTypes: readonly string[], { kind }: Transformation): Finding[] {
  const { dates } = infoTypeCatalog;
  const others = infoTypes.filter((infoType) => !dates.includes(infoType));
  if (kind !== "shift-dates" || others.length === 0) return [];
  const remedy = `use it for ${dates.join(" and ")}: ${others.join(", ")} would stay as they are`;
  return [{ property: `${property}.kind`, received: kind, remedy }];
}

function checkKey({ transformations = {}, otherwise, key, wrappedKey }: DataProtectionProps): Finding[] {
  const tokens = [...Object.values(transformations), ...(otherwise ? [otherwise] : [])].some(takesKey);
  const findings: Finding[] = [];
  if (tokens && key === undefined)
    findings.push({
      property: "key",
      received: key,
      remedy: "name the key that wrappedKey is encrypted with",
    });
  if (tokens && wrappedKey === undefined)
    findings.push({
      property: "wrappedKey",
      received: wrappedKey,
      remedy:
        "make one: openssl rand 32 | gcloud kms encrypt --plaintext-file=- --ciphertext-file=- ... | base64 -w0",
    });
  if (wrappedKey !== undefined && !Token.isUnresolved(wrappedKey) && !isCiphertext(wrappedKey))
    findings.push({
      property: "wrappedKey",
      received: "(not shown)",
      remedy:
        "state what gcloud kms encrypt gives, in base64: a key that is not encrypted must not be stated",
    });
  if (!tokens && (key !== undefined || wrappedKey !== undefined))
    findings.push({
      property: key === undefined ? "wrappedKey" : "key",
      received: key === undefined ? "(not shown)" : key.node.path,
      remedy: "leave it out, or tokenise something: nothing takes a key",
    });
  return findings;
}

/** A token is turned back by its name, which therefore nothing else may have, be it stated or not. */
function checkSurrogates(
  { transformations = {}, otherwise, customInfoTypes = {} }: DataProtectionProps,
  known: readonly string[],
): Finding[] {
  // One that is stated for several is a finding by itself.
  const left = known.filter((infoType) => transformations[infoType] === undefined);
  const surrogates = [
    ...Object.entries(transformations).map(
      ([infoType, each]) => [`transformations.${infoType}`, surrogateOf(infoType, each)] as const,
    ),
    ...(otherwise === undefined || (left.length > 1 && Reflect.get(otherwise, "surrogate") !== undefined)
      ? []
      : left.map((infoType) => ["otherwise", surrogateOf(infoType, otherwise)] as const)),
  ];
  const taken = new Set([
    ...known,
    ...Object.keys(customInfoTypes),
    ...Object.keys(infoTypeCatalog.infoTypes),
  ]);
  return surrogates.flatMap(([property, surrogate]) => {
    if (surrogate === undefined) return [];
    const free = !taken.has(surrogate);
    taken.add(surrogate);
    if (free && surrogate.length <= INFO_TYPE_LENGTH_MAX) return [];
    const remedy = free
      ? `state one of at most ${INFO_TYPE_LENGTH_MAX} characters`
      : "use another name: a token is turned back by it";
    return [{ property: `${property}.surrogate`, received: surrogate, remedy }];
  });
}

/** Base64, and longer than any key by itself: Cloud KMS adds more than 40 bytes to what it encrypts. */
function isCiphertext(wrappedKey: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(wrappedKey) && wrappedKey.length % 4 === 0 && wrappedKey.length >= 64;
}
