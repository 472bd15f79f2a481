import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AnnotationMetadataEntryType, App, Aspects, type IAspect, TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import { ConstructError, type Finding } from "../construct-error";
import { judge, reported } from "./judgement";
import { checkPolicyPacks, type PolicyPack, policyRules } from "./packs";
import { policyReportPage } from "./policy-report-page";
import { RenderedApp } from "./rendered-environment";
import type { EnvironmentPolicyReport, PolicyFinding, PolicyReport } from "./report";

export interface PoliciesProps {
  /**
   * Rules to keep beside the baseline: `gdpr`, `ccpa`, `hipaa`, `pci-dss`.
   *
   * @default - the baseline alone
   */
  readonly packs?: readonly PolicyPack[];

  /**
   * What the report calls these stacks together.
   *
   * @default - the id of the stack, those of all of them if there are several, or `app`
   */
  readonly name?: string;

  /**
   * Locations outside of the EU in which data may lie all the same, such as `europe-west6` under the adequacy
   * decision on Switzerland.
   *
   * @default - none
   */
  readonly allowedLocations?: readonly string[];
}

/** Names of the files that synth writes into the output folder. */
export const policyReportFiles = { json: "policy-report.json", page: "policy-report.md" } as const;

/** cdktf's own command sets it, shows every annotation and fails on errors itself. */
const COMMAND_SHOWS_ANNOTATIONS = "CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS";

/**
 * Judges stacks by the rules of packs, as an aspect. What is judged is what is written: the stacks' Terraform
 * JSON after every aspect and override, whatever made its resources. An error fails synth, with all others.
 */
export class Policies implements IAspect {
  /**
   * Judges the stacks of a scope, an app or a stack, or of several together as one environment. Those that
   * are added to an app later are judged too: cdktf itself never calls an aspect on an app.
   */
  static enforce(scope: IConstruct | readonly IConstruct[], props: PoliciesProps = {}): Policies {
    const policies = new Policies(props);
    for (const each of listOf(scope)) policies.cover(each);
    return policies;
  }

  /** What the rules have against a scope as it is now, for tests. Fails nothing and writes nothing. */
  static check(
    scope: IConstruct | readonly IConstruct[],
    props: PoliciesProps = {},
  ): EnvironmentPolicyReport {
    const policies = new Policies(props);
    const scopes = listOf(scope);
    for (const each of scopes) policies.scopes.add(each);
    return policies.judge(new RenderedApp(scopes[0].node.root));
  }

  private readonly scopes = new Set<IConstruct>();
  private judged?: EnvironmentPolicyReport;

  constructor(private readonly props: PoliciesProps = {}) {
    ConstructError.throwIfAny("policies", checkPolicies(props));
  }

  /** What came of it. Only synth knows. */
  get report(): EnvironmentPolicyReport | undefined {
    return this.judged;
  }

  visit(construct: IConstruct): void {
    if (!TerraformStack.isStack(construct)) return;
    if (!construct.node.scopes.some((scope) => this.scopes.has(scope))) this.scopes.add(construct);
    Synthesis.of(construct).add(this);
  }

  /** The judgement of every stack in scope. */
  judge(app: RenderedApp): EnvironmentPolicyReport {
    const stacks = this.stacks();
    const { packs = [], allowedLocations = [], name = nameOf(this.scopes) } = this.props;
    this.judged = judge(app, {
      name,
      packs: [...new Set(packs)],
      allowances: { locations: allowedLocations.map((location) => location.toLowerCase()) },
      stacks,
      today: new Date().toISOString().slice(0, 10),
    });
    return this.judged;
  }

  private cover(scope: IConstruct): void {
    const stacks = stacksIn(scope);
    if (stacks.length === 0 && !App.isApp(scope))
      throw new ConstructError(scope, [
        { property: "scope", received: scope.node.id, remedy: "name a stack, or an app that holds stacks" },
      ]);
    this.scopes.add(scope);
    for (const stack of stacks) Aspects.of(stack).add(this);
    Synthesis.of(scope).add(this);
  }

  private stacks(): TerraformStack[] {
    return [...new Set([...this.scopes].flatMap(stacksIn))];
  }
}

