import { gdpr, hipaa } from "../control";
import { type ResourceRule, unresolved, violation } from "../rule";

export const bucketRecoverable: ResourceRule = {
  id: "bucket-recoverable",
  checks:
    "A bucket keeps what is overwritten or deleted: by versions, by soft delete or by a retention policy.",
  why: "One wrong command would otherwise lose data for good.",
  remedy: "turn versioning on, or state a retention_policy or a soft_delete_policy",
  controls: [gdpr("Art. 32(1)(c)"), hipaa("164.308(a)(7)(ii)(A)")],
  level: "error",
  appliesTo: ["google_storage_bucket"],
  judge: (bucket) => {
    const versioning = bucket.argument("versioning.enabled");
    const retention = bucket.argument("retention_policy.retention_period");
    // A hierarchical namespace excludes versions, so that soft delete is what such a bucket has.
    const softDelete = bucket.argument("soft_delete_policy.retention_duration_seconds");
    if (versioning.isTrue || retention.number > 0 || softDelete.number > 0) return [];
    const open = [versioning, retention, softDelete].filter(({ isUnresolved }) => isUnresolved);
    return open.length > 0 ? open.map((argument) => unresolved(argument)) : [violation(versioning)];
  },
};
