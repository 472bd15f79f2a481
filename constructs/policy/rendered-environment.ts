import { TerraformRemoteState, TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import {
  attributeReference,
  isExpression,
  localReference,
  remoteReference,
  withoutConversion,
} from "./expression";
import { Block, RenderedResource } from "./rendered-resource";

type Blocks = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;

/** What follows references gives up beyond this many, since they may run in a circle. */
const REFERENCES_MAX = 20;

/** How cdktf calls the data source by which one stack reads another; the other one's path follows. */
const REMOTE_STATE = "cross-stack-reference-input-";

/** All stacks under one root, rendered: references from one to the other can be followed. */
export class RenderedApp {
  private readonly stacks: ReadonlyMap<string, RenderedStack>;

  constructor(root: IConstruct) {
    const stacks = root.node.findAll().filter(TerraformStack.isStack);
    // References to other stacks become data sources and outputs here.
    for (const stack of stacks) stack.prepareStack();
    this.stacks = new Map(stacks.map((stack) => [stack.node.path, new RenderedStack(this, stack)]));
  }

  stackAt(path: string): RenderedStack | undefined {
    return this.stacks.get(path);
  }

  environment(paths: ReadonlySet<string>): RenderedEnvironment {
    return new RenderedEnvironment([...this.stacks.values()].filter(({ path }) => paths.has(path)));
  }
}

/** The stacks that are judged together. */
export class RenderedEnvironment {
  readonly resources: readonly RenderedResource[];

  constructor(readonly stacks: readonly RenderedStack[]) {
    this.resources = stacks.flatMap((stack) => stack.resources);
  }

  /** The resources of types, in which `*` stands for any letters. */
  ofType(...types: readonly string[]): RenderedResource[] {
    const pattern = new RegExp(`^(?:${types.map((type) => type.replaceAll("*", "\\w*")).join("|")})$`);
    return this.resources.filter(({ type }) => pattern.test(type));
  }
}

/** A value, and the stack in which it is stated. */
export interface Followed {
  readonly origin: RenderedStack;
  readonly value: unknown;
}

/** A stack as it is written, escape hatches of resources and of the stack included. */
export class RenderedStack {
  readonly path: string;
  /** Modules count as resources here: a rule says that what is inside of them is not judged. */
  readonly resources: readonly RenderedResource[];
  private readonly json: Readonly<Record<string, unknown>>;
  /** Paths of the stacks whose states this one reads, by the data sources' names. */
  private readonly remoteStates: ReadonlyMap<string, string>;

  constructor(
    private readonly app: RenderedApp,
    stack: TerraformStack,
  ) {
    this.path = stack.node.path;
    this.json = stack.toTerraform();
    this.remoteStates = new Map(
      stack.node.children
        .filter((child) => child instanceof TerraformRemoteState)
        .filter(({ node }) => node.id.startsWith(REMOTE_STATE))
        .map((state) => [state.friendlyUniqueId, state.node.id.slice(REMOTE_STATE.length)]),
    );
    const resources = Object.entries(this.blocks("resource")).flatMap(([type, named]) =>
      Object.entries(named).map(([name, fields]) => new RenderedResource(this, type, name, fields)),
    );
    const modules = Object.entries((this.json.module ?? {}) as Blocks[string]).map(
      ([name, fields]) => new RenderedResource(this, "module", name, fields),
    );
    this.resources = [...resources, ...modules];
  }

  /** What a provider states, under the name and alias that a resource gives, or google's without an alias. */
  provider(reference: unknown): unknown {
    const [name, alias] = typeof reference === "string" ? reference.split(".") : ["google"];
    const stated = this.blocks("provider")[name] as unknown;
    const all = (Array.isArray(stated) ? stated : [stated]) as { alias?: string }[];
    return all.find((provider) => provider?.alias === alias);
  }

  /** The block of a data source. */
  dataSource(type: string, name: string): Block | undefined {
    const fields = this.blocks("data")[type]?.[name];
    return fields === undefined ? undefined : new Block(this, fields);
  }

  /** What a value refers to, through this stack and others, as far as that is known before apply. */
  follow(value: unknown): Followed {
    let followed: Followed = { origin: this, value };
    for (let references = 0; references < REFERENCES_MAX && isExpression(followed.value); references++) {
      const next = followed.origin.target(withoutConversion(followed.value));
      if (next === undefined) return followed;
      followed = next;
    }
    return followed;
  }

  private target(expression: string): Followed | undefined {
    const local = localReference(expression);
    const attribute = attributeReference(expression);
    const remote = remoteReference(expression);
    if (remote !== undefined) {
      const origin = this.app.stackAt(this.remoteStates.get(remote.state) ?? "");
      return origin?.followed((origin.json.output as Blocks[string] | undefined)?.[remote.output]?.value);
    }
    if (local !== undefined) return this.followed((this.json.locals as Blocks[string] | undefined)?.[local]);
    if (attribute === undefined) return undefined;
    return this.followed(this.blocks("resource")[attribute.type]?.[attribute.name]?.[attribute.attribute]);
  }

  private followed(value: unknown): Followed | undefined {
    return value === undefined || value === null ? undefined : { origin: this, value };
  }

  private blocks(kind: "resource" | "data" | "provider"): Blocks {
    return (this.json[kind] ?? {}) as Blocks;
  }
}
