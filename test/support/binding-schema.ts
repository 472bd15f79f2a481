import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Terraform } from "./terraform";

/** What a value has to be: a primitive, a list of primitives, a map of strings, one block or a list of blocks. */
type Wanted = "string" | "number" | "boolean" | "strings" | "numbers" | "map" | "block" | "blocks" | "any";

interface Argument {
  readonly wanted: Wanted;
  readonly required: boolean;
  /** What a block may hold. */
  readonly block?: () => Block;
}

type Block = ReadonlyMap<string, Argument>;

/** Google's types that the bindings leave out and constructs/security/google-beta.ts binds, from the provider's documentation. */
const boundByHand: Readonly<Record<string, Block>> = {
  google_project_service_identity: blockOf({ service: "string!", project: "string" }),
};

/** What Terraform itself defines. */
const builtIn: Readonly<Record<string, Block>> = {
  terraform_remote_state: blockOf({
    backend: "string!",
    config: "any",
    workspace: "string",
    defaults: "any",
  }),
  terraform_data: blockOf({ input: "any", triggers_replace: "any" }),
};

const condition = blockOf({ condition: "string!", error_message: "string!" });
const lifecycle: Block = new Map([
  ...blockOf({
    create_before_destroy: "boolean",
    prevent_destroy: "boolean",
    ignore_changes: "strings",
    replace_triggered_by: "strings",
  }),
  ...["precondition", "postcondition"].map((name): [string, Argument] => [
    name,
    { wanted: "blocks", required: false, block: () => condition },
  ]),
]);
const metaArguments: Block = new Map([
  ...blockOf({
    depends_on: "strings",
    count: "number",
    for_each: "any",
    provider: "string",
    provisioner: "any",
    connection: "any",
  }),
  ["lifecycle", { wanted: "block", required: false, block: () => lifecycle }],
]);

/** Sections of Terraform's own: what one may hold, or each of those in it. */
const ownSections: Readonly<Record<string, Block>> = {
  terraform: blockOf({ backend: "any", required_providers: "any", required_version: "string" }),
  output: blockOf({
    value: "any!",
    description: "string",
    sensitive: "boolean",
    ephemeral: "boolean",
    depends_on: "strings",
  }),
  moved: blockOf({ from: "string!", to: "string!" }),
  import: blockOf({ to: "string!", id: "string!", provider: "string" }),
};

const backends: Readonly<Record<string, Block>> = {
  gcs: blockOf({
    bucket: "string!",
    prefix: "string",
    credentials: "string",
    impersonate_service_account: "string",
    kms_encryption_key: "string",
  }),
  local: blockOf({ path: "string", workspace_dir: "string" }),
};

const requiredProvider = blockOf({ source: "string!", version: "string!" });

const sections = ["resource", "data", "provider", "variable", "locals", ...Object.keys(ownSections)];

/**
 * Everything in a stack's Terraform JSON that the bound version of its providers would not take: arguments that
 * they do not know, at any depth, required ones that are missing, and values of another shape. Held against the
 * definitions of the bindings, which are generated from the provider's own schema.
 */
export function schemaFaults(terraform: Terraform): string[] {
  const unknown = Object.keys(terraform).filter((section) => !sections.includes(section));
  return [
    ...unknown.map((section) => `${section}: no section of Terraform`),
    ...elements(terraform.resource).flatMap(([type, id, values]) =>
      elementFaults(type, `${type}.${id}`, type, values),
    ),
    ...elements(terraform.data).flatMap(([type, id, values]) =>
      elementFaults(`data_${type}`, `data.${type}.${id}`, type, values),
    ),
    ...ownFaults(terraform),
    ...Object.entries(terraform.provider).flatMap(([name, providers]) => {
      const block = definitionOf(join(`provider-${name.replace(/-beta$/, "")}`, "lib", "provider"));
      return providers.flatMap((values) => blockFaults(`provider ${name}`, block, values));
    }),
  ];
}

