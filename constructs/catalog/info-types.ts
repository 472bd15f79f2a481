import type { DataClassification } from "./data-classification";

/** Kinds of values that Google finds in text, by what kind of data they are. These are the common ones. */
export const infoTypeCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/sensitive-data-protection/docs/infotypes-reference",

  infoTypes: {
    AGE: "personal",
    DATE: "personal",
    DATE_OF_BIRTH: "personal",
    EMAIL_ADDRESS: "personal",
    ETHNIC_GROUP: "personal",
    FEMALE_NAME: "personal",
    FIRST_NAME: "personal",
    GENDER: "personal",
    IMEI_HARDWARE_ID: "personal",
    IP_ADDRESS: "personal",
    LAST_NAME: "personal",
    LOCATION_COORDINATES: "personal",
    MAC_ADDRESS: "personal",
    MALE_NAME: "personal",
    PASSPORT: "personal",
    PERSON_NAME: "personal",
    PHONE_NUMBER: "personal",
    STREET_ADDRESS: "personal",
    VEHICLE_IDENTIFICATION_NUMBER: "personal",
    FRANCE_CNI: "personal",
    FRANCE_NIR: "personal",
    FRANCE_PASSPORT: "personal",
    GERMANY_DRIVERS_LICENSE_NUMBER: "personal",
    GERMANY_IDENTITY_CARD_NUMBER: "personal",
    GERMANY_PASSPORT: "personal",
    GERMANY_TAXPAYER_IDENTIFICATION_NUMBER: "personal",
    ITALY_FISCAL_CODE: "personal",
    NETHERLANDS_BSN_NUMBER: "personal",
    NETHERLANDS_PASSPORT: "personal",
    POLAND_PESEL_NUMBER: "personal",
    SPAIN_DNI_NUMBER: "personal",
    SPAIN_NIE_NUMBER: "personal",
    SWEDEN_NATIONAL_ID_NUMBER: "personal",
    UK_DRIVERS_LICENSE_NUMBER: "personal",
    UK_NATIONAL_INSURANCE_NUMBER: "personal",
    UK_PASSPORT: "personal",
    US_DRIVERS_LICENSE_NUMBER: "personal",
    US_INDIVIDUAL_TAXPAYER_IDENTIFICATION_NUMBER: "personal",
    US_PASSPORT: "personal",
    US_SOCIAL_SECURITY_NUMBER: "personal",
    FDA_CODE: "health",
    ICD10_CODE: "health",
    ICD9_CODE: "health",
    MEDICAL_RECORD_NUMBER: "health",
    MEDICAL_TERM: "health",
    UK_NATIONAL_HEALTH_SERVICE_NUMBER: "health",
    US_DEA_NUMBER: "health",
    US_HEALTHCARE_NPI: "health",
    US_MEDICARE_BENEFICIARY_ID_NUMBER: "health",
    CREDIT_CARD_EXPIRATION_DATE: "cardholder",
    CREDIT_CARD_NUMBER: "cardholder",
    CREDIT_CARD_TRACK_NUMBER: "cardholder",
    CVV_NUMBER: "cardholder",
    AUTH_TOKEN: "confidential",
    AWS_CREDENTIALS: "confidential",
    AZURE_AUTH_TOKEN: "confidential",
    BASIC_AUTH_HEADER: "confidential",
    ENCRYPTION_KEY: "confidential",
    GCP_API_KEY: "confidential",
    GCP_CREDENTIALS: "confidential",
    HTTP_COOKIE: "confidential",
    IBAN_CODE: "confidential",
    JSON_WEB_TOKEN: "confidential",
    OAUTH_CLIENT_SECRET: "confidential",
    PASSWORD: "confidential",
    SSL_CERTIFICATE: "confidential",
    STORAGE_SIGNED_URL: "confidential",
    SWIFT_CODE: "confidential",
    WEAK_PASSWORD_HASH: "confidential",
    XSRF_TOKEN: "confidential",
  } as Readonly<Record<string, DataClassification>>,

  /** Those that are dates, which can be shifted. */
  dates: ["DATE", "DATE_OF_BIRTH"],

  /** Those that Google finds only where it inspects in no region: a regional request for one is refused. */
  globalOnly: ["LOCATION", "ORGANIZATION_NAME"],

  /**
   * What one request may ask for, a transformation for each info type:
   * https://cloud.google.com/sensitive-data-protection/limits
   */
  limits: { infoTypesMax: 100, customInfoTypesMax: 30, wordListsMax: 10, findingsMax: 3_000 },
};

/** The common info types that make data what it is classified as: `cardholder` gives card numbers and the like. */
export function infoTypesOf(classification: DataClassification): string[] {
  return Object.entries(infoTypeCatalog.infoTypes)
    .filter(([, of]) => of === classification)
    .map(([name]) => name);
}
