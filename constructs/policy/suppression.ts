import type { IConstruct } from "constructs";
import { ConstructError, type Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import { policyRules } from "./packs";

export interface PolicySuppression {
  /** Id of the rule that does not hold here. */
  readonly rule: string;

  /** Why that is in order, for whoever reads the report: 20 letters and three words at least. */
  readonly reason: string;

  /**
   * Last day on which the suppression holds, as `2027-06-30`.
   *
   * @default - it holds for good
   */
  readonly expires?: string;
}

/** A suppression, and the path of the construct that it covers with all its children. */
export interface PlacedSuppression extends PolicySuppression {
  readonly at: string;
}

const METADATA = "plinth:policy-suppression";

/**
 * Accepts that a construct, with all its children, breaks a rule or cannot be judged by it. The report shows
 * what was accepted, and why.
 */
export function suppressPolicy(construct: IConstruct, suppression: PolicySuppression): void {
  ConstructError.throwIfAny(construct, checkSuppression(suppression));
  const { rule, reason, expires } = suppression;
  construct.node.addMetadata(METADATA, { rule, reason: reason.trim(), expires });
}

/** The suppressions on a construct itself. */
export function suppressionsOn(construct: IConstruct): PlacedSuppression[] {
  return construct.node.metadata
    .filter(({ type }) => type === METADATA)
    .map(({ data }) => ({ ...(data as PolicySuppression), at: construct.node.path }));
}

/** Whether a suppression covers what is found at a path. */
export function covers({ at }: PlacedSuppression, path: string): boolean {
  return at === "" || path === at || path.startsWith(`${at}/`);
}

function checkSuppression({ rule, reason, expires }: PolicySuppression): Finding[] {
  const ids = policyRules.map(({ id }) => id);
  const text = reason.trim();
  const findings: Finding[] = [];
  if (!ids.includes(rule))
    findings.push({
      property: "rule",
      received: rule,
      remedy: `${didYouMean(rule, ids)}No such rule; docs/constructs/policy.md lists them`,
    });
  if (text.length < 20 || text.split(/\s+/).length < 3)
    findings.push({
      property: "reason",
      received: reason,
      remedy: "say why in 20 letters and three words at least: an auditor will read it",
    });
  if (expires !== undefined && !isDay(expires))
    findings.push({ property: "expires", received: expires, remedy: "state a day as 2027-06-30" });
  return findings;
}

function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text) && text.length === 10;
}
