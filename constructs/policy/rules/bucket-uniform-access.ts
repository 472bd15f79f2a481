import { cis, gdpr, hipaa, pciDss } from "../control";
import { expectEach, type ResourceRule } from "../rule";

export const bucketUniformAccess: ResourceRule = {
  id: "bucket-uniform-access",
  checks: "Access to a bucket is granted by IAM alone.",
  why: "Access lists of single objects escape whoever reviews the grants, and IAM conditions.",
  remedy: "set uniform_bucket_level_access to true",
  controls: [cis("5.2"), gdpr("Art. 32(1)(b)"), hipaa("164.312(a)(1)"), pciDss("7.3.1")],
  level: "error",
  appliesTo: ["google_storage_bucket"],
  judge: (bucket) => expectEach(bucket.arguments("uniform_bucket_level_access"), ({ isTrue }) => isTrue),
};
