import { TerraformOutput, type TerraformStack } from "cdktf";
import { Principal, PrivateNetwork, type PrivateNetworkProps } from "../../../constructs";
import { findings, onlyResource, resources, type Terraform, terraformOf } from "../../support/terraform";

const props: PrivateNetworkProps = {
  name: "plinth-test",
  region: "europe-west4",
  cidr: "10.0.0.0/12",
  subnets: { inference: { nodes: 250, podsPerNode: 110 }, batch: { nodes: 60, region: "us-central1" } },
};

function network(stack: TerraformStack, more: Partial<PrivateNetworkProps> = {}): PrivateNetwork {
  return new PrivateNetwork(stack, "Network", { ...props, ...more });
}

function terraformWith(more: Partial<PrivateNetworkProps> = {}): Terraform {
  return terraformOf((stack) => network(stack, more));
}

function named(terraform: Terraform, type: string): Record<string, Record<string, unknown>> {
  return Object.fromEntries(resources(terraform, type).map((resource) => [resource.name, resource]));
}

/** Where a reference leads, as it is written into Terraform JSON. */
function output(stack: TerraformStack, value: string): void {
  new TerraformOutput(stack, "reference", { value, staticId: true });
}

function outputOf(terraform: Terraform): unknown {
  return (terraform as { output?: { reference?: { value?: unknown } } }).output?.reference?.value;
}

const networkId = expect.stringMatching(/^\$\{google_compute_network\.Network_\w+\.id\}$/);

