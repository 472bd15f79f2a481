import { pciDss } from "../control";
import { expectEach, type ResourceRule } from "../rule";

export const firewallNamesPorts: ResourceRule = {
  id: "firewall-names-ports",
  checks: "A firewall rule that lets traffic in names its protocols.",
  why: 'Services, protocols and ports that are let in must be known and have a reason; "all" names none.',
  remedy: "name protocol and ports of each service that is meant",
  controls: [pciDss("1.2.5"), pciDss("1.3.1")],
  level: "error",
  appliesTo: ["google_compute_firewall"],
  judge: (rule) => {
    if (rule.argument("direction").value === "EGRESS" || rule.argument("allow").isAbsent) return [];
    return expectEach(rule.arguments("allow.protocol"), ({ text }) => text !== "" && text !== "all");
  },
};
