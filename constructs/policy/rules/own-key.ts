import { type KeyArgument, type KeyException, keyArguments } from "../../catalog/key-arguments";
import { ccpa, cis, gdpr, hipaa, pciDss } from "../control";
import { isKeyExpression, isKeyName } from "../expression";
import type { Argument, Block, RenderedResource } from "../rendered-resource";
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
    pciDss("3.6.1"),
    ccpa("1798.150(a)(1)"),
    cis("7.3"),
  ],
  level: "error",
  appliesTo: [...Object.keys(keyArguments.types), "google_secret_manager_secret"],
  judge: (resource) =>
    resource.type === "google_secret_manager_secret"
      ? judgeSecret(resource)
      : keyArguments.types[resource.type].flatMap((named) => judgeArgument(resource, named)),
};

function judgeArgument(resource: RenderedResource, named: KeyArgument): Objection[] {
  const { within, argument, or, unless = [], unused } = named;
  if (unused !== undefined && applies(resource, unused))
    return [violation(resource.argument(unused.argument))];
  const blocks: readonly Block[] = within === undefined ? [resource] : resource.blocks(within);
  // Without the block Google makes what the block describes all the same.
  if (blocks.length === 0) return judgeKey(resource.argument(`${within}.${argument}`));
  return blocks.flatMap((block) => {
    const keys = block.arguments(or === undefined || block.argument(or).isAbsent ? argument : or);
    const objections = keys.flatMap(judgeKey);
    if (block.isUnresolved || objections.length === 0) return objections;
    if (unless.some((exception) => applies(block, exception))) return [];
    const open = unless
      .filter(({ is }) => is !== undefined)
      .map((exception) => block.argument(exception.argument))
      .filter(({ isUnresolved }) => isUnresolved);
    return open.length > 0 ? open.map((exception) => unresolved(exception)) : objections;
  });
}

function applies(block: Block, { argument, is }: KeyException): boolean {
  const stated = block.argument(argument);
  return is === undefined ? !stated.isAbsent : stated.text === is;
}

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
  if (!key.isUnresolved) return isKeyName(key.text) ? [] : [violation(key)];
  // A key that is created together with the resource has no id before apply, but it is a key.
  return isKeyExpression(key.text) ? [] : [unresolved(key)];
}
