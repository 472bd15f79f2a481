import type { Argument, Block, RenderedResource } from "./rendered-resource";

/** Types of firewall rules: of a network, of a policy, and policies that hold their rules themselves. */
export const firewallTypes = [
  "google_compute_firewall",
  "google_compute_firewall_policy_rule",
  "google_compute_firewall_policy_with_rules",
  "google_compute_network_firewall_policy_rule",
  "google_compute_network_firewall_policy_with_rules",
  "google_compute_region_network_firewall_policy_rule",
  "google_compute_region_network_firewall_policy_with_rules",
] as const;

/** A rule that may let traffic in. */
export interface IngressRule {
  /** Ranges of the internet, or of a network, from which traffic may come. */
  readonly ranges: readonly Argument[];
  /** Whatever else says where traffic may come from, such as tags. */
  readonly otherSources: readonly Argument[];
  readonly layers: readonly Block[];
  /** Name of a layer's argument that states its protocol. */
  readonly protocol: string;
  /** What decides whether the rule lets anything in, and is known only at apply. */
  readonly unknown: readonly Argument[];
}

/** The rules of a resource that may let traffic in. */
export function ingressRules(resource: RenderedResource): IngressRule[] {
  if (resource.type === "google_compute_firewall") return networkRule(resource);
  if (resource.type.endsWith("_with_rules"))
    return resource.blocks("rule").flatMap((rule) => policyRule(rule, "layer4_config", "src_secure_tag"));
  return policyRule(resource, "layer4_configs", "src_secure_tags");
}

function networkRule(rule: Block): IngressRule[] {
  // A rule without allow is one that denies.
  if (isOff(rule) || rule.arguments("allow").every(({ isAbsent }) => isAbsent)) return [];
  return [
    {
      ranges: rule.arguments("source_ranges"),
      otherSources: [...rule.arguments("source_tags"), ...rule.arguments("source_service_accounts")],
      layers: rule.blocks("allow"),
      protocol: "protocol",
      unknown: unknownOf(rule, ["direction", "disabled"]),
    },
  ];
}

/** Fields of a match that say where traffic comes from, beside ranges and tags. */
const matchedSources = ["src_address_groups", "src_fqdns", "src_region_codes", "src_threat_intelligences"];

function policyRule(rule: Block, layers: string, tags: string): IngressRule[] {
  const action = rule.argument("action");
  // What goes to the next policy is let in by that one, or not.
  if (isOff(rule) || ["deny", "goto_next"].includes(action.text.toLowerCase())) return [];
  return [
    {
      ranges: rule.arguments("match.src_ip_ranges"),
      otherSources: [...matchedSources, tags].flatMap((source) => rule.arguments(`match.${source}`)),
      layers: rule.blocks(`match.${layers}`),
      protocol: "ip_protocol",
      unknown: unknownOf(rule, ["direction", "disabled", "action"]),
    },
  ];
}

function isOff(rule: Block): boolean {
  return rule.argument("direction").value === "EGRESS" || rule.argument("disabled").isTrue;
}

function unknownOf(rule: Block, deciding: readonly string[]): Argument[] {
  return deciding.map((argument) => rule.argument(argument)).filter(({ isUnresolved }) => isUnresolved);
}

/**
 * Whether a range is a good part of the internet. Two halves of it are as open as the whole; no network has
 * ranges of its own as large as these, but for those that are never routed.
 */
export function isWide({ text }: Argument): boolean {
  if (text === "*") return true;
  const [, address, bits] = /^([0-9a-f.:]+)\/(\d+)$/i.exec(text) ?? [];
  if (address === undefined || Number(bits) >= 8) return false;
  return address.includes(":")
    ? !/^f[c-f]/i.test(address)
    : Number(bits) < 4 || Number.parseInt(address, 10) < 224;
}
