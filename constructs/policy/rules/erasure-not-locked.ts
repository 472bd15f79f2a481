import { ccpa, gdpr } from "../control";
import { holdsPersonalData, unclassified } from "../personal-data";
import { type ResourceRule, unresolved, violation } from "../rule";

export const erasureNotLocked: ResourceRule = {
  id: "erasure-not-locked",
  checks: "Personal data can be erased: no locked retention policy keeps it.",
  why: "Nobody, Google included, can delete an object before a locked retention period has passed.",
  remedy: "leave the retention policy unlocked, or keep personal data in another bucket",
  controls: [gdpr("Art. 17(1)"), gdpr("Art. 5(1)(e)"), ccpa("1798.105(c)")],
  level: "error",
  appliesTo: ["google_storage_bucket"],
  judge: (bucket) => {
    const locked = bucket.argument("retention_policy.is_locked");
    const isPersonal = holdsPersonalData(bucket);
    if (isPersonal === false) return [];
    if (locked.isUnresolved) return [unresolved(locked)];
    if (!locked.isTrue) return [];
    return isPersonal ? [violation(locked)] : [unclassified(bucket)];
  },
};
