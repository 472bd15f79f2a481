import { Token } from "cdktf";
import { checkName } from "../catalog/names";
import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import type { FirewallException, FirewallProtocol } from "./firewall";
import { checkIpv4Range, Ipv4Range } from "./ipv4-range";

/** Protocols, and whether what they carry goes to a port. */
const protocols: Readonly<Record<FirewallProtocol, { readonly ports: boolean }>> = {
  tcp: { ports: true },
  udp: { ports: true },
  sctp: { ports: true },
  icmp: { ports: false },
  esp: { ports: false },
  ah: { ports: false },
};

const REASON_LENGTH_MIN = 10;

/** Where exceptions are told apart by their order, and not the order in which the built-in rules come. */
export const exceptionPriorities = { min: 1_000, max: 1_999_999_999 } as const;

/** Every reason for which an exception is none, or would leave nothing of the rule. */
export function checkFirewallException(name: string, exception: FirewallException): Finding[] {
  const at = `allow.${name}`;
  const { direction, ranges = [], domains = [], reason, priority } = exception;
  return [
    ...checkName("network", at, name),
    ...(direction === "egress" || direction === "ingress"
      ? []
      : [{ property: `${at}.direction`, received: direction, remedy: 'use "egress" or "ingress"' }]),
    ...checkEnds(at, exception),
    ...ranges.flatMap((range) => checkRange(`${at}.ranges`, range, exception)),
    ...domains.flatMap((domain) => checkName("domain", `${at}.domains`, domain)),
    ...checkProtocol(at, exception),
    ...(reason.trim().length >= REASON_LENGTH_MIN
      ? []
      : [
          {
            property: `${at}.reason`,
            received: reason,
            remedy: `say in ${REASON_LENGTH_MIN} characters or more who needs this and what for`,
          },
        ]),
    ...(priority === undefined || isPriority(priority)
      ? []
      : [
          {
            property: `${at}.priority`,
            received: priority,
            remedy: `use a whole number from ${exceptionPriorities.min} to ${exceptionPriorities.max}, or leave it out`,
          },
        ]),
  ];
}

/** Exceptions of a network, each by itself and against the others. */
export function checkFirewallExceptions(allow: Readonly<Record<string, FirewallException>>): Finding[] {
  const holders = new Map<number, string>();
  return Object.entries(allow).flatMap(([name, exception]) => {
    const { priority } = exception;
    const holder = priority === undefined ? undefined : holders.get(priority);
    if (priority !== undefined && holder === undefined) holders.set(priority, name);
    return [
      ...checkFirewallException(name, exception),
      ...(holder === undefined ? [] : [samePriority(name, priority, holder)]),
    ];
  });
}

export function samePriority(name: string, priority: number | undefined, holder: string): Finding {
  const remedy = `state another: it is that of allow.${holder}`;
  return { property: `allow.${name}.priority`, received: priority, remedy };
}

function isPriority(priority: number): boolean {
  const { min, max } = exceptionPriorities;
  return Number.isInteger(priority) && priority >= min && priority <= max;
}

function checkEnds(at: string, { direction, ranges = [], domains = [] }: FirewallException): Finding[] {
  if (ranges.length === 0 && domains.length === 0) {
    const remedy =
      direction === "ingress"
        ? "name the ranges that traffic comes from"
        : "name the ranges or the domains that traffic goes to";
    return [{ property: `${at}.ranges`, received: ranges, remedy }];
  }
  if (direction !== "ingress" || domains.length === 0) return [];
  const remedy = "name ranges instead: who connects from an address need not be whom a name leads to";
  return [{ property: `${at}.domains`, received: domains, remedy }];
}

function checkRange(property: string, text: string, { direction }: FirewallException): Finding[] {
  if (Token.isUnresolved(text)) return [];
  const faults = checkIpv4Range(property, text);
  if (faults.length > 0 || Ipv4Range.of(text).prefix > 0) return faults;
  const remedy =
    direction === "ingress"
      ? "name who connects: what the internet may reach belongs behind a load balancer"
      : "name ranges or domains: an exception for everywhere leaves nothing of the rule";
  return [{ property, received: text, remedy }];
}

function checkProtocol(at: string, { protocol = "tcp", ports = [] }: FirewallException): Finding[] {
  const known = Object.keys(protocols);
  if (!known.includes(protocol)) {
    const remedy = `${didYouMean(protocol, known)}Use one of ${known.join(", ")}`;
    return [{ property: `${at}.protocol`, received: protocol, remedy }];
  }
  if (!protocols[protocol].ports) {
    if (ports.length === 0) return [];
    return [{ property: `${at}.ports`, received: ports, remedy: `leave them out: ${protocol} has no ports` }];
  }
  return checkPorts(`${at}.ports`, ports);
}

/** Findings on ports of which there is none, or one that is no port. */
export function checkPorts(property: string, ports: readonly (number | string)[]): Finding[] {
  if (ports.length === 0)
    return [{ property, received: ports, remedy: 'name the ports, as 443 or "8000-8080"' }];
  return ports
    .filter((port) => !isPort(port))
    .map((port) => ({
      property,
      received: port,
      remedy: 'use a port from 1 to 65535, or a range of them as "8000-8080"',
    }));
}

function isPort(stated: number | string): boolean {
  if (typeof stated === "number") return Number.isInteger(stated) && stated >= 1 && stated <= 65_535;
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(stated) ?? [];
  return from !== undefined && Number(from) >= 1 && Number(from) <= Number(to) && Number(to) <= 65_535;
}
