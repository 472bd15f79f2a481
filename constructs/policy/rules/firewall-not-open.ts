import { ccpa, cis, gdpr, hipaa, pciDss } from "../control";
import type { Argument, RenderedResource } from "../rendered-resource";
import { type Objection, type ResourceRule, unresolved, violation } from "../rule";

const everywhere = ["0.0.0.0/0", "::/0", "*"];

export const firewallNotOpen: ResourceRule = {
  id: "firewall-not-open",
  checks: "No firewall rule lets in traffic from the whole internet.",
  why: "Every machine the rule applies to is probed within minutes.",
  remedy: "name the ranges, tags or service accounts that may connect; put a load balancer before the public",
  controls: [
    cis("3.6"),
    cis("3.7"),
    gdpr("Art. 32(1)(b)"),
    hipaa("164.312(e)(1)"),
    pciDss("1.3.1"),
    ccpa("1798.100(e)"),
  ],
  level: "error",
  appliesTo: [
    "google_compute_firewall",
    "google_compute_firewall_policy_rule",
    "google_compute_network_firewall_policy_rule",
    "google_compute_region_network_firewall_policy_rule",
  ],
  judge: (rule) => (rule.type === "google_compute_firewall" ? judgeRule(rule) : judgePolicyRule(rule)),
};

function judgeRule(rule: RenderedResource): Objection[] {
  const direction = rule.argument("direction");
  if (direction.value === "EGRESS" || rule.argument("disabled").isTrue) return [];
  // A rule without allow is one that denies.
  if (rule.argument("allow").isAbsent) return [];
  const ranges = rule.arguments("source_ranges");
  const named = [...rule.arguments("source_tags"), ...rule.arguments("source_service_accounts")];
  // Google takes a rule that names no source for one that means all of them.
  if ([...ranges, ...named].every(({ isAbsent }) => isAbsent)) return [violation(ranges[0])];
  return ranges.flatMap(judgeRange);
}

function judgePolicyRule(rule: RenderedResource): Objection[] {
  if (rule.argument("direction").value === "EGRESS" || rule.argument("disabled").isTrue) return [];
  if (rule.argument("action").value === "deny") return [];
  return rule.arguments("match.src_ip_ranges").flatMap(judgeRange);
}

function judgeRange(range: Argument): Objection[] {
  if (range.isUnresolved) return [unresolved(range)];
  return everywhere.includes(range.text) ? [violation(range)] : [];
}
