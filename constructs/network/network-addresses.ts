import { networkCatalog } from "../catalog/network";
import { checkWhole } from "../catalog/whole-numbers";
import type { Finding } from "../construct-error";
import { AddressPlan } from "./address-plan";
import { checkIpv4Range, Ipv4Range } from "./ipv4-range";

/** What a subnet must hold, and where its ranges lie if that is not to be computed. */
export interface SubnetSize {
  /**
   * Machines that must fit: nodes of a cluster, virtual machines. Each instance of Cloud Run counts twice, and Cloud Run
   * takes no subnet for fewer than 60.
   */
  readonly nodes: number;

  /**
   * Pods that a node may run, 8 to 256, where the subnet is a cluster's.
   *
   * @default - no ranges for pods and services
   */
  readonly podsPerNode?: number;

  /**
   * Kubernetes services that must fit, where the subnet is a cluster's.
   *
   * @default 4096
   */
  readonly services?: number;

  /**
   * Whether the subnet is for the proxies of the region's load balancers, which take at least 64 addresses, and for
   * nothing else. The gateways of a cluster need one in their region, which may have no second.
   *
   * @default false
   */
  readonly forProxies?: boolean;

  /**
   * Where ranges lie, as `{ pods: "100.64.0.0/14" }`, inside of the network's `cidr` or outside of it.
   *
   * @default - the lowest ranges of the network's `cidr` that are free after the subnets before this one
   */
  readonly ranges?: { readonly nodes?: string; readonly pods?: string; readonly services?: string };
}

export interface NetworkSize {
  readonly cidr: string;
  readonly subnets: Readonly<Record<string, SubnetSize>>;
  readonly privateServices?: number | string;
}

/** A subnet's ranges, and how much fits into them. */
export interface SubnetAddresses {
  readonly nodes: Ipv4Range;
  readonly pods?: Ipv4Range;
  readonly services?: Ipv4Range;

  /** How many fit. Of nodes only as many as there are pods' addresses for; of pods, those of all nodes together. */
  readonly capacity: { readonly nodes: number; readonly pods: number; readonly services: number };
}

export interface NetworkAddresses {
  readonly space: Ipv4Range;
  readonly subnets: ReadonlyMap<string, SubnetAddresses>;
  /** Addresses of the network's own that lie in no subnet, as endpoints for Google's APIs must. */
  readonly endpoints: Ipv4Range;
  readonly privateServices?: Ipv4Range;
}

const ENDPOINTS_PREFIX = 28;
const SERVICES = 4_096;

const reserved = networkCatalog.reservedRanges.map(({ range, reason }) => ({
  range: Ipv4Range.of(range),
  reason,
}));
const ownable = networkCatalog.privateRanges.map((range) => Ipv4Range.of(range));

/**
 * Every range of a network, computed or as stated, or the findings for which there is none.
 *
 * Subnets get theirs from the start of the space in the order of their declaration, and what there is once per network
 * gets its from the end, so that neither moves when a subnet is appended. A subnet that is removed or that grows may
 * move those after it, which the ranges that they have can be stated against.
 */
export function planNetwork(size: NetworkSize): { addresses?: NetworkAddresses; findings: Finding[] } {
  const findings = [...checkStatedRange("cidr", size.cidr, "space"), ...checkSizes(size)];
  if (findings.length > 0) return { findings };

  const space = Ipv4Range.of(size.cidr);
  const plan = new AddressPlan(space);
  for (const { range, reason } of reserved) plan.take(`what ${reason}`, range);
  const allotment = new Allotment(plan, findings);

  const endpoints = allotment.ofPrefix("endpoints", ENDPOINTS_PREFIX, "end");
  const privateServices =
    size.privateServices === undefined
      ? undefined
      : typeof size.privateServices === "string"
        ? allotment.stated("privateServices", size.privateServices, "end")
        : allotment.ofPrefix("privateServices", size.privateServices, "end");
  const subnets = new Map<string, SubnetAddresses>();
  for (const [name, subnet] of Object.entries(size.subnets)) {
    const addresses = addressesOf(allotment, name, subnet);
    if (addresses !== undefined) subnets.set(name, addresses);
  }
  if (endpoints === undefined || findings.length > 0) return { findings };
  return { addresses: { space, subnets, endpoints, privateServices }, findings };
}

