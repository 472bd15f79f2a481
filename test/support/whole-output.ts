import { keptResources, replaceableTypes, valuesAt } from "./resource-kinds";
import type { Terraform } from "./terraform";

const primitiveRoles = ["roles/owner", "roles/editor", "roles/viewer", "roles/browser"];
const everybody = ["allUsers", "allAuthenticatedUsers"];

/** Where a stack grants a primitive role, or anything to everybody. */
export function openGrants(terraform: Terraform): string[] {
  const forbidden = [...primitiveRoles, ...everybody];
  return strings(terraform).flatMap(([path, text]) =>
    forbidden.includes(text) ? [`${path} is ${text}`] : [],
  );
}

/** Resources that hold data which no key of the environment encrypts, or one that their service may not use. */
export function keylessResources(terraform: Terraform): string[] {
  return resourcesOf(terraform).flatMap(([type, address, resource]) => {
    const { keyAt, agent = "" } = keptResources[type] ?? {};
    if (keyAt === undefined) return [];
    const keys = keyAt.map((path) => valuesAt(resource, path)).find((values) => values.every(isGrantedKey));
    if (keys === undefined) return [`${address} lacks a key in ${keyAt.join(" or ")}`];
    const members = keys.flatMap((key) => memberOf(terraform, key) ?? []);
    return members.every((member) => member.includes(agent))
      ? []
      : [`${address} has a key that is granted to ${members.join(", ")}, and not to ${agent}`];
  });
}

/** Whom the grant that a key's id comes by is given to, where it is a grant of this stack. */
function memberOf({ resource = {} }: Terraform, key: unknown): string | undefined {
  const [, id] = /google_kms_crypto_key_iam_member\.([\w-]+)\./.exec(String(key)) ?? [];
  const member = id === undefined ? undefined : resource.google_kms_crypto_key_iam_member?.[id]?.member;
  return member === undefined ? undefined : String(member);
}

/** Types of which nobody has said whether they hold data. */
export function unknownTypes(terraform: Terraform): string[] {
  const known = [...Object.keys(keptResources), ...replaceableTypes];
  return Object.keys(terraform.resource ?? {})
    .filter((type) => !known.includes(type))
    .map(
      (type) =>
        `${type}: state in test/support/resource-kinds.ts whether it holds data, and where its key stands`,
    );
}

/** Resources that Terraform refuses to destroy, but whose addresses nobody watches. */
export function unwatchedResources(terraform: Terraform): string[] {
  return resourcesOf(terraform).flatMap(([type, address, resource]) => {
    if (valuesAt(resource, "lifecycle.prevent_destroy")[0] !== true || type in keptResources) return [];
    return [`${address} must not be destroyed: state in test/support/resource-kinds.ts what replaces it`];
  });
}

/** References and `depends_on` that name what the stack does not hold, and what waits for itself: both fail at plan. */
export function brokenReferences(terraform: Terraform): string[] {
  const data = resourcesOf({ ...terraform, resource: terraform.data }).map(
    ([, address, values]) => [`data.${address}`, values] as const,
  );
  const managed = resourcesOf(terraform).map(([, address, values]) => [address, values] as const);
  const all = new Map<string, object>([...managed, ...data]);
  const outputs = Object.entries(Reflect.get(terraform, "output") ?? {});
  const named = new Map(
    [...all, ...outputs].map(([address, values]) => [address, referencesIn(values)] as const),
  );
  const dangling = [...named].flatMap(([address, references]) =>
    references.filter((to) => !all.has(to)).map((to) => `${address} names ${to}, which is not in the stack`),
  );
  const cyclic = [...all.keys()].filter((address) => reaches(named, address));
  return [...dangling, ...cyclic.map((address) => `${address} waits for itself`)];
}

function referencesIn(values: unknown): string[] {
  const found = strings(values).flatMap(([path, text]) => {
    if (/^depends_on\./.test(path)) return [text];
    const expressions = [...text.matchAll(/(?<!\$)\$\{([^}]*)\}/g)].map(([, expression]) => expression);
    return expressions.flatMap((expression) =>
      [...expression.matchAll(/(?<![\w."-])((?:data\.)?[a-z]+_\w+\.[\w-]+)\./g)].map(
        ([, address]) => address,
      ),
    );
  });
  return [...new Set(found)];
}

function reaches(named: ReadonlyMap<string, readonly string[]>, address: string): boolean {
  const seen = new Set<string>();
  const next = [...(named.get(address) ?? [])];
  for (let to = next.pop(); to !== undefined; to = next.pop()) {
    if (to === address) return true;
    if (seen.has(to)) continue;
    seen.add(to);
    next.push(...(named.get(to) ?? []));
  }
  return false;
}

/** A key's id by way of the grant to the service that needs it, so that nothing is created before its grant. */
function isGrantedKey(value: unknown): boolean {
  return typeof value === "string" && value.includes("google_kms_crypto_key_iam_member");
}

function resourcesOf({ resource = {} }: Terraform): [type: string, address: string, resource: object][] {
  return Object.entries(resource).flatMap(([type, ofType]) =>
    Object.entries(ofType).map(([id, each]): [string, string, object] => [type, `${type}.${id}`, each]),
  );
}

/** Every string anywhere, with the path to it. */
export function strings(value: unknown, path: readonly string[] = []): [path: string, text: string][] {
  if (typeof value === "string") return [[path.join("."), value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => strings(each, [...path, key]));
}
