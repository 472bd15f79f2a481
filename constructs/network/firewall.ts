import { createHash } from "node:crypto";
import { ComputeNetworkFirewallPolicy } from "@cdktf/provider-google/lib/compute-network-firewall-policy";
import { ComputeNetworkFirewallPolicyAssociation } from "@cdktf/provider-google/lib/compute-network-firewall-policy-association";
import { ComputeNetworkFirewallPolicyRule } from "@cdktf/provider-google/lib/compute-network-firewall-policy-rule";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { networkCatalog, restrictedVip } from "../catalog/network";
import { ConstructError } from "../construct-error";
import type { WorkloadIdentity } from "../security/workload-identity";
import { checkFirewallException, exceptionPriorities, samePriority } from "./firewall-checks";

export type FirewallProtocol = "tcp" | "udp" | "sctp" | "icmp" | "esp" | "ah";

/** Traffic that is let through although all is denied that no exception names. */
export interface FirewallException {
  /** Whether machines of the network begin the connection, or are connected to. */
  readonly direction: "egress" | "ingress";

  /**
   * Ranges at the other end: where traffic goes to, or where it comes from.
   *
   * @default - none; an exception for egress may name domains instead
   */
  readonly ranges?: readonly string[];

  /**
   * Domains that traffic goes to, as `huggingface.co`, without the subdomains. Egress only; Google bills rules with
   * domains as part of Cloud NGFW Standard.
   *
   * @default - none
   */
  readonly domains?: readonly string[];

  /** @default "tcp" */
  readonly protocol?: FirewallProtocol;

  /**
   * Ports at the end that is connected to, as `443` or `"8000-8080"`. Protocols that have ports need some.
   *
   * @default - none
   */
  readonly ports?: readonly (number | string)[];

  /**
   * Whose machines the exception is for, by the service account that they run as.
   *
   * @default - all machines of the network
   */
  readonly targets?: readonly Pick<WorkloadIdentity, "email">[];

  /** Who needs this and what for. Google shows it beside the rule. */
  readonly reason: string;

  /**
   * Whether connections that the exception lets through are logged.
   *
   * @default true
   */
  readonly log?: boolean;

  /**
   * The rule's priority in its policy, which has no two of the same. Nothing follows from the order of exceptions,
   * since all of them allow.
   *
   * @default - computed from the exception's name, so that it stays when others come and go
   */
  readonly priority?: number;
}

export interface FirewallProps {
  /** Name of the policy. */
  readonly name: string;

  /** Network that the policy is for. */
  readonly networkId: string;

  /** Ranges of the network itself, in which its machines may connect to each other. */
  readonly networkRanges: readonly string[];

  /** Ranges of the network that the proxies of load balancers have. */
  readonly proxyRanges: readonly string[];

  /** TCP ports that health checks, load balancers and proxies reach; all where none are stated. */
  readonly loadBalancedPorts?: readonly (number | string)[];

  /** Whether Identity-Aware Proxy may forward SSH. */
  readonly iapSsh: boolean;

  readonly allow: Readonly<Record<string, FirewallException>>;
}

/** What all networks have, before the exceptions and after them. */
const priorities = {
  InNetwork: 100,
  GoogleApis: 110,
  HealthChecks: 120,
  IapSsh: 130,
  Proxies: 140,
  DenyEgress: 2_000_000_000,
  DenyIngress: 2_000_000_001,
} as const;

const EVERYWHERE = "0.0.0.0/0";

/**
 * A global network firewall policy that denies what no exception names, in both directions, and logs it.
 *
 * It is a policy and not a set of VPC firewall rules because a policy can name domains, has an IAM of its own, and is
 * what Google develops further. Network tags, which whoever may edit a machine may set on it, are not offered; service
 * accounts are. VPC firewall rules are still evaluated first, as Google has it by default, since GKE and Google's load
 * balancers write those that they need as such.
 */
export class Firewall extends Construct {
  private readonly policy: ComputeNetworkFirewallPolicy;
  private readonly used = new Map<number, string>();

