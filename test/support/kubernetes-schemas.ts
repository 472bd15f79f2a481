import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What a structural schema of Kubernetes can say: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema */
interface Schema {
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly anyOf?: readonly Schema[];
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
}

const known: ReadonlySet<string> = new Set([
  "type",
  "properties",
  "additionalProperties",
  "required",
  "items",
  "enum",
  "pattern",
  "format",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "minProperties",
  "maxProperties",
  "anyOf",
  "x-kubernetes-int-or-string",
  "x-kubernetes-preserve-unknown-fields",
]);

const folder = join(__dirname, "../fixtures/schemas");

function fileOf(apiVersion: string, kind: string): string {
  return join(folder, `${apiVersion.replace("/", "_")}_${kind}.json`);
}

/**
 * What an API server would refuse of an object, and what it would drop: a field that its schema lacks. A kind without a
 * schema is a finding of its own.
 */
export function schemaFindings(object: { readonly apiVersion: string; readonly kind: string }): string[] {
  const { apiVersion, kind } = object;
  const file = fileOf(apiVersion, kind);
  if (!existsSync(file)) return [`${apiVersion} ${kind}: no schema in test/fixtures/schemas`];
  return check(JSON.parse(readFileSync(file, "utf8")), object, kind);
}

/** Where a value breaks a schema. A schema that says what is not understood here is an error. */
export function check(schema: Schema, value: unknown, path: string): string[] {
  const strange = Object.keys(schema).filter((keyword) => !known.has(keyword));
  if (strange.length > 0) throw new Error(`${path}: the schema says ${strange.join(", ")}`);
  const expected = schema["x-kubernetes-int-or-string"] ? ["integer", "string"] : [schema.type];
  const type = typeOf(value);
  if (
    expected[0] !== undefined &&
    !expected.some((one) => one === type || (one === "number" && type === "integer"))
  )
    return [`${path}: ${type} instead of ${expected.join(" or ")}`];
  return [
    ...checkScalar(schema, value, path),
    ...(Array.isArray(value) ? checkArray(schema, value, path) : []),
    ...(type === "object" ? checkObject(schema, value as Readonly<Record<string, unknown>>, path) : []),
  ];
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (value === null) return "null";
  return Number.isInteger(value) ? "integer" : typeof value;
}

function checkScalar(schema: Schema, value: unknown, path: string): string[] {
  // What is known only at apply is not judged.
  if (typeof value === "string" && value.includes("${")) return [];
  const found: string[] = [];
  if (schema.enum !== undefined && !schema.enum.includes(value))
    found.push(`${path}: ${JSON.stringify(value)} is none of ${schema.enum.join(", ")}`);
  if (typeof value === "number") found.push(...checkSize(value, schema.minimum, schema.maximum, path));
  if (typeof value !== "string") return found;
  found.push(...checkSize(value.length, schema.minLength, schema.maxLength, `${path}: length`));
  // Go writes the flag for upper and lower case alike into the pattern.
  const pattern = schema.pattern?.replace("(?i)", "");
  if (pattern !== undefined && !new RegExp(pattern, pattern === schema.pattern ? "" : "i").test(value))
    found.push(`${path}: ${JSON.stringify(value)} is not as ${schema.pattern}`);
  return found;
}

function checkSize(size: number, min = -Infinity, max = Infinity, path: string): string[] {
  return size >= min && size <= max ? [] : [`${path}: ${size} is not from ${min} to ${max}`];
}

function checkArray(schema: Schema, value: readonly unknown[], path: string): string[] {
  const { items = {}, minItems, maxItems } = schema;
  return [
    ...checkSize(value.length, minItems, maxItems, `${path}: items`),
    ...value.flatMap((item, index) => check(items, item, `${path}[${index}]`)),
  ];
}

function checkObject(schema: Schema, value: Readonly<Record<string, unknown>>, path: string): string[] {
  const { properties = {}, additionalProperties, required = [] } = schema;
  const open =
    schema["x-kubernetes-preserve-unknown-fields"] ||
    // Of metadata a custom resource's schema says nothing: it is Kubernetes' own.
    (schema.properties === undefined && additionalProperties === undefined);
  return [
    ...checkSize(
      Object.keys(value).length,
      schema.minProperties,
      schema.maxProperties,
      `${path}: properties`,
    ),
    ...required.filter((name) => value[name] === undefined).map((name) => `${path}.${name}: missing`),
    ...Object.entries(value).flatMap(([name, part]) => {
      const at = `${path}.${name}`;
      if (Object.hasOwn(properties, name)) return check(properties[name], part, at);
      if (typeof additionalProperties === "object") return check(additionalProperties, part, at);
      return open || additionalProperties === true ? [] : [`${at}: unknown`];
    }),
  ];
}
