import type { Control } from "./control";

/** What one rule has against one place of an environment. */
export interface PolicyFinding {
  readonly rule: string;
  /** A value that is known only at apply makes a warning, whatever the rule. */
  readonly level: "error" | "warning";
  readonly cause: "violation" | "unresolved" | "unused-suppression";
  /** Path of the construct, from the app on. */
  readonly path: string;
  /** Address in Terraform; of a finding on a whole stack there is none. */
  readonly resource: string | null;
  readonly property: string;
  readonly received: unknown;
  readonly remedy: string;
  readonly suppression: {
    readonly at: string;
    readonly reason: string;
    readonly expires: string | null;
  } | null;
}

export interface PolicyCounts {
  readonly errors: number;
  readonly warnings: number;
  readonly suppressed: number;
}

/** What a rule looked at in an environment, and what came of it. */
export interface RuleResult extends PolicyCounts {
  readonly rule: string;
  readonly resources: number;
}

/** The judgement of the stacks that one `Policies` covers. */
export interface EnvironmentPolicyReport extends PolicyCounts {
  readonly name: string;
  readonly packs: readonly string[];
  readonly allowedLocations: readonly string[];
  readonly stacks: readonly string[];
  readonly resources: number;
  readonly rules: readonly RuleResult[];
  readonly findings: readonly PolicyFinding[];
}

export interface ReportedRule {
  readonly id: string;
  readonly level: "error" | "warning";
  readonly packs: readonly string[];
  readonly checks: string;
  readonly why: string;
  readonly remedy: string;
  readonly controls: readonly Control[];
}

/** What `policy-report.json` holds. A field that goes or changes its meaning changes the version. */
export interface PolicyReport {
  readonly version: 1;
  readonly environments: readonly EnvironmentPolicyReport[];
  readonly rules: readonly ReportedRule[];
}

/** Counts of what is found, as every part of the report gives them. */
export function countOf(findings: readonly PolicyFinding[]): PolicyCounts {
  const open = findings.filter(({ suppression }) => suppression === null);
  return {
    errors: open.filter(({ level }) => level === "error").length,
    warnings: open.filter(({ level }) => level === "warning").length,
    suppressed: findings.length - open.length,
  };
}

/** `0 errors, 2 warnings, 1 suppressed`, without what there is none of, errors excepted. */
export function summaryOf({ errors, warnings, suppressed }: PolicyCounts): string {
  return [
    `${errors} ${errors === 1 ? "error" : "errors"}`,
    ...(warnings > 0 ? [`${warnings} ${warnings === 1 ? "warning" : "warnings"}`] : []),
    ...(suppressed > 0 ? [`${suppressed} suppressed`] : []),
  ].join(", ");
}
