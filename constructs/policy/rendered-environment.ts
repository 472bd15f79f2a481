import { TerraformRemoteState, TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import { attributeReference, isExpression, remoteReference } from "./expression";
import { RenderedResource } from "./rendered-resource";

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

  /** What the google provider states, under the alias that a resource names or without one. */
  provider(reference: unknown): unknown {
    const alias = typeof reference === "string" ? reference.split(".")[1] : undefined;
    const google = this.blocks("provider").google as unknown;
    const all = (Array.isArray(google) ? google : [google]) as { alias?: string }[];
    return all.find((provider) => provider?.alias === alias);
  }

  dataSource(type: string, name: string): unknown {
    return this.blocks("data")[type]?.[name];
  }

  /** What a value refers to, through this stack and others, as far as that is known before apply. */
  follow(value: unknown): unknown {
    let stack: RenderedStack = this;
    let current = value;
    for (let references = 0; references < REFERENCES_MAX && isExpression(current); references++) {
      const step = stack.target(current);
      if (step === undefined) return current;
      [stack, current] = step;
    }
    return current;
  }

  private target(expression: string): [RenderedStack, unknown] | undefined {
    const attribute = attributeReference(expression);
    if (attribute !== undefined) {
      const value = this.blocks("resource")[attribute.type]?.[attribute.name]?.[attribute.attribute];
      return value === undefined || value === null ? undefined : [this, value];
    }
    const remote = remoteReference(expression);
    if (remote === undefined) return undefined;
    const origin = this.app.stackAt(this.remoteStates.get(remote.state) ?? "");
    const output = (origin?.json.output as Blocks[string] | undefined)?.[remote.output]?.value;
    return origin === undefined || output === undefined ? undefined : [origin, output];
  }

  private blocks(kind: "resource" | "data" | "provider"): Blocks {
    return (this.json[kind] ?? {}) as Blocks;
  }
}