  constructor(scope: Construct, id: string, props: FirewallProps) {
    super(scope, id);
    const { name, networkId, networkRanges, proxyRanges, loadBalancedPorts, iapSsh, allow } = props;
    const loadBalanced = { ipProtocol: "tcp", ports: loadBalancedPorts?.map(String) };
    this.policy = new ComputeNetworkFirewallPolicy(this, "Resource", {
      name,
      description: "Denies what no exception names",
    });
    const rules = [
      this.builtIn(
        "InNetwork",
        "Machines of the network reach each other's ranges; ingress takes an exception",
        {
          direction: "EGRESS",
          match: { destIpRanges: [...networkRanges], layer4Configs: [{ ipProtocol: "all" }] },
        },
      ),
      this.builtIn("GoogleApis", "Google's APIs, by the restricted VIP and directly", {
        direction: "EGRESS",
        match: {
          destIpRanges: [restrictedVip.range, restrictedVip.directRange],
          layer4Configs: [{ ipProtocol: "tcp", ports: ["443"] }],
        },
      }),
      this.builtIn("HealthChecks", "Health checks and load balancers of Google", {
        direction: "INGRESS",
        match: {
          srcIpRanges: [...networkCatalog.healthCheckRanges],
          layer4Configs: [loadBalanced],
        },
      }),
      ...(iapSsh
        ? [
            this.builtIn("IapSsh", "SSH by way of Identity-Aware Proxy, to whom IAM grants it", {
              direction: "INGRESS",
              enableLogging: true,
              match: {
                srcIpRanges: [networkCatalog.iapRange],
                layer4Configs: [{ ipProtocol: "tcp", ports: ["22"] }],
              },
            }),
          ]
        : []),
      ...(proxyRanges.length > 0
        ? [
            this.builtIn("Proxies", "The network's own load balancers, to what is behind them", {
              direction: "INGRESS",
              match: { srcIpRanges: [...proxyRanges], layer4Configs: [loadBalanced] },
            }),
          ]
        : []),
      ...Object.entries(allow).map(([exceptionName, exception]) => this.allow(exceptionName, exception)),
      this.builtIn("DenyEgress", "All that no exception names", {
        action: "deny",
        direction: "EGRESS",
        enableLogging: true,
        match: { destIpRanges: [EVERYWHERE], layer4Configs: [{ ipProtocol: "all" }] },
      }),
      this.builtIn("DenyIngress", "All that no exception names", {
        action: "deny",
        direction: "INGRESS",
        enableLogging: true,
        match: { srcIpRanges: [EVERYWHERE], layer4Configs: [{ ipProtocol: "all" }] },
      }),
    ];
    new ComputeNetworkFirewallPolicyAssociation(this, "Association", {
      name,
      firewallPolicy: this.policy.name,
      attachmentTarget: networkId,
      // With half of its rules the policy would deny what the other half allows.
      dependsOn: rules,
    });
  }

  /** Lets through what an exception names. Returns the rule, to wait for. */
  allow(name: string, exception: FirewallException): ITerraformDependable {
    const { direction, ranges = [], domains = [], protocol = "tcp", ports = [], targets = [] } = exception;
    const { priority = priorityOf(name), reason, log = true } = exception;
    const holder = this.used.get(priority);
    ConstructError.throwIfAny(this, [
      ...checkFirewallException(name, exception),
      ...(holder === undefined ? [] : [samePriority(name, priority, holder)]),
    ]);
    this.used.set(priority, name);
    const egress = direction === "egress";
    const some = <T>(list: readonly T[]) => (list.length > 0 ? [...list] : undefined);
    return new ComputeNetworkFirewallPolicyRule(this, name, {
      firewallPolicy: this.policy.name,
      priority,
      ruleName: name,
      description: reason,
      action: "allow",
      direction: egress ? "EGRESS" : "INGRESS",
      enableLogging: log,
      targetServiceAccounts: some(targets.map(({ email }) => email)),
      match: {
        ...(egress
          ? { destIpRanges: some(ranges), destFqdns: some(domains) }
          : { srcIpRanges: some(ranges) }),
        layer4Configs: [{ ipProtocol: protocol, ports: some(ports.map(String)) }],
      },
    });
  }

  private builtIn(
    id: keyof typeof priorities,
    description: string,
    rule: Pick<ConstructorParameters<typeof ComputeNetworkFirewallPolicyRule>[2], "direction" | "match"> & {
      readonly action?: "deny";
      readonly enableLogging?: boolean;
    },
  ): ComputeNetworkFirewallPolicyRule {
    return new ComputeNetworkFirewallPolicyRule(this, id, {
      firewallPolicy: this.policy.name,
      priority: priorities[id],
      ruleName: id.replace(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase(),
      description,
      action: "allow",
      enableLogging: false,
      ...rule,
    });
  }
}

/**
 * One of two thousand million priorities, which is what tells the rules of a policy apart. By the name, so that it is
 * neither for the user to keep in order nor moves when exceptions before it go; a move would replace the rule.
 */
function priorityOf(name: string): number {
  const { max } = exceptionPriorities;
  // Priorities below a million are left to those that are stated.
  const min = 1_000_000;
  return min + (createHash("sha256").update(name).digest().readUInt32BE() % (max - min + 1));
}