/** The policies of one app, judged together once all of its stacks are written. */
class Synthesis {
  static of(construct: IConstruct): Synthesis {
    const app = App.of(construct);
    const existing = Synthesis.byApp.get(app);
    if (existing !== undefined) return existing;
    const synthesis = new Synthesis(app);
    Synthesis.byApp.set(app, synthesis);
    return synthesis;
  }

  private static readonly byApp = new WeakMap<App, Synthesis>();
  private readonly policies = new Set<Policies>();

  private constructor(private readonly app: App) {
    // An app validates itself last: then no aspect can change anything any more.
    app.node.addValidation({
      validate: () => {
        this.conclude();
        return [];
      },
    });
  }

  add(policies: Policies): void {
    this.policies.add(policies);
  }

  private conclude(): void {
    const rendered = new RenderedApp(this.app);
    const environments = [...this.policies].map((policies) => policies.judge(rendered));
    this.write(environments);
    const open = environments
      .flatMap(({ findings }) => findings)
      .filter(({ suppression }) => suppression === null);
    this.annotate(open);
    if (process.env[COMMAND_SHOWS_ANNOTATIONS] === undefined) fail(open);
  }

  private write(environments: readonly EnvironmentPolicyReport[]): void {
    const used = new Set(environments.flatMap(({ rules }) => rules.map(({ rule }) => rule)));
    const report: PolicyReport = {
      version: 1,
      environments,
      rules: policyRules.filter(({ id }) => used.has(id)).map(reported),
    };
    mkdirSync(this.app.outdir, { recursive: true });
    writeFileSync(join(this.app.outdir, policyReportFiles.json), `${JSON.stringify(report, undefined, 2)}\n`);
    writeFileSync(join(this.app.outdir, policyReportFiles.page), policyReportPage(report));
  }

  /** Puts findings where cdktf's command looks for messages. */
  private annotate(findings: readonly PolicyFinding[]): void {
    const stacks = stacksIn(this.app);
    const seen = new Set<string>();
    for (const finding of findings) {
      const message = messageOf(finding);
      const stack = stacks.find(({ node }) => `${finding.path}/`.startsWith(`${node.path}/`)) ?? stacks[0];
      if (stack === undefined || seen.has(finding.path + message)) continue;
      seen.add(finding.path + message);
      this.app.manifest.forStack(stack).annotations.push({
        constructPath: finding.path,
        level:
          finding.level === "error" ? AnnotationMetadataEntryType.ERROR : AnnotationMetadataEntryType.WARN,
        message,
      });
    }
  }
}

/** Throws all errors as one, without a stack trace: what is wrong is in the constructs that they name. */
function fail(findings: readonly PolicyFinding[]): void {
  const errors = findings.filter(({ level }) => level === "error");
  if (errors.length === 0) return;
  const stated = new Map(
    errors.map((error) => [`${error.path}\n${messageOf(error)}`, asFindingOfConstruct(error)]),
  );
  const error = new ConstructError("policy", [...stated.values()]);
  error.stack = `${error.name}: ${error.message}`;
  throw error;
}

function asFindingOfConstruct({ path, property, received, remedy, rule }: PolicyFinding): Finding {
  return { property: `${path} ${property}`, received: received ?? undefined, remedy: `${remedy} (${rule})` };
}

function messageOf({ property, received, remedy, rule }: PolicyFinding): string {
  return `${property} got ${received === null ? "nothing" : JSON.stringify(received)}: ${remedy} (${rule})`;
}

function stacksIn(scope: IConstruct): TerraformStack[] {
  return scope.node.findAll().filter(TerraformStack.isStack);
}

function listOf(scope: IConstruct | readonly IConstruct[]): readonly IConstruct[] {
  return Array.isArray(scope) ? scope : [scope as IConstruct];
}

function nameOf(scopes: ReadonlySet<IConstruct>): string {
  return [...scopes].map(({ node }) => node.id || "app").join(", ");
}

function checkPolicies({ packs = [], allowedLocations = [] }: PoliciesProps): Finding[] {
  return [
    ...checkPolicyPacks("packs", packs),
    ...allowedLocations.flatMap((location, index) =>
      /^[a-z0-9-]+$/i.test(location)
        ? []
        : [
            {
              property: `allowedLocations[${index}]`,
              received: location,
              remedy: "name a location, as europe-west6",
            },
          ],
    ),
  ];
}
