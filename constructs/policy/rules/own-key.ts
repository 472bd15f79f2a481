import { keyArguments } from "../../catalog/key-arguments";
import { ccpa, cis, gdpr, hipaa, pciDss } from "../control";
import { isKeyExpression } from "../expression";
import type { Argument, RenderedResource } from "../rendered-resource";
import { type Objection, type ResourceRule, unresolved, violation } from "../rule";

export const ownKey: ResourceRule = {
  id: "own-key",
  checks: "Whatever stores data names a Cloud KMS key of one's own.",
  why: "Google encrypts with keys of its own otherwise: nobody can see who used them, or take them away.",
  remedy: "name a key, as key.keyIdFor(ServiceAgent....) gives it",
  controls: [
    gdpr("Art. 32(1)(a)"),
    hipaa("164.312(a)(2)(iv)"),
    pciDss("3.5.1"),
    ccpa("1798.150(a)(1)"),
    cis("7.3"),
  ],
  level: "error",
  appliesTo: [...Object.keys(keyArguments.types), "google_secret_manager_secret"],
  judge: (resource) =>
    resource.type === "google_secret_manager_secret"
      ? judgeSecret(resource)
      : keyArguments.types[resource.type].flatMap(({ argument, unless = [] }) =>
          unless.some((condition) => resource.argument(condition).isTrue)
            ? []
            : resource.arguments(argument).flatMap(judgeKey),
        ),
};

/** A secret names a key per replica, or one for wherever Google replicates it to. */
function judgeSecret(secret: RenderedResource): Objection[] {
  const automatic = secret.argument("replication.auto");
  if (!automatic.isAbsent)
    return secret.arguments("replication.auto.customer_managed_encryption.kms_key_name").flatMap(judgeKey);
  return secret
    .arguments("replication.user_managed.replicas.customer_managed_encryption.kms_key_name")
    .flatMap(judgeKey);
}

function judgeKey(key: Argument): Objection[] {
  if (key.isAbsent) return [violation(key)];
  // A key that is created together with the resource has no id before apply, but it is a key.
  return key.isUnresolved && !isKeyExpression(key.text) ? [unresolved(key)] : [];
}
