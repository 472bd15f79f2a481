import { TerraformStack, Testing } from "cdktf";
import {
  type FirewallException,
  Policies,
  PrivateNetwork,
  type PrivateNetworkProps,
  WorkloadIdentity,
} from "../../../constructs";
import { findings, onlyResource, resources, type Terraform, terraformOf } from "../../support/terraform";

const RULE = "google_compute_network_firewall_policy_rule";

function network(stack: TerraformStack, more: Partial<PrivateNetworkProps> = {}): PrivateNetwork {
  return new PrivateNetwork(stack, "Network", {
    name: "plinth-test",
    region: "europe-west4",
    cidr: "10.0.0.0/12",
    subnets: { inference: { nodes: 250, podsPerNode: 110 } },
    ...more,
  });
}

function rulesOf(terraform: Terraform): Record<string, Record<string, unknown>> {
  return Object.fromEntries(resources(terraform, RULE).map((rule) => [rule.rule_name, rule]));
}

const hub: FirewallException = {
  direction: "egress",
  domains: ["huggingface.co"],
  ports: [443],
  reason: "Checkpoints are fetched by the import job",
};

describe("the firewall of a network", () => {
  test("denies all that no exception names, both ways, at the lowest priority, and logs it", () => {
    const rules = rulesOf(terraformOf((stack) => network(stack)));
    expect(rules["deny-egress"]).toMatchObject({
      action: "deny",
      direction: "EGRESS",
      enable_logging: true,
      match: { dest_ip_ranges: ["0.0.0.0/0"], layer4_configs: [{ ip_protocol: "all" }] },
    });
    expect(rules["deny-ingress"]).toMatchObject({
      action: "deny",
      direction: "INGRESS",
      enable_logging: true,
      match: { src_ip_ranges: ["0.0.0.0/0"], layer4_configs: [{ ip_protocol: "all" }] },
    });
    const priority = (denies: boolean) =>
      Object.values(rules)
        .filter(({ action }) => (action === "deny") === denies)
        .map((rule) => Number(rule.priority));
    expect(Math.min(...priority(true))).toBeGreaterThan(Math.max(...priority(false)));
  });

  test("lets the network reach itself and Google's APIs, and health checks reach it, and no more", () => {
    const rules = rulesOf(terraformOf((stack) => network(stack)));
    expect(
      Object.values(rules)
        .filter(({ action }) => action === "allow")
        .map(({ rule_name, direction, match, enable_logging }) => [
          rule_name,
          direction,
          match,
          enable_logging,
        ]),
    ).toEqual(
      expect.arrayContaining([
        [
          "in-network",
          "EGRESS",
          { dest_ip_ranges: ["10.0.0.0/12"], layer4_configs: [{ ip_protocol: "all" }] },
          false,
        ],
        [
          "google-apis",
          "EGRESS",
          {
            dest_ip_ranges: ["199.36.153.4/30", "34.126.0.0/18"],
            layer4_configs: [{ ip_protocol: "tcp", ports: ["443"] }],
          },
          false,
        ],
        [
          "health-checks",
          "INGRESS",
          { src_ip_ranges: ["35.191.0.0/16", "130.211.0.0/22"], layer4_configs: [{ ip_protocol: "tcp" }] },
          false,
        ],
      ]),
    );
    expect(Object.keys(rules)).toHaveLength(5);
  });

  test("is associated with the network once all its rules are there", () => {
    const terraform = terraformOf((stack) => network(stack, { allow: { hub } }));
    expect(onlyResource(terraform, "google_compute_network_firewall_policy")).toMatchObject({
      name: "plinth-test",
    });
    const association = onlyResource(terraform, "google_compute_network_firewall_policy_association");
    expect(association).toMatchObject({
      attachment_target: expect.stringMatching(/^\$\{google_compute_network\.\w+\.id\}$/),
    });
    const rules = Object.keys(terraform.resource?.[RULE] ?? {}).map((rule) => `${RULE}.${rule}`);
    expect(rules).toHaveLength(6);
    expect([...(association.depends_on as string[])].sort()).toEqual(rules.sort());
  });

  test("counts what lies outside of the network's space but is stated to be its own", () => {
    const terraform = terraformOf((stack) =>
      network(stack, {
        subnets: { inference: { nodes: 250, podsPerNode: 110, ranges: { pods: "100.64.0.0/14" } } },
        privateServices: "192.168.0.0/20",
      }),
    );
    expect(rulesOf(terraform)["in-network"].match).toMatchObject({
      dest_ip_ranges: ["10.0.0.0/12", "100.64.0.0/14", "192.168.0.0/20"],
    });
  });

  test("lets health checks and proxies reach every TCP port, or those that are named, as the pci-dss pack wants", () => {
    const subnets = { inference: { nodes: 250 }, proxies: { nodes: 60, forProxies: true } };
    const layers = (loadBalancedPorts?: (number | string)[]) => {
      const rules = rulesOf(terraformOf((stack) => network(stack, { subnets, loadBalancedPorts })));
      return ["health-checks", "proxies"].map((rule) => Object(rules[rule].match).layer4_configs);
    };
    expect(layers()).toEqual([[{ ip_protocol: "tcp" }], [{ ip_protocol: "tcp" }]]);
    const named = [{ ip_protocol: "tcp", ports: ["443", "8000-8080"] }];
    expect(layers([443, "8000-8080"])).toEqual([named, named]);

    const broken = (loadBalancedPorts?: (number | string)[]) => {
      const stack = new TerraformStack(Testing.app(), "stack");
      network(stack, { subnets, loadBalancedPorts });
      const { findings } = Policies.check(stack, { packs: ["pci-dss"] });
      return findings.filter(({ rule }) => rule === "firewall-names-ports").length;
    };
    expect(broken()).toBeGreaterThan(0);
    expect(broken([8080])).toBe(0);
  });

  test("is refused ports to balance loads on that are none", () => {
    const of = (ports: (number | string)[]) =>
      findings((stack) => network(stack, { loadBalancedPorts: ports })).map(({ property }) => property);
    expect(of([])).toEqual(["loadBalancedPorts"]);
    expect(of([0, "90-80", 443])).toEqual(["loadBalancedPorts", "loadBalancedPorts"]);
  });

  test("lets SSH in by way of Identity-Aware Proxy where asked, and logs it", () => {
    expect(rulesOf(terraformOf((stack) => network(stack)))).not.toHaveProperty("iap-ssh");
    expect(rulesOf(terraformOf((stack) => network(stack, { iapSsh: true })))["iap-ssh"]).toMatchObject({
      direction: "INGRESS",
      enable_logging: true,
      match: {
        src_ip_ranges: ["35.235.240.0/20"],
        layer4_configs: [{ ip_protocol: "tcp", ports: ["22"] }],
      },
    });
  });

  test("lets through what an exception names, for whom, with its reason", () => {
    const terraform = terraformOf((stack) => {
      const importer = new WorkloadIdentity(stack, "Importer", { name: "importer", description: "Imports" });
      network(stack, { allow: { hub: { ...hub, targets: [importer] } } });
    });
    expect(rulesOf(terraform).hub).toEqual({
      firewall_policy: expect.stringMatching(/^\$\{google_compute_network_firewall_policy\.\w+\.name\}$/),
      rule_name: "hub",
      priority: expect.any(Number),
      description: "Checkpoints are fetched by the import job",
      action: "allow",
      direction: "EGRESS",
      enable_logging: true,
      target_service_accounts: [expect.stringMatching(/^\$\{google_service_account\.\w+\.email\}$/)],
      match: { dest_fqdns: ["huggingface.co"], layer4_configs: [{ ip_protocol: "tcp", ports: ["443"] }] },
    });
  });

  test.each<[string, Partial<FirewallException>, Record<string, unknown>]>([
    [
      "ranges it is reached from",
      { direction: "ingress", domains: [], ranges: ["10.8.0.0/16"], ports: [8_080, "9000-9100"] },
      {
        direction: "INGRESS",
        match: {
          src_ip_ranges: ["10.8.0.0/16"],
          layer4_configs: [{ ip_protocol: "tcp", ports: ["8080", "9000-9100"] }],
        },
      },
    ],
    [
      "a protocol without ports",
      { ranges: ["192.0.2.0/24"], domains: [], protocol: "icmp", ports: [] },
      { match: { dest_ip_ranges: ["192.0.2.0/24"], layer4_configs: [{ ip_protocol: "icmp" }] } },
    ],
    ["no logging", { log: false }, { enable_logging: false }],
    ["a priority", { priority: 1_000 }, { priority: 1_000 }],
  ])("takes exceptions with %s", (_, more, expected) => {
    const terraform = terraformOf((stack) => network(stack).allow("hub", { ...hub, ...more }));
    expect(rulesOf(terraform).hub).toMatchObject(expected);
  });

  test("gives an exception the same priority whatever others there are", () => {
    const priorityIn = (allow: Record<string, FirewallException>) =>
      rulesOf(terraformOf((stack) => network(stack, { allow }))).hub.priority;
    expect(priorityIn({ hub })).toBe(priorityIn({ first: hub, hub, last: hub }));
    // Written out, since another way to compute it would replace the rules of all who use it.
    expect(priorityIn({ hub })).toBe(149_059_395);
  });

  test("has no two exceptions of the same priority", () => {
    const [one, other] = [
      findings((stack) => {
        const built = network(stack, { allow: { hub: { ...hub, priority: 2_000 } } });
        built.allow("mirror", { ...hub, priority: 2_000 });
      }),
      findings((stack) =>
        network(stack, { allow: { hub: { ...hub, priority: 2_000 }, mirror: { ...hub, priority: 2_000 } } }),
      ),
    ];
    expect(other).toEqual(one);
    expect(one).toEqual([
      {
        property: "allow.mirror.priority",
        received: 2_000,
        remedy: "state another: it is that of allow.hub",
      },
    ]);
  });

  test.each<[string, Partial<FirewallException>, string, string]>([
    [
      "an unknown direction",
      { direction: "out" as "egress" },
      "allow.hub.direction",
      'use "egress" or "ingress"',
    ],
    [
      "nobody at the other end",
      { domains: [] },
      "allow.hub.ranges",
      "the ranges or the domains that traffic goes to",
    ],
    [
      "nobody it is reached from",
      { direction: "ingress", domains: [] },
      "allow.hub.ranges",
      "the ranges that traffic comes from",
    ],
    ["domains it is reached from", { direction: "ingress" }, "allow.hub.domains", "name ranges instead"],
    [
      "everywhere as its destination",
      { ranges: ["0.0.0.0/0"] },
      "allow.hub.ranges",
      "leaves nothing of the rule",
    ],
    [
      "the internet as its source",
      { direction: "ingress", domains: [], ranges: ["0.0.0.0/0"] },
      "allow.hub.ranges",
      "behind a load balancer",
    ],
    ["a range that is none", { ranges: ["10.0.0.1/8"] }, "allow.hub.ranges", 'did you mean "10.0.0.0/8"?'],
    ["a wildcard", { domains: ["*.huggingface.co"] }, "allow.hub.domains", "a domain name"],
    ["a protocol that is none", { protocol: "tpc" as "tcp" }, "allow.hub.protocol", 'did you mean "tcp"?'],
    ["every port", { ports: [] }, "allow.hub.ports", "name the ports"],
    ["ports where there are none", { protocol: "icmp" }, "allow.hub.ports", "icmp has no ports"],
    ["a port that is none", { ports: [70_000] }, "allow.hub.ports", "from 1 to 65535"],
    ["ports in reverse", { ports: ["9100-9000"] }, "allow.hub.ports", "8000-8080"],
    ["hardly a reason", { reason: " needed  " }, "allow.hub.reason", "who needs this and what for"],
    ["a priority of the built-in rules", { priority: 100 }, "allow.hub.priority", "from 1000"],
  ])("refuses an exception with %s", (_, more, property, remedy) => {
    expect(findings((stack) => network(stack, { allow: { hub: { ...hub, ...more } } }))).toEqual([
      expect.objectContaining({ property, remedy: expect.stringContaining(remedy) }),
    ]);
    expect(findings((stack) => network(stack).allow("hub", { ...hub, ...more }))).toHaveLength(1);
  });

  test("refuses an exception by a name that no rule may have", () => {
    expect(findings((stack) => network(stack, { allow: { "Hugging Face": hub } }))).toEqual([
      expect.objectContaining({ property: "allow.Hugging Face", received: "Hugging Face" }),
    ]);
  });
});