function ownFaults(terraform: Terraform): string[] {
  const { terraform: settings, ...others } = terraform;
  const { backend = {}, required_providers = {} } = settings;
  return [
    ...blockFaults("terraform", ownSections.terraform, settings),
    ...Object.entries(backend).flatMap(([type, values]) =>
      blockFaults(`backend ${type}`, backends[type], values),
    ),
    ...Object.entries(required_providers).flatMap(([name, values]) =>
      blockFaults(`required provider ${name}`, requiredProvider, values),
    ),
    ...["output", "moved", "import"].flatMap((section) =>
      Object.entries(Reflect.get(others, section) ?? {}).flatMap(([name, values]) =>
        blockFaults(`${section} ${name}`, ownSections[section], Object(values)),
      ),
    ),
  ];
}

/** Whether the bindings know an argument of a resource, by its path through blocks. */
export function knowsArgument(type: string, path: string): boolean {
  const names = path.split(".");
  let block: Block | undefined = boundByHand[type] ?? definitionOf(folderOf(type));
  for (const [index, name] of names.entries()) {
    const argument: Argument | undefined = block?.get(name);
    if (argument === undefined || index === names.length - 1) return argument !== undefined;
    block = argument.block?.();
  }
  return false;
}

function elements(section: Terraform["resource"] = {}): [type: string, id: string, values: object][] {
  return Object.entries(section).flatMap(([type, ofType]) =>
    Object.entries(ofType).map(([id, values]): [string, string, object] => [type, id, values]),
  );
}

function elementFaults(definition: string, address: string, type: string, values: object): string[] {
  const block = builtIn[type] ?? boundByHand[type] ?? definitionOf(folderOf(definition));
  if (block === undefined) return [`${address}: no binding knows the type ${type}`];
  return blockFaults(address, new Map([...metaArguments, ...block]), values);
}

/** `google_storage_bucket` is defined in `provider-google/lib/storage-bucket`, a data source in `data-google-…`. */
function folderOf(definition: string): string {
  const isData = definition.startsWith("data_");
  const [provider, ...name] = definition.replace(/^data_/, "").split("_");
  const folder = isData ? ["data", provider, ...name] : name;
  return join(`provider-${provider}`, "lib", folder.join("-"));
}

function blockFaults(path: string, block: Block | undefined, values: object): string[] {
  if (block === undefined) return [`${path}: no binding defines it`];
  // Terraform takes null for an argument that is not set.
  const missing = [...block].filter(
    ([name, { required }]) => required && (Reflect.get(values, name) ?? null) === null,
  );
  return [
    ...missing.map(([name]) => `${path} ${name}: missing, and required`),
    ...Object.entries(values).flatMap(([name, value]) => {
      const argument = block.get(name);
      const at = `${path} ${name}`;
      return argument === undefined ? [`${at}: unknown argument`] : argumentFaults(at, argument, value);
    }),
  ];
}

function argumentFaults(path: string, { wanted, block }: Argument, value: unknown): string[] {
  if (wanted === "any" || value === null || isExpression(value)) return [];
  switch (wanted) {
    case "block":
      return isObject(value)
        ? blockFaults(path, block?.(), value)
        : [`${path}: ${described(value)} where one block is wanted`];
    case "blocks":
      return Array.isArray(value)
        ? value.flatMap((each, index) =>
            argumentFaults(`${path}[${index}]`, { wanted: "block", required: true, block }, each),
          )
        : [`${path}: ${described(value)} where a list of blocks is wanted`];
    case "map":
      return isObject(value)
        ? Object.entries(value).flatMap(([key, each]) =>
            argumentFaults(`${path} ${key}`, { wanted: "string", required: true }, each),
          )
        : [`${path}: ${described(value)} where a map is wanted`];
    case "strings":
    case "numbers":
      return Array.isArray(value)
        ? value.flatMap((each, index) =>
            argumentFaults(
              `${path}[${index}]`,
              { wanted: wanted === "strings" ? "string" : "number", required: true },
              each,
            ),
          )
        : [`${path}: ${described(value)} where a list of ${wanted} is wanted`];
    default:
      return typeof value === wanted ? [] : [`${path}: ${described(value)} where a ${wanted} is wanted`];
  }
}