describe("a private network", () => {
  test("has the subnets that are declared and no others, and no route that it does not declare", () => {
    expect(onlyResource(terraformWith(), "google_compute_network")).toEqual({
      name: "plinth-test",
      auto_create_subnetworks: false,
      delete_default_routes_on_create: true,
      routing_mode: "REGIONAL",
      mtu: 1_460,
      network_firewall_policy_enforcement_order: "AFTER_CLASSIC_FIREWALL",
      lifecycle: { prevent_destroy: true },
    });
  });

  test("gives each subnet its ranges, private access and flow logs", () => {
    const subnets = named(terraformWith(), "google_compute_subnetwork");
    expect(subnets).toEqual({
      "plinth-test-inference": {
        name: "plinth-test-inference",
        network: networkId,
        region: "europe-west4",
        ip_cidr_range: "10.0.0.0/24",
        secondary_ip_range: [
          { range_name: "pods", ip_cidr_range: "10.1.0.0/16" },
          { range_name: "services", ip_cidr_range: "10.0.16.0/20" },
        ],
        send_secondary_ip_range_if_empty: true,
        stack_type: "IPV4_ONLY",
        private_ip_google_access: true,
        log_config: {
          aggregation_interval: "INTERVAL_5_SEC",
          flow_sampling: 1,
          metadata: "INCLUDE_ALL_METADATA",
        },
        lifecycle: { prevent_destroy: true },
      },
      "plinth-test-batch": expect.objectContaining({
        region: "us-central1",
        ip_cidr_range: "10.0.1.0/26",
        secondary_ip_range: [],
      }),
    });
  });

  test("logs as closely as is asked for, in all subnets or in one", () => {
    const subnets = named(
      terraformWith({
        flowLogs: { intervalSeconds: 600, sampling: 0.1, metadata: false },
        subnets: { a: { nodes: 4 }, b: { nodes: 4, flowLogs: { sampling: 0.5 } } },
      }),
      "google_compute_subnetwork",
    );
    const log = { aggregation_interval: "INTERVAL_10_MIN", metadata: "EXCLUDE_ALL_METADATA" };
    expect(subnets["plinth-test-a"].log_config).toEqual({ ...log, flow_sampling: 0.1 });
    expect(subnets["plinth-test-b"].log_config).toEqual({ ...log, flow_sampling: 0.5 });
  });

  test("reaches Google's APIs by the restricted VIP: routes, and a zone for each domain", () => {
    const terraform = terraformWith({ nat: false });
    expect(
      resources(terraform, "google_compute_route").map(({ dest_range, next_hop_gateway }) => [
        dest_range,
        next_hop_gateway,
      ]),
    ).toEqual([
      ["34.126.0.0/18", "default-internet-gateway"],
      ["199.36.153.4/30", "default-internet-gateway"],
    ]);
    const zones = named(terraform, "google_dns_managed_zone");
    expect(zones["plinth-test-google-apis"]).toMatchObject({
      dns_name: "googleapis.com.",
      visibility: "private",
      private_visibility_config: { networks: [{ network_url: networkId }] },
    });
    expect(Object.values(zones).map(({ dns_name }) => dns_name)).toEqual(
      expect.arrayContaining(["gcr.io.", "pkg.dev.", "run.app.", "gke.goog."]),
    );
    const records = named(terraform, "google_dns_record_set");
    expect(records["restricted.googleapis.com."]).toMatchObject({
      type: "A",
      rrdatas: ["199.36.153.4", "199.36.153.5", "199.36.153.6", "199.36.153.7"],
    });
    expect(records["*.googleapis.com."]).toMatchObject({
      type: "CNAME",
      rrdatas: ["restricted.googleapis.com."],
    });
    expect(records["pkg.dev."]).toMatchObject({
      type: "A",
      rrdatas: records["restricted.googleapis.com."].rrdatas,
    });
    expect(records["*.pkg.dev."]).toMatchObject({ type: "CNAME", rrdatas: ["pkg.dev."] });
    expect(Object.keys(records)).toHaveLength(2 * Object.keys(zones).length);
  });

  test("logs every lookup", () => {
    expect(onlyResource(terraformWith(), "google_dns_policy")).toMatchObject({
      enable_logging: true,
      networks: [{ network_url: networkId }],
    });
  });

  test("has NAT in each region with a subnet, which logs what it drops", () => {
    const terraform = terraformWith();
    expect(Object.keys(named(terraform, "google_compute_router"))).toEqual([
      "plinth-test-europe-west4",
      "plinth-test-us-central1",
    ]);
    expect(resources(terraform, "google_compute_router_nat")).toEqual(
      ["europe-west4", "us-central1"].map((region) => ({
        name: "nat",
        router: expect.stringMatching(/^\$\{google_compute_router\.[\w-]+\.name\}$/),
        region,
        nat_ip_allocate_option: "AUTO_ONLY",
        source_subnetwork_ip_ranges_to_nat: "ALL_SUBNETWORKS_ALL_IP_RANGES",
        enable_dynamic_port_allocation: true,
        enable_endpoint_independent_mapping: false,
        min_ports_per_vm: 64,
        max_ports_per_vm: 65_536,
        log_config: { enable: true, filter: "ERRORS_ONLY" },
      })),
    );
    expect(named(terraform, "google_compute_route")["plinth-test-internet"]).toMatchObject({
      dest_range: "0.0.0.0/0",
    });
  });

  test("is seen under known addresses where their names are stated, whose order is of no consequence", () => {
    const terraform = terraformWith({ nat: { portsPerMachineMin: 128, addresses: ["partners", "spare"] } });
    expect(Object.keys(named(terraform, "google_compute_address")).sort()).toEqual([
      "plinth-test-europe-west4-partners",
      "plinth-test-europe-west4-spare",
      "plinth-test-us-central1-partners",
      "plinth-test-us-central1-spare",
    ]);
    for (const address of resources(terraform, "google_compute_address"))
      expect(address.lifecycle).toEqual({ prevent_destroy: true });
    expect(resources(terraform, "google_compute_router_nat")[0]).toMatchObject({
      nat_ip_allocate_option: "MANUAL_ONLY",
      nat_ips: [expect.stringContaining("_Addresspartners_"), expect.stringContaining("_Addressspare_")],
      min_ports_per_vm: 128,
    });
  });

  test("has no path to the internet where it has no NAT", () => {
    const terraform = terraformWith({ nat: false });
    for (const type of ["google_compute_router", "google_compute_router_nat"])
      expect(resources(terraform, type)).toEqual([]);
    expect(resources(terraform, "google_compute_route").map(({ dest_range }) => dest_range)).not.toContain(
      "0.0.0.0/0",
    );
  });

  test("has a subnet for the proxies of load balancers where asked, which reach what is behind them", () => {
    const terraform = terraformWith({
      subnets: { ...props.subnets, proxies: { nodes: 1, forProxies: true } },
    });
    expect(named(terraform, "google_compute_subnetwork")["plinth-test-proxies"]).toEqual({
      name: "plinth-test-proxies",
      network: networkId,
      region: "europe-west4",
      ip_cidr_range: "10.0.1.64/26",
      secondary_ip_range: [],
      purpose: "REGIONAL_MANAGED_PROXY",
      role: "ACTIVE",
      lifecycle: { prevent_destroy: true },
    });
    expect(resources(terraform, "google_compute_network_firewall_policy_rule")).toContainEqual(
      expect.objectContaining({
        rule_name: "proxies",
        action: "allow",
        direction: "INGRESS",
        match: { src_ip_ranges: ["10.0.1.64/26"], layer4_configs: [{ ip_protocol: "tcp" }] },
      }),
    );
  });

  test("peers with Google's own networks where services there are asked for, and has them wait for it", () => {
    const terraform = terraformOf((stack) => {
      output(stack, network(stack, { privateServices: 20 }).privateServicesNetworkId);
    });
    expect(onlyResource(terraform, "google_compute_global_address")).toMatchObject({
      name: "plinth-test-services",
      purpose: "VPC_PEERING",
      address_type: "INTERNAL",
      address: "10.15.224.0",
      prefix_length: 20,
      network: networkId,
      lifecycle: { prevent_destroy: true },
    });
    expect(onlyResource(terraform, "google_service_networking_connection")).toMatchObject({
      service: "servicenetworking.googleapis.com",
      reserved_peering_ranges: [expect.stringMatching(/^\$\{google_compute_global_address\.\w+\.name\}$/)],
    });
    expect(outputOf(terraform)).toMatch(/^\$\{google_service_networking_connection\.\w+\.network\}$/);
  });

  test("says so where private services are asked for that it does not have", () => {
    expect(findings((stack) => void network(stack).privateServicesNetworkId)).toEqual([
      { property: "privateServices", received: undefined, remedy: expect.stringContaining("prefix") },
    ]);
  });

  test("takes jumbo frames and global routing where asked", () => {
    expect(
      onlyResource(terraformWith({ mtu: 8_896, routing: "global" }), "google_compute_network"),
    ).toMatchObject({ mtu: 8_896, routing_mode: "GLOBAL" });
  });

  test("can be destroyed where it is not protected", () => {
    const terraform = terraformWith({ deletionProtection: false, privateServices: 20 });
    for (const type of [
      "google_compute_network",
      "google_compute_subnetwork",
      "google_compute_global_address",
      "google_service_networking_connection",
    ])
      for (const { lifecycle } of resources(terraform, type))
        expect(lifecycle).toEqual({ prevent_destroy: false });
  });

  test("knows its subnets by name, with what clusters need of them", () => {
    const terraform = terraformOf((stack) => {
      const built = network(stack);
      const inference = built.subnet("inference");
      expect(inference).toMatchObject({
        region: "europe-west4",
        podsRangeName: "pods",
        servicesRangeName: "services",
        addresses: { capacity: { nodes: 252, pods: 27_720, services: 4_096 } },
      });
      const batch = built.subnet("batch");
      expect([batch.podsRangeName, batch.servicesRangeName]).toEqual([undefined, undefined]);
      output(stack, inference.subnetId);
    });
    expect(outputOf(terraform)).toMatch(/^\$\{google_compute_subnetwork\.Network_inference_\w+\.id\}$/);
  });

  test("names the nearest of its subnets where one is asked for that it does not have", () => {
    expect(findings((stack) => network(stack).subnet("inferense"))).toEqual([
      {
        property: "subnet",
        received: "inferense",
        remedy: expect.stringMatching(/^did you mean "inference"\? Name one of inference, batch$/),
      },
    ]);
  });

  test("lets an identity put machines into a subnet, where that is granted", () => {
    const terraform = terraformOf((stack) =>
      network(stack)
        .subnet("inference")
        .grantUse(new Principal(stack, "Agent", "serviceAccount:agent@acme.iam.gserviceaccount.com")),
    );
    expect(onlyResource(terraform, "google_compute_subnetwork_iam_member")).toEqual({
      project: expect.stringMatching(/^\$\{google_compute_subnetwork\.\w+\.project\}$/),
      region: "europe-west4",
      subnetwork: expect.stringMatching(/^\$\{google_compute_subnetwork\.\w+\.name\}$/),
      role: "roles/compute.networkUser",
      member: "serviceAccount:agent@acme.iam.gserviceaccount.com",
    });
  });

  test("keeps its addresses of state, by name, when subnets and exceptions are reordered", () => {
    const addressesOf = (subnets: PrivateNetworkProps["subnets"]) => {
      const { resource = {} } = terraformWith({ subnets });
      return Object.entries(resource)
        .flatMap(([type, all]) => Object.keys(all).map((id) => `${type}.${id}`))
        .sort();
    };
    const { inference, batch } = props.subnets;
    expect(addressesOf({ batch, inference })).toEqual(addressesOf({ inference, batch }));
  });

  test("is refused with every finding at once", () => {
    expect(
      findings((stack) =>
        network(stack, {
          region: "europe-west44",
          cidr: "10.0.3.0/12",
          subnets: {
            Inference: { nodes: 4 },
            batch: { nodes: 0, region: "us-central", flowLogs: { sampling: 0 } },
          },
          mtu: 9_000,
          routing: "world" as "global",
          flowLogs: { intervalSeconds: 7 as 5 },
          nat: { portsPerMachineMin: 100, portsPerMachineMax: 64 },
          allow: { hub: { direction: "egress", ranges: ["0.0.0.0/0"], ports: [443], reason: "because" } },
        }),
      ).map(({ property, received }) => [property, received]),
    ).toEqual([
      ["subnets.Inference", "Inference"],
      ["region", "europe-west44"],
      ["subnets.batch.region", "us-central"],
      ["subnets.batch.flowLogs.sampling", 0],
      ["flowLogs.intervalSeconds", 7],
      ["cidr", "10.0.3.0/12"],
      ["subnets.batch.nodes", 0],
      ["mtu", 9_000],
      ["routing", "world"],
      ["nat.portsPerMachineMin", 100],
      ["allow.hub.ranges", "0.0.0.0/0"],
      ["allow.hub.reason", "because"],
    ]);
  });

  test.each([
    [{ name: "Plinth" }, "name", "lower-case"],
    [{ name: "a".repeat(60) }, "name", "use a shorter one"],
    [{ subnets: {} }, "subnets", "name one at least"],
    [{ subnets: { ["s".repeat(60)]: { nodes: 4 } } }, `subnets.${"s".repeat(60)}`, "use a shorter name"],
    [
      { nat: { portsPerMachineMin: 64, portsPerMachineMax: 64 } },
      "nat.portsPerMachineMax",
      "more than the 64",
    ],
    [{ nat: { addresses: ["partners", "partners"] } }, "nat.addresses", "name each once"],
    [
      { subnets: { a: { nodes: 60, podsPerNode: 32, forProxies: true } } },
      "subnets.a.podsPerNode",
      "no cluster in it",
    ],
    [
      { subnets: { a: { nodes: 60, forProxies: true }, b: { nodes: 60, forProxies: true } } },
      "subnets.b.forProxies",
      "subnets.a is for those of europe-west4 already",
    ],
    [
      { subnets: { a: { nodes: 1, forProxies: true, ranges: { nodes: "10.0.0.0/27" } } } },
      "subnets.a.ranges.nodes",
      "a /26 or larger",
    ],
    [{ nat: { addresses: ["Partners"] } }, "nat.addresses", "lower-case"],
  ])("is refused for %j", (more, property, remedy) => {
    expect(findings((stack) => network(stack, more))).toContainEqual(
      expect.objectContaining({ property, remedy: expect.stringContaining(remedy) }),
    );
  });
});

