import { pciDss } from "../control";
import { firewallTypes, type IngressRule, ingressRules } from "../firewall-rules";
import type { Argument } from "../rendered-resource";
import { type Objection, type ResourceRule, unresolved, violation } from "../rule";

/** Protocols that have ports, by name and by number. */
const withPorts = ["tcp", "udp", "sctp", "6", "17", "132"];

export const firewallNamesPorts: ResourceRule = {
  id: "firewall-names-ports",
  checks: "A firewall rule that lets traffic in names its protocols and their ports.",
  why: 'Services, protocols and ports that are let in must be known and have a reason; "all" names none.',
  remedy: "name protocol and ports of each service that is meant",
  controls: [pciDss("1.2.5"), pciDss("1.3.1")],
  level: "error",
  appliesTo: firewallTypes,
  judge: (rule) => ingressRules(rule).flatMap(judgeLayers),
};

function judgeLayers({ layers, protocol: field, unknown }: IngressRule): Objection[] {
  return layers.flatMap((layer) => {
    const protocol = layer.argument(field);
    const ports = layer.arguments("ports");
    const name = protocol.text.toLowerCase();
    if (protocol.isUnresolved) return [unresolved(protocol)];
    const open = [
      ...(["", "all"].includes(name) ? [protocol] : []),
      ...(withPorts.includes(name) ? ports.filter(namesAll) : []),
    ];
    if (open.length > 0)
      return unknown.length > 0
        ? unknown.map((each) => unresolved(each))
        : open.map((each) => violation(each));
    return ports.filter(({ isUnresolved }) => isUnresolved).map((each) => unresolved(each));
  });
}

/** Whether ports are all of them, which is what Google takes none for. */
function namesAll(ports: Argument): boolean {
  return ports.isAbsent || /^[01]-65535$/.test(ports.text);
}
