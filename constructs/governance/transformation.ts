import type { DataLossPreventionDeidentifyTemplateDeidentifyConfigInfoTypeTransformationsTransformationsPrimitiveTransformation as PrimitiveTransformation } from "@cdktf/provider-google/lib/data-loss-prevention-deidentify-template";
import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";

/** Characters that a token of the same form is made of: the value's own. */
export type TokenAlphabet = "numeric" | "hexadecimal" | "upper-case-alphanumeric" | "alphanumeric";

/** What becomes of a value that was found. */
export type Transformation =
  /** Taken out. */
  | { readonly kind: "redact" }
  /** The name of its info type in its place: `[EMAIL_ADDRESS]`. */
  | { readonly kind: "replace-with-info-type" }
  /** The same text in place of each. */
  | { readonly kind: "replace"; readonly text: string }
  /** A character in place of each of its own, but for the last ones and for those to leave as they are. */
  | {
      readonly kind: "mask";
      /** @default "*" */
      readonly character?: string;
      /** @default 0 */
      readonly lastKept?: number;
      /** @default - none */
      readonly charactersKept?: string;
    }
  /** A token in its place, always the same for the same value, that whoever has the key can turn back. */
  | {
      readonly kind: "tokenise";
      /**
       * Name that tokens carry in a text, so that they can be found again.
       *
       * @default - the info type's name with `_TOKEN` after it
       */
      readonly surrogate?: string;
    }
  /** A token of the same length and the same characters, for systems that check a value's form. */
  | {
      readonly kind: "tokenise-in-form";
      readonly alphabet: TokenAlphabet;
      /** @default - the info type's name with `_TOKEN` after it */
      readonly surrogate?: string;
    }
  /** A date that lies some days off, by chance between these bounds; before it, where they are negative. */
  | { readonly kind: "shift-dates"; readonly daysMin: number; readonly daysMax: number };

export type TransformationKind = Transformation["kind"];

/** A key that is encrypted with another: whoever may decrypt with that one can use it. */
export interface WrappedKey {
  readonly cryptoKeyName: string;
  readonly wrappedKey: string;
}

const alphabets: Readonly<Record<TokenAlphabet, string>> = {
  numeric: "NUMERIC",
  hexadecimal: "HEXADECIMAL",
  "upper-case-alphanumeric": "UPPER_CASE_ALPHA_NUMERIC",
  alphanumeric: "ALPHA_NUMERIC",
};

const kinds: readonly TransformationKind[] = [
  "redact",
  "replace-with-info-type",
  "replace",
  "mask",
  "tokenise",
  "tokenise-in-form",
  "shift-dates",
];

export const INFO_TYPE_LENGTH_MAX = 64;

/** A thousand years, the most that Google shifts a date by. */
const SHIFT_DAYS_MAX = 365_250;

export function takesKey({ kind }: Transformation): boolean {
  return kind === "tokenise" || kind === "tokenise-in-form";
}

/** The name that a transformation's tokens carry, for one that makes tokens. */
export function surrogateOf(infoType: string, transformation: Transformation): string | undefined {
  if (transformation.kind !== "tokenise" && transformation.kind !== "tokenise-in-form") return undefined;
  return transformation.surrogate ?? `${infoType}_TOKEN`;
}

/** A transformation as Google writes it. */
export function primitiveOf(
  infoType: string,
  transformation: Transformation,
  key: WrappedKey | undefined,
): PrimitiveTransformation {
  const name = surrogateOf(infoType, transformation);
  const surrogateInfoType = { name };
  const cryptoKey = { kmsWrapped: key };
  switch (transformation.kind) {
    case "redact":
      return { redactConfig: {} };
    case "replace-with-info-type":
      return { replaceWithInfoTypeConfig: true };
    case "replace":
      return { replaceConfig: { newValue: { stringValue: transformation.text } } };
    case "mask": {
      const { character = "*", lastKept = 0, charactersKept } = transformation;
      return {
        characterMaskConfig: {
          maskingCharacter: character,
          // A negative number is how many are left at the end:
          // https://cloud.google.com/sensitive-data-protection/docs/reference/rest/v2/CharacterMaskConfig
          numberToMask: lastKept > 0 ? -lastKept : undefined,
          charactersToIgnore:
            charactersKept === undefined ? undefined : [{ charactersToSkip: charactersKept }],
        },
      };
    }
    case "tokenise":
      return { cryptoDeterministicConfig: { cryptoKey, surrogateInfoType } };
    case "tokenise-in-form":
      return {
        cryptoReplaceFfxFpeConfig: {
          cryptoKey,
          commonAlphabet: alphabets[transformation.alphabet],
          surrogateInfoType,
        },
      };
    case "shift-dates":
      return {
        dateShiftConfig: { lowerBoundDays: transformation.daysMin, upperBoundDays: transformation.daysMax },
      };
  }
}

/** Every reason for which Google would refuse a transformation, or would leave values as they are. */
export function checkTransformation(property: string, transformation: Transformation): Finding[] {
  const at = (part: string, received: unknown, remedy: string) => ({
    property: `${property}.${part}`,
    received,
    remedy,
  });
  switch (transformation.kind) {
    case "redact":
    case "replace-with-info-type":
      return [];
    case "replace":
      return transformation.text === ""
        ? [at("text", transformation.text, 'state a text, or use the kind "redact"')]
        : [];
    case "mask": {
      const { character = "*", lastKept = 0 } = transformation;
      return [
        ...(character.length === 1 ? [] : [at("character", character, "use one character")]),
        ...(Number.isInteger(lastKept) && lastKept >= 0
          ? []
          : [at("lastKept", lastKept, "use a whole number from 0")]),
      ];
    }
    case "tokenise":
      return checkSurrogate(`${property}.surrogate`, transformation.surrogate);
    case "tokenise-in-form": {
      const { alphabet, surrogate } = transformation;
      const known = Object.keys(alphabets);
      return [
        ...(known.includes(alphabet)
          ? []
          : [at("alphabet", alphabet, `${didYouMean(alphabet, known)}Use one of ${known.join(", ")}`)]),
        ...checkSurrogate(`${property}.surrogate`, surrogate),
      ];
    }
    case "shift-dates": {
      const { daysMin, daysMax } = transformation;
      const findings = (["daysMin", "daysMax"] as const)
        .filter((bound) => !isShift(transformation[bound]))
        .map((bound) =>
          at(bound, transformation[bound], `use a whole number from -${SHIFT_DAYS_MAX} to ${SHIFT_DAYS_MAX}`),
        );
      if (findings.length === 0 && daysMin >= daysMax)
        findings.push(at("daysMin", daysMin, `use less than daysMax, which is ${daysMax}`));
      return findings;
    }
    default: {
      const kind: unknown = Reflect.get(transformation, "kind");
      return [at("kind", kind, `${didYouMean(kind, kinds)}Use one of ${kinds.join(", ")}`)];
    }
  }
}

/** Findings on a name that Google does not accept for an info type. */
export function checkInfoTypeName(property: string, name: string): Finding[] {
  if (/^[A-Z][A-Z0-9_]*$/.test(name) && name.length <= INFO_TYPE_LENGTH_MAX) return [];
  const remedy = `use 1 to ${INFO_TYPE_LENGTH_MAX} upper-case letters, digits and underscores, a letter first`;
  return [{ property, received: name, remedy }];
}

function checkSurrogate(property: string, surrogate: string | undefined): Finding[] {
  return surrogate === undefined ? [] : checkInfoTypeName(property, surrogate);
}

function isShift(days: number): boolean {
  return Number.isInteger(days) && Math.abs(days) <= SHIFT_DAYS_MAX;
}