describe("a network that is managed elsewhere", () => {
  test("is looked up, with its subnets, in the project that shares it", () => {
    const terraform = terraformOf((stack) => {
      const shared = PrivateNetwork.fromName(stack, "Shared", {
        name: "acme-shared",
        project: "acme-network-host",
        subnets: {
          inference: { name: "acme-inference", region: "europe-west4", podsRangeName: "gke-pods" },
        },
      });
      expect(shared.networkName).toBe("acme-shared");
      expect(shared.addresses).toBeUndefined();
      const subnet = shared.subnet("inference");
      expect(subnet).toMatchObject({ subnetName: "acme-inference", podsRangeName: "gke-pods" });
      subnet.grantUse(new Principal(stack, "Agent", "serviceAccount:agent@acme.iam.gserviceaccount.com"));
    });
    expect(Object.values(terraform.data?.google_compute_network ?? {})).toEqual([
      { name: "acme-shared", project: "acme-network-host" },
    ]);
    expect(Object.values(terraform.data?.google_compute_subnetwork ?? {})).toEqual([
      { name: "acme-inference", project: "acme-network-host", region: "europe-west4" },
    ]);
    expect(onlyResource(terraform, "google_compute_subnetwork_iam_member")).toMatchObject({
      project: "acme-network-host",
      subnetwork: "acme-inference",
    });
  });

  test("has no subnets but those that are named", () => {
    expect(
      findings((stack) =>
        PrivateNetwork.fromName(stack, "Shared", { name: "acme-shared" }).subnet("inference"),
      ),
    ).toEqual([{ property: "subnet", received: "inference", remedy: "Name one of those to declare first" }]);
  });
});