/** An expression and nothing beside it, which has its value only at apply; with text around it, it is a string. */
function isExpression(value: unknown): boolean {
  return typeof value === "string" && /^\$\{(?:(?!\}.*\$\{)[\s\S])*\}$/.test(value);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function described(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return isObject(value) ? "a block" : `the ${typeof value} ${JSON.stringify(value)}`;
}

function blockOf(names: Readonly<Record<string, Wanted | `${Wanted}!`>>): Block {
  return new Map(
    Object.entries(names).map(([name, kind]): [string, Argument] => [
      name,
      { wanted: kind.replace("!", "") as Wanted, required: kind.endsWith("!") },
    ]),
  );
}

const definitions = new Map<string, Block | undefined>();

/** The arguments of the resource, data source or provider that a folder of the bindings defines. */
function definitionOf(folder: string): Block | undefined {
  if (!definitions.has(folder)) definitions.set(folder, readDefinition(join("node_modules/@cdktf", folder)));
  return definitions.get(folder);
}

function readDefinition(folder: string): Block | undefined {
  if (!existsSync(folder)) return undefined;
  const interfaces = new Map(
    declarationFiles(folder).flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/^export interface (\w+)(.*) \{\n([\s\S]*?)^\}/gm)].map(
        ([, name, heritage, body]) => [name, { heritage, body }] as const,
      ),
    ),
  );
  const blocks = new Map<string, Block>();
  const blockNamed = (name: string): Block => {
    const body = interfaces.get(name)?.body;
    if (body === undefined) throw new Error(`${folder} declares no ${name}`);
    const block = blocks.get(name) ?? parseArguments(name, body, blockNamed);
    blocks.set(name, block);
    return block;
  };
  const root = [...interfaces].find(
    ([name, { heritage }]) => heritage.includes("TerraformMetaArguments") || /ProviderConfig$/.test(name),
  );
  if (root === undefined) throw new Error(`${folder} declares no configuration`);
  return blockNamed(root[0]);
}

/** A type with many blocks declares them in files of their own. */
function declarationFiles(folder: string): string[] {
  const structs = join(folder, "index-structs");
  const more = existsSync(structs)
    ? readdirSync(structs).filter((name) => /^structs\d+\.d\.ts$/.test(name))
    : [];
  return [join(folder, "index.d.ts"), ...more.map((name) => join(structs, name))];
}

/** The declarations name each argument as Terraform does, in the link to its documentation. */
const declaration =
  /#\w+ \w+#(\w+)\}\n(?:(?!\*\/)[\s\S])*?\*\/\n {4}readonly \w+(\??): ([\s\S]*?);(?=\n {4}\/\*\*|\s*$)/g;

function parseArguments(name: string, body: string, blockNamed: (name: string) => Block): Block {
  const found = [...body.matchAll(declaration)];
  const declared = body.match(/^ {4}readonly /gm) ?? [];
  if (found.length !== declared.length)
    throw new Error(
      `${name} declares ${declared.length} arguments, and ${found.length} of them were understood`,
    );
  return new Map(
    found.map(([, argument, optional, type]) => [
      argument,
      { required: optional === "", ...kindOf(type.replace(" | cdktf.IResolvable", ""), blockNamed) },
    ]),
  );
}

const kinds: Readonly<Record<string, Wanted>> = {
  string: "string",
  number: "number",
  boolean: "boolean",
  "string[]": "strings",
  "number[]": "numbers",
};

function kindOf(type: string, blockNamed: (name: string) => Block): Pick<Argument, "wanted" | "block"> {
  if (type in kinds) return { wanted: kinds[type] };
  if (type.startsWith("{")) return { wanted: "map" };
  const name = type.replace("[]", "");
  return { wanted: name === type ? "block" : "blocks", block: () => blockNamed(name) };
}
