import type { Control } from "./control";
import type { RenderedEnvironment } from "./rendered-environment";
import type { Argument, RenderedResource } from "./rendered-resource";

/** What an environment allows beyond the rules' own limits. */
export interface PolicyAllowances {
  /** Locations outside of the EU in which data may lie, in lower case. */
  readonly locations: readonly string[];
}

/** What a rule has against a resource. A value that is known only at apply is neither right nor wrong. */
export interface Objection {
  readonly property: string;
  readonly received: unknown;
  readonly unresolved: boolean;
  /** What to do in this case, where it differs from the rule's remedy. */
  readonly remedy?: string;
}

/** An objection to what a whole environment holds or lacks, and the resource beside which it is reported. */
export interface LocatedObjection extends Objection {
  readonly at: RenderedResource;
  /** Whether it concerns the stack of that resource, and not the resource itself. */
  readonly ofStack?: boolean;
}

interface RuleDescription {
  /** Unique and lasting: suppressions and reports name it. */
  readonly id: string;

  /** What holds where the rule is kept, as a sentence. */
  readonly checks: string;

  readonly why: string;

  /** What to do where the rule is not kept. */
  readonly remedy: string;

  readonly controls: readonly Control[];

  /** Whether breaking the rule fails synth. */
  readonly level: "error" | "warning";

  /** Types of resources the rule looks at; `*` stands for any letters. */
  readonly appliesTo: readonly string[];
}

/** A rule that one resource can keep or break by itself. */
export interface ResourceRule extends RuleDescription {
  /** Everything the rule has against a resource; nothing where the resource keeps it. */
  readonly judge: (resource: RenderedResource, allowances: PolicyAllowances) => readonly Objection[];
}

/** A rule that only all stacks of an environment together can keep. */
export interface EnvironmentRule extends RuleDescription {
  /** Everything the rule has against an environment that holds any of the resources the rule applies to. */
  readonly judgeAll: (
    environment: RenderedEnvironment,
    resources: readonly RenderedResource[],
  ) => readonly LocatedObjection[];
}

export type PolicyRule = ResourceRule | EnvironmentRule;

export function violation({ property, written }: Argument, remedy?: string): Objection {
  return { property, received: written, unresolved: false, remedy };
}

export function unresolved({ property, written }: Argument, remedy?: string): Objection {
  return { property, received: written, unresolved: true, remedy };
}

/** Objects to every argument that does not meet an expectation, or of which that is not known yet. */
export function expectEach(
  values: readonly Argument[],
  meets: (argument: Argument) => boolean,
  remedy?: string,
): Objection[] {
  return values.flatMap((argument) => {
    if (argument.isUnresolved) return [unresolved(argument)];
    return meets(argument) ? [] : [violation(argument, remedy)];
  });
}