/** Hands out a plan's ranges, and notes why there was none. */
class Allotment {
  constructor(
    private readonly plan: AddressPlan,
    private readonly findings: Finding[],
  ) {}

  ofPrefix(what: string, prefix: number, from?: "start" | "end"): Ipv4Range | undefined {
    const range = this.plan.allot(what, prefix, from);
    if (range === undefined)
      this.findings.push({
        property: "cidr",
        received: String(this.plan.space),
        remedy: `widen it: no /${prefix} is left in it for ${what}`,
      });
    return range;
  }

  stated(property: string, text: string, from?: "start" | "end"): Ipv4Range | undefined {
    const range = Ipv4Range.of(text);
    const holder = this.plan.holderOf(range);
    if (holder !== undefined) {
      const free = this.plan.free(range.prefix, from);
      const another = free === undefined ? "another" : `another, as ${free}`;
      const remedy = `state ${another}: it overlaps ${holder.by}, ${holder.range}`;
      this.findings.push({ property, received: text, remedy });
      return undefined;
    }
    this.plan.take(property, range);
    return range;
  }
}

function addressesOf(allotment: Allotment, name: string, size: SubnetSize): SubnetAddresses | undefined {
  const { nodes, podsPerNode, services = SERVICES, ranges = {} } = size;
  const allot = (kind: RangeKind, prefix: number) => {
    const stated = ranges[kind];
    return stated === undefined
      ? allotment.ofPrefix(`subnets.${name}.${kind}`, prefix)
      : allotment.stated(`subnets.${name}.ranges.${kind}`, stated);
  };
  const nodesRange = allot("nodes", nodesPrefix(size));
  if (podsPerNode === undefined)
    return (
      nodesRange && { nodes: nodesRange, capacity: { nodes: machinesIn(nodesRange), pods: 0, services: 0 } }
    );

  const podsRange = allot("pods", podsPrefix(nodes, podsPerNode));
  const servicesRange = allot("services", servicesPrefix(services));
  if (nodesRange === undefined || podsRange === undefined || servicesRange === undefined) return undefined;
  const fitting = Math.min(machinesIn(nodesRange), podsRange.size / podAddressesOf(podsPerNode));
  return {
    nodes: nodesRange,
    pods: podsRange,
    services: servicesRange,
    capacity: { nodes: fitting, pods: fitting * podsPerNode, services: servicesRange.size },
  };
}

type RangeKind = "nodes" | "pods" | "services";

function nodesPrefix({ nodes, forProxies }: SubnetSize): number {
  const { unusableAddresses, subnetPrefix, proxiesPrefixMax } = networkCatalog;
  const prefix = Ipv4Range.prefixFor(nodes + unusableAddresses);
  return Math.min(prefix, forProxies ? proxiesPrefixMax : subnetPrefix.max);
}

function machinesIn(range: Ipv4Range): number {
  return range.size - networkCatalog.unusableAddresses;
}

/** Every node gets a block of its own, a power of two, of at least twice as many addresses as it may run pods. */
function podAddressesOf(podsPerNode: number): number {
  return 2 ** (32 - Ipv4Range.prefixFor(podsPerNode * networkCatalog.podAddressesPerPod));
}

function podsPrefix(nodes: number, podsPerNode: number): number {
  return Ipv4Range.prefixFor(nodes * podAddressesOf(podsPerNode));
}

function servicesPrefix(services: number): number {
  return Ipv4Range.prefixFor(services);
}

function checkSizes({ subnets, privateServices }: NetworkSize): Finding[] {
  return [
    ...Object.entries(subnets).flatMap(([name, size]) => checkSubnetSize(`subnets.${name}`, size)),
    ...(privateServices === undefined ? [] : checkPrivateServices(privateServices)),
  ];
}

