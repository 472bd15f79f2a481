import { isExpression } from "./expression";
import type { RenderedStack } from "./rendered-environment";

type Fields = Readonly<Record<string, unknown>>;

/** Where an argument stands: `encryption.default_kms_key_name`, or its keys where one of them has dots. */
export type ArgumentPath = string | readonly string[];

/** One argument of a resource, as it is written into the Terraform JSON. */
export class Argument {
  constructor(
    /** Where it stands: `replication.user_managed.replicas[1].location`. */
    readonly property: string,
    /** As the JSON has it. */
    readonly written: unknown,
    /** What it stands for: references to what is known already are followed. */
    readonly value: unknown,
    /** The stack in which the value is stated, since references in it are to that stack's own resources. */
    readonly origin: RenderedStack,
  ) {}

  get isAbsent(): boolean {
    return this.value === undefined || this.value === null || this.value === "";
  }

  /** Whether the value is known only at apply. */
  get isUnresolved(): boolean {
    return isExpression(this.value);
  }

  /** Terraform takes "true" for true. */
  get isTrue(): boolean {
    return this.value === true || this.value === "true";
  }

  get isFalse(): boolean {
    return this.value === false || this.value === "false";
  }

  /** The value as a number; NaN where it is none. */
  get number(): number {
    return this.isAbsent ? Number.NaN : Number(this.value);
  }

  get text(): string {
    return String(this.value ?? "");
  }
}

/** A block of arguments. Blocks of a resource are read relative to it, and named from the resource on. */
export class Block {
  constructor(
    protected readonly stack: RenderedStack,
    protected readonly fields: unknown,
    private readonly property = "",
  ) {}

  /** Whether only apply knows what the block holds. */
  get isUnresolved(): boolean {
    return isExpression(this.fields);
  }

  /** The only value of an argument, or the first where blocks are repeated. */
  argument(path: ArgumentPath): Argument {
    return this.arguments(path)[0];
  }

  /**
   * The values of an argument: one per repeated block and list element, and one that is absent where nothing
   * is stated, so that whoever expects something of each expects it of the missing one too.
   */
  arguments(path: ArgumentPath): Argument[] {
    return this.read(this.stack, this.fields, keysOf(path), this.property);
  }

  /** The same block, named as part of another argument. */
  under(property: string): Block {
    return new Block(this.stack, this.fields, property);
  }

  /** The blocks of a name. One that Terraform generates is a block of which every argument is unresolved. */
  blocks(path: string): Block[] {
    return this.arguments(path)
      .filter(({ isAbsent }) => !isAbsent)
      .map(({ value, property, origin }) => new Block(origin, value, property));
  }

  protected read(stack: RenderedStack, at: unknown, keys: readonly string[], property: string): Argument[] {
    const { origin, value } = stack.follow(at);
    if (Array.isArray(value)) {
      if (value.length === 0) return [absent(origin, property, keys)];
      return value.flatMap((element, index) =>
        this.read(origin, element, keys, value.length === 1 ? property : `${property}[${index}]`),
      );
    }
    if (keys.length === 0) return [new Argument(property, at, value, origin)];
    if (isExpression(value)) return [new Argument(join(property, keys), value, value, origin)];
    if (typeof value !== "object" || value === null) return [absent(origin, property, keys)];

    const [key, ...rest] = keys;
    const fields = value as Fields;
    const within = join(property, [key]);
    const generated = generatedBlocks(fields, key).flatMap(({ for_each: each, content }) =>
      isExpression(each)
        ? [new Argument(join(property, keys), each, each, origin)]
        : this.read(origin, content, rest, within),
    );
    // Blocks that are written out may stand beside those that Terraform generates.
    if (generated.length > 0 && fields[key] === undefined) return generated;
    return [...generated, ...this.read(origin, fields[key], rest, within)];
  }
}

/** Blocks of one name that Terraform makes, one for each element, unless it is known that there is none. */
function generatedBlocks(fields: Fields, key: string): Generated[] {
  return listOf(fields.dynamic)
    .flatMap((dynamic) => listOf((dynamic as Fields)[key]) as Generated[])
    .filter(({ for_each: each }) => typeof each !== "object" || Object.keys(each ?? {}).length > 0);
}

interface Generated {
  readonly for_each?: unknown;
  readonly content?: unknown;
}

/** Terraform takes a block for a list of one. */
function listOf(blocks: unknown): readonly unknown[] {
  if (blocks === undefined || blocks === null) return [];
  return Array.isArray(blocks) ? blocks : [blocks];
}

/** A resource as Terraform will see it, whatever made it: a construct, a plain binding or an escape hatch. */
export class RenderedResource extends Block {
  constructor(
    stack: RenderedStack,
    readonly type: string,
    readonly name: string,
    fields: unknown,
  ) {
    super(stack, fields);
  }

  get address(): string {
    return `${this.type}.${this.name}`;
  }

  /** An argument that holds a document of JSON. */
  document(path: string): Block | undefined {
    const { value, property, origin } = this.argument(path);
    try {
      return typeof value === "string" ? new Block(origin, JSON.parse(value), property) : undefined;
    } catch {
      return undefined;
    }
  }

  get stackPath(): string {
    return this.stack.path;
  }

  /** Path of the construct that made it; of the stack, if none did. */
  get path(): string {
    return pathOf(this.fields) ?? this.stack.path;
  }

  /** A label, or what the provider labels everything with. */
  label(key: string): Argument {
    const own = this.argument(`${labelArguments[this.type] ?? "labels"}.${key}`);
    if (!own.isAbsent || withoutDefaultLabels.includes(this.type)) return own;
    const inherited = this.ofProvider(`default_labels.${key}`);
    return inherited.isAbsent ? own : inherited;
  }

  /** What the provider states for all resources that do not state it themselves. */
  ofProvider(path: string): Argument {
    const reference = this.argument("provider").value;
    return this.read(this.stack, this.stack.provider(reference), path.split("."), "provider")[0];
  }
}

/** Where labels stand that do not stand in `labels`. */
const labelArguments: Readonly<Record<string, string>> = {
  google_container_cluster: "resource_labels",
  google_sql_database_instance: "settings.user_labels",
};

/** Types to which the provider does not give its default labels. */
const withoutDefaultLabels = ["google_sql_database_instance"];

/** Path of the construct that a part of the JSON comes from. */
function pathOf(fields: unknown): string | undefined {
  const metadata = (fields as { "//"?: { metadata?: { path?: unknown } } })["//"]?.metadata;
  return typeof metadata?.path === "string" ? metadata.path : undefined;
}

function absent(origin: RenderedStack, property: string, keys: readonly string[]): Argument {
  return new Argument(join(property, keys), undefined, undefined, origin);
}

function keysOf(path: ArgumentPath): readonly string[] {
  return typeof path === "string" ? path.split(".") : path;
}

function join(property: string, keys: readonly string[]): string {
  return [property, ...keys].filter((part) => part !== "").join(".");
}
