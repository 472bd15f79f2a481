import { ccpa, gdpr } from "../control";
import { holdsPersonalData, unclassified } from "../personal-data";
import type { Block } from "../rendered-resource";
import { type ResourceRule, unresolved, violation } from "../rule";

export const erasureOfVersions: ResourceRule = {
  id: "erasure-of-versions",
  checks: "Of personal data that was deleted, every version goes after some days.",
  why: "A bucket with versions keeps what is deleted for good, until a lifecycle rule ends that.",
  remedy:
    "add a lifecycle_rule that deletes by days_since_noncurrent_time: a number of versions is no limit in time",
  controls: [gdpr("Art. 17(1)"), gdpr("Art. 5(1)(e)"), ccpa("1798.105(c)")],
  level: "error",
  appliesTo: ["google_storage_bucket"],
  judge: (bucket) => {
    const versioning = bucket.argument("versioning.enabled");
    const isPersonal = holdsPersonalData(bucket);
    if (isPersonal === false) return [];
    if (versioning.isUnresolved) return [unresolved(versioning)];
    if (!versioning.isTrue || bucket.blocks("lifecycle_rule").some(endsVersions)) return [];
    const rules = bucket.arguments("lifecycle_rule");
    const open = rules.filter(({ isUnresolved }) => isUnresolved);
    if (open.length > 0) return open.map((argument) => unresolved(argument));
    if (isPersonal === undefined) return [unclassified(bucket)];
    return [violation(bucket.argument("lifecycle_rule.condition.days_since_noncurrent_time"))];
  },
};

const onlySome = [
  "created_before",
  "custom_time_before",
  "days_since_custom_time",
  "matches_prefix",
  "matches_storage_class",
  "matches_suffix",
  "noncurrent_time_before",
];

function endsVersions(rule: Block): boolean {
  if (rule.argument("action.type").value !== "Delete") return false;
  const condition = (name: string) => rule.argument(`condition.${name}`);
  // All conditions of a rule have to be met, so that each of these leaves some versions where they are.
  if (onlySome.some((name) => !condition(name).isAbsent) || condition("num_newer_versions").number > 0)
    return false;
  if (condition("with_state").value === "LIVE") return false;
  return condition("days_since_noncurrent_time").number > 0 || condition("age").number > 0;
}