function checkSubnetSize(at: string, size: SubnetSize): Finding[] {
  const { nodes, podsPerNode, services, ranges = {} } = size;
  const { podsPerNode: pods, servicesPrefix: prefixes, subnetPrefix } = networkCatalog;
  const [servicesMin, servicesMax] = [2 ** (32 - prefixes.max), 2 ** (32 - prefixes.min)];
  const nodesMax = 2 ** (32 - subnetPrefix.min) - networkCatalog.unusableAddresses;
  const counts = [
    ...checkWhole(`${at}.nodes`, nodes, 1, nodesMax),
    ...(podsPerNode === undefined ? [] : checkWhole(`${at}.podsPerNode`, podsPerNode, pods.min, pods.max)),
    ...(services === undefined ? [] : checkWhole(`${at}.services`, services, servicesMin, servicesMax)),
  ];
  const unused =
    podsPerNode !== undefined
      ? []
      : [
          ...(services === undefined ? [] : [{ property: `${at}.services`, received: services }]),
          ...(["pods", "services"] as const)
            .filter((kind) => ranges[kind] !== undefined)
            .map((kind) => ({ property: `${at}.ranges.${kind}`, received: ranges[kind] })),
        ].map((finding) => ({
          ...finding,
          remedy: "state podsPerNode too, or leave it out: no cluster, no such range",
        }));
  if (counts.length > 0 || unused.length > 0) return [...counts, ...unused];
  if (size.forProxies && podsPerNode !== undefined) {
    const remedy = "leave it out: a subnet for proxies has no cluster in it";
    return [{ property: `${at}.podsPerNode`, received: podsPerNode, remedy }];
  }

  return [
    ...checkStatedSize(`${at}.ranges.nodes`, ranges.nodes, nodesPrefix(size), subnetPrefix.min),
    ...(podsPerNode === undefined
      ? []
      : [
          ...checkStatedSize(
            `${at}.ranges.pods`,
            ranges.pods,
            podsPrefix(nodes, podsPerNode),
            subnetPrefix.min,
          ),
          ...checkStatedSize(
            `${at}.ranges.services`,
            ranges.services,
            servicesPrefix(services ?? SERVICES),
            prefixes.min,
          ),
        ]),
  ];
}

function checkStatedSize(
  property: string,
  text: string | undefined,
  smallest: number,
  largest: number,
): Finding[] {
  if (text === undefined) return [];
  const faults = checkStatedRange(property, text, "range");
  if (faults.length > 0) return faults;
  const { prefix } = Ipv4Range.of(text);
  if (prefix > smallest)
    return [
      { property, received: text, remedy: `state a /${smallest} or larger: it must hold what is asked for` },
    ];
  if (prefix < largest)
    return [{ property, received: text, remedy: `state a /${largest} or smaller, as Google demands` }];
  return [];
}

function checkPrivateServices(stated: number | string): Finding[] {
  const property = "privateServices";
  const { min, max } = networkCatalog.privateServicesPrefix;
  if (typeof stated === "string") return checkStatedSize(property, stated, max, min);
  if (Number.isInteger(stated) && stated >= min && stated <= max) return [];
  return [{ property, received: stated, remedy: `use a prefix from ${min} to ${max}, or a range` }];
}

/** A space may have reserved ranges in it, which are left out of what is handed out; a range may not. */
function checkStatedRange(property: string, text: string, as: "space" | "range"): Finding[] {
  const faults = checkIpv4Range(property, text);
  if (faults.length > 0) return faults;
  const remedy = foreignRange(Ipv4Range.of(text), as);
  return remedy === undefined ? [] : [{ property, received: text, remedy }];
}

/** What to do about a range, or an address, that is not a network's to use; nothing for one that is. */
export function foreignRange(range: Ipv4Range, as: "space" | "range" = "range"): string | undefined {
  const clash = reserved.find((held) =>
    as === "space" ? held.range.contains(range) : held.range.overlaps(range),
  );
  if (clash !== undefined) return `state another: ${clash.range} ${clash.reason}`;
  if (ownable.some((held) => held.contains(range))) return undefined;
  return `state one inside of ${networkCatalog.privateRanges.join(", ")}: others belong to somebody on the internet`;
}
