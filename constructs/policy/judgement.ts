import { TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import { type PolicyPack, packsOf, rulesOf } from "./packs";
import type { RenderedApp, RenderedEnvironment } from "./rendered-environment";
import { countOf, type EnvironmentPolicyReport, type PolicyFinding, type ReportedRule } from "./report";
import type { LocatedObjection, PolicyAllowances, PolicyRule } from "./rule";
import { covers, type PlacedSuppression, suppressionsOn } from "./suppression";

export interface Judged {
  readonly name: string;
  readonly packs: readonly PolicyPack[];
  readonly allowances: PolicyAllowances;
  readonly stacks: readonly TerraformStack[];
  /** The day of the judgement, after which suppressions expire: `2027-06-30`. */
  readonly today: string;
}

/** Judges stacks together by the rules of their packs. */
export function judge(app: RenderedApp, judged: Judged): EnvironmentPolicyReport {
  const { name, packs, allowances, stacks, today } = judged;
  const environment = app.environment(new Set(stacks.map(({ node }) => node.path)));
  const suppressions = new Suppressions(stacks, today);
  const results = rulesOf(packs).map((rule) => {
    const resources = environment.ofType(...rule.appliesTo);
    const findings = objections(rule, environment, allowances)
      .map((objection) => findingOf(rule, objection))
      .map((finding) => suppressions.apply(finding));
    return { rule: rule.id, resources: resources.length, findings };
  });
  const findings = [...results.flatMap((result) => result.findings), ...suppressions.unused()];
  return {
    name,
    packs: ["baseline", ...packs],
    allowedLocations: [...allowances.locations].sort(),
    stacks: stacks.map(({ node }) => node.path),
    resources: environment.resources.filter(({ type }) => type !== "module").length,
    ...countOf(findings),
    rules: results.map(({ rule, resources, findings }) => ({ rule, resources, ...countOf(findings) })),
    findings: findings.sort(byPlace),
  };
}

export function reported(rule: PolicyRule): ReportedRule {
  const { id, level, checks, why, remedy, controls } = rule;
  return { id, level, packs: packsOf(rule), checks, why, remedy, controls };
}

function objections(
  rule: PolicyRule,
  environment: RenderedEnvironment,
  allowances: PolicyAllowances,
): readonly LocatedObjection[] {
  const resources = environment.ofType(...rule.appliesTo);
  if ("judgeAll" in rule) return resources.length === 0 ? [] : rule.judgeAll(environment, resources);
  return resources.flatMap((at) => rule.judge(at, allowances).map((objection) => ({ ...objection, at })));
}

function findingOf(rule: PolicyRule, objection: LocatedObjection): PolicyFinding {
  const { at, ofStack = false, property, received, unresolved } = objection;
  const unknown = `not known at synth. Make sure of it, and say so in a suppression, or ${rule.remedy}`;
  return {
    rule: rule.id,
    level: unresolved ? "warning" : rule.level,
    cause: unresolved ? "unresolved" : "violation",
    path: ofStack ? at.stackPath : at.path,
    resource: ofStack ? null : at.address,
    property,
    received: received ?? null,
    remedy: objection.remedy ?? (unresolved ? unknown : rule.remedy),
    suppression: null,
  };
}

/** The suppressions on stacks, on what they hold and on what holds them. */
class Suppressions {
  private readonly placed: readonly PlacedSuppression[];
  /** Those of which all that they cover is judged here: only of these is it known whether they cover anything. */
  private readonly whole: ReadonlySet<PlacedSuppression>;
  private readonly used = new Set<PlacedSuppression>();

  constructor(
    stacks: readonly TerraformStack[],
    private readonly today: string,
  ) {
    const constructs = new Set<IConstruct>(
      stacks.flatMap((stack) => [...stack.node.scopes, ...stack.node.findAll()]),
    );
    const judged = new Set(stacks);
    const isWhole = (construct: IConstruct) =>
      construct.node
        .findAll()
        .filter(TerraformStack.isStack)
        .every((stack) => judged.has(stack));
    const placed = [...constructs].map(
      (construct) => [isWhole(construct), suppressionsOn(construct)] as const,
    );
    this.placed = placed.flatMap(([, suppressions]) => suppressions);
    this.whole = new Set(placed.flatMap(([whole, suppressions]) => (whole ? suppressions : [])));
  }

  apply(finding: PolicyFinding): PolicyFinding {
    const matching = this.placed.filter(
      (suppression) => suppression.rule === finding.rule && covers(suppression, finding.path),
    );
    for (const suppression of matching) this.used.add(suppression);
    const holding = matching
      .filter(({ expires }) => expires === undefined || expires >= this.today)
      .sort((left, right) => right.at.length - left.at.length);
    if (holding.length > 0) {
      const { at, reason, expires = null } = holding[0];
      return { ...finding, suppression: { at, reason, expires } };
    }
    if (matching.length === 0) return finding;
    const remedy = `its suppression ended on ${matching[0].expires}: ${finding.remedy}`;
    return { ...finding, remedy };
  }

  /** One that covers nothing hides what comes later, and that nobody knows of it any more. */
  unused(): PolicyFinding[] {
    return this.placed
      .filter((suppression) => this.whole.has(suppression) && !this.used.has(suppression))
      .map(({ rule, at, reason }) => ({
        rule,
        level: "warning",
        cause: "unused-suppression",
        path: at,
        resource: null,
        property: "suppression",
        received: reason,
        remedy: "remove it: nothing here breaks the rule, or no pack of this environment holds it",
        suppression: null,
      }));
  }
}

function byPlace(left: PolicyFinding, right: PolicyFinding): number {
  const key = ({ path, rule, resource, property }: PolicyFinding) =>
    [path, rule, resource ?? "", property].join("\n");
  return key(left) < key(right) ? -1 : 1;
}
