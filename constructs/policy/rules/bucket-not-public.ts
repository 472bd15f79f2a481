import { ccpa, cis, gdpr, hipaa, pciDss } from "../control";
import { expectEach, type ResourceRule } from "../rule";

export const bucketNotPublic: ResourceRule = {
  id: "bucket-not-public",
  checks: "A bucket refuses every grant to the public.",
  why: "One grant to allUsers, made in the console, would publish all that the bucket holds.",
  remedy: 'set public_access_prevention to "enforced"',
  controls: [cis("5.1"), gdpr("Art. 25(2)"), hipaa("164.312(a)(1)"), pciDss("1.4.4"), ccpa("1798.100(e)")],
  level: "error",
  appliesTo: ["google_storage_bucket"],
  judge: (bucket) =>
    expectEach(bucket.arguments("public_access_prevention"), ({ value }) => value === "enforced"),
};
