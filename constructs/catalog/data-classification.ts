import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";

/** Label that says what kind of data something holds. Policy rules read it. */
export const DATA_CLASSIFICATION_LABEL = "data-classification";

/**
 * Kinds of data, from what may be published to what a law protects: personal data (GDPR article 4(1), CCPA section
 * 1798.140(v)), protected health information (45 CFR 160.103), cardholder data (PCI DSS 4.0, glossary).
 */
export const dataClassifications = [
  "public",
  "internal",
  "confidential",
  "personal",
  "health",
  "cardholder",
] as const;

export type DataClassification = (typeof dataClassifications)[number];

export function checkDataClassification(property: string, classification: string): Finding[] {
  if ((dataClassifications as readonly string[]).includes(classification)) return [];
  const remedy = `${didYouMean(classification, dataClassifications)}Use one of ${dataClassifications.join(", ")}`;
  return [{ property, received: classification, remedy }];
}
