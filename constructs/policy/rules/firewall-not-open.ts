import { ccpa, cis, gdpr, hipaa, pciDss } from "../control";
import { firewallTypes, type IngressRule, ingressRules, isWide } from "../firewall-rules";
import { type Objection, type ResourceRule, unresolved, violation } from "../rule";

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
  appliesTo: firewallTypes,
  judge: (rule) => ingressRules(rule).flatMap(judgeSources),
};

function judgeSources({ ranges, otherSources, unknown }: IngressRule): Objection[] {
  // Google takes a rule that names no source for one that means all of them.
  const namesNone = [...ranges, ...otherSources].every(({ isAbsent }) => isAbsent);
  const open = namesNone ? ranges.slice(0, 1) : ranges.filter(isWide);
  if (open.length > 0)
    return unknown.length > 0 ? unknown.map((each) => unresolved(each)) : open.map((each) => violation(each));
  return ranges.filter(({ isUnresolved }) => isUnresolved).map((each) => unresolved(each));
}
