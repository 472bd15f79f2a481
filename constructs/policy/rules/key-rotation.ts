import { cis, gdpr, pciDss } from "../control";
import { expectEach, type ResourceRule } from "../rule";

const DAYS_MAX = 90;

export const keyRotation: ResourceRule = {
  id: "key-rotation",
  checks: `A key that encrypts rotates at least every ${DAYS_MAX} days.`,
  why: "The less data one version of a key encrypts, the less is lost with it.",
  remedy: `set rotation_period to ${DAYS_MAX * 86_400}s or less`,
  controls: [cis("1.10"), gdpr("Art. 32(1)(a)"), pciDss("3.7.4")],
  level: "error",
  appliesTo: ["google_kms_crypto_key"],
  judge: (key) => {
    const purpose = key.argument("purpose");
    // Only keys for symmetric encryption rotate by themselves.
    if (!purpose.isAbsent && purpose.value !== "ENCRYPT_DECRYPT") return expectEach([purpose], () => true);
    return expectEach(key.arguments("rotation_period"), ({ text }) => {
      const seconds = /^(\d+(?:\.\d+)?)s$/.exec(text)?.[1];
      return seconds !== undefined && Number(seconds) <= DAYS_MAX * 86_400;
    });
  },
};
