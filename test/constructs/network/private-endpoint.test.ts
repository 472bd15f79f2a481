import { TerraformOutput, type TerraformStack, Token } from "cdktf";
import { PrivateEndpoint, type PrivateEndpointProps, PrivateNetwork } from "../../../constructs";
import { findings, onlyResource, resources, terraformOf } from "../../support/terraform";

const attachment = "projects/acme-registry/regions/europe-west4/serviceAttachments/registry";

function network(stack: TerraformStack): PrivateNetwork {
  return new PrivateNetwork(stack, "Network", {
    name: "plinth-test",
    region: "europe-west4",
    cidr: "10.0.0.0/12",
    subnets: { inference: { nodes: 250, podsPerNode: 110 }, batch: { nodes: 60, region: "us-central1" } },
  });
}

function toApis(stack: TerraformStack, more: Partial<PrivateEndpointProps> = {}): PrivateEndpoint {
  return new PrivateEndpoint(stack, "Endpoint", {
    name: "plinthapis",
    network: network(stack),
    target: "vpc-sc",
    ...more,
  });
}

function toService(
  stack: TerraformStack,
  more: (built: PrivateNetwork) => Partial<PrivateEndpointProps> = () => ({}),
): PrivateEndpoint {
  const built = network(stack);
  return new PrivateEndpoint(stack, "Endpoint", {
    name: "plinth-test-registry",
    network: built,
    target: attachment,
    subnet: built.subnet("inference"),
    ...more(built),
  });
}

const zonesOfTheNetwork = 10;

describe("a private endpoint", () => {
  test.each([
    ["vpc-sc", "10.15.255.241"],
    ["all-apis", "10.15.255.242"],
  ])("leads to Google's APIs, %s, at the address that the network keeps for them", (target, address) => {
    const terraform = terraformOf((stack) => toApis(stack, { target }));
    expect(onlyResource(terraform, "google_compute_global_address")).toEqual({
      name: "plinthapis",
      network: expect.stringMatching(/^\$\{google_compute_network\.\w+\.id\}$/),
      purpose: "PRIVATE_SERVICE_CONNECT",
      address_type: "INTERNAL",
      address,
      lifecycle: { prevent_destroy: true },
    });
    expect(onlyResource(terraform, "google_compute_global_forwarding_rule")).toEqual({
      name: "plinthapis",
      network: expect.stringMatching(/^\$\{google_compute_network\.\w+\.id\}$/),
      target,
      ip_address: expect.stringMatching(/^\$\{google_compute_global_address\.\w+\.id\}$/),
      load_balancing_scheme: "",
      service_directory_registrations: { service_directory_region: "europe-west4" },
      lifecycle: { prevent_destroy: true },
    });
    expect(resources(terraform, "google_dns_managed_zone")).toHaveLength(zonesOfTheNetwork);
  });

  test("knows the hosts of Google's APIs by which it is reached", () => {
    terraformOf((stack) =>
      expect(toApis(stack).hostOf("storage")).toBe("storage-plinthapis.p.googleapis.com"),
    );
    expect(findings((stack) => toService(stack).hostOf("storage"))).toEqual([
      { property: "target", received: "storage", remedy: expect.stringContaining("no APIs of Google") },
    ]);
  });

  test("leads to a service attachment at an address of a subnet", () => {
    const terraform = terraformOf((stack) => {
      new TerraformOutput(stack, "address", { value: toService(stack).address });
    });
    expect(onlyResource(terraform, "google_compute_address")).toEqual({
      name: "plinth-test-registry",
      region: "europe-west4",
      subnetwork: expect.stringMatching(/^\$\{google_compute_subnetwork\.\w+\.id\}$/),
      address_type: "INTERNAL",
      lifecycle: { prevent_destroy: true },
    });
    expect(onlyResource(terraform, "google_compute_forwarding_rule")).toEqual({
      name: "plinth-test-registry",
      region: "europe-west4",
      network: expect.stringMatching(/^\$\{google_compute_network\.\w+\.id\}$/),
      target: attachment,
      ip_address: expect.stringMatching(/^\$\{google_compute_address\.\w+\.id\}$/),
      load_balancing_scheme: "",
      allow_psc_global_access: false,
      no_automate_dns_zone: false,
      lifecycle: { prevent_destroy: true },
    });
    expect(terraform).toHaveProperty(
      "output.address.value",
      expect.stringMatching(/^\$\{google_compute_address\.\w+\.address\}$/),
    );
  });

  test("has a domain throughout the network where one is stated, and then none of the producer's", () => {
    const terraform = terraformOf((stack) => toService(stack, () => ({ domain: "registry.acme.example" })));
    expect(resources(terraform, "google_dns_managed_zone")).toContainEqual(
      expect.objectContaining({
        name: "plinth-test-registry",
        dns_name: "registry.acme.example.",
        visibility: "private",
        private_visibility_config: {
          networks: [{ network_url: expect.stringMatching(/^\$\{google_compute_network\.\w+\.id\}$/) }],
        },
      }),
    );
    expect(resources(terraform, "google_dns_record_set")).toContainEqual(
      expect.objectContaining({
        name: "registry.acme.example.",
        type: "A",
        rrdatas: [expect.stringMatching(/^\$\{google_compute_address\.\w+\.address\}$/)],
      }),
    );
    expect(onlyResource(terraform, "google_compute_forwarding_rule").no_automate_dns_zone).toBe(true);
  });

  test("lies at a stated address, is reached from other regions and can be destroyed where asked", () => {
    const terraform = terraformOf((stack) =>
      toService(stack, () => ({ address: "10.0.0.9", globalAccess: true, deletionProtection: false })),
    );
    expect(onlyResource(terraform, "google_compute_address")).toMatchObject({
      address: "10.0.0.9",
      lifecycle: { prevent_destroy: false },
    });
    expect(onlyResource(terraform, "google_compute_forwarding_rule")).toMatchObject({
      allow_psc_global_access: true,
      lifecycle: { prevent_destroy: false },
    });
  });

  test("takes a stated address to Google's APIs, in a network that is managed elsewhere in particular", () => {
    const shared = (stack: TerraformStack) =>
      PrivateNetwork.fromName(stack, "Shared", { name: "acme-shared", project: "acme-network-host" });
    const terraform = terraformOf((stack) =>
      toApis(stack, { network: shared(stack), address: "10.200.0.5" }),
    );
    expect(onlyResource(terraform, "google_compute_global_address").address).toBe("10.200.0.5");
    expect(findings((stack) => toApis(stack, { network: shared(stack) }))).toEqual([
      { property: "address", received: undefined, remedy: expect.stringContaining("lies in no subnet") },
    ]);
  });

  test("has its names kept in the stated region, and in a network that is managed elsewhere where the others' are", () => {
    const keptIn = (more: Partial<PrivateEndpointProps>) => (stack: TerraformStack) =>
      toApis(stack, {
        network: PrivateNetwork.fromName(stack, "Shared", { name: "acme-shared" }),
        address: "10.200.0.5",
        ...more,
      });
    const rule = (more: Partial<PrivateEndpointProps>) =>
      onlyResource(terraformOf(keptIn(more)), "google_compute_global_forwarding_rule");
    expect(rule({}).service_directory_registrations).toBeUndefined();
    expect(rule({ directoryRegion: "europe-west1" }).service_directory_registrations).toEqual({
      service_directory_region: "europe-west1",
    });
    expect(findings(keptIn({ directoryRegion: "europe-west11" }))).toEqual([
      expect.objectContaining({ property: "directoryRegion", received: "europe-west11" }),
    ]);
    expect(findings((stack) => toService(stack, () => ({ directoryRegion: "europe-west4" })))).toEqual([
      expect.objectContaining({
        property: "directoryRegion",
        remedy: expect.stringContaining("leave it out"),
      }),
    ]);
  });

  test.each([
    ["10.15.224.9", "privateServices has 10.15.224.0/20"],
    ["199.36.153.5", "is Google's restricted VIP"],
    ["8.8.8.8", "belong to somebody on the internet"],
    ["10.0.0.300", "an IPv4 address"],
  ])("does not lead to Google's APIs at %s", (address, remedy) => {
    expect(
      findings((stack) => {
        const built = new PrivateNetwork(stack, "Peered", {
          name: "plinth-test",
          region: "europe-west4",
          cidr: "10.0.0.0/12",
          subnets: { inference: { nodes: 250 } },
          privateServices: "10.15.224.0/20",
        });
        toApis(stack, { network: built, address });
      }),
    ).toEqual([{ property: "address", received: address, remedy: expect.stringContaining(remedy) }]);
  });

  test("to Google's APIs is refused with every finding at once", () => {
    expect(
      findings((stack) => {
        const built = network(stack);
        new PrivateEndpoint(stack, "Endpoint", {
          name: "plinth-test-google-apis",
          network: built,
          target: "all-apis",
          subnet: built.subnet("batch"),
          domain: "apis.acme.example",
          globalAccess: true,
          address: "10.1.2.3",
        });
      }),
    ).toEqual([
      expect.objectContaining({ property: "name", remedy: expect.stringContaining("1 to 20") }),
      expect.objectContaining({ property: "subnet", received: "stack/Network/batch" }),
      expect.objectContaining({ property: "domain", remedy: expect.stringContaining("names of its own") }),
      expect.objectContaining({ property: "globalAccess", received: true }),
      {
        property: "address",
        received: "10.1.2.3",
        remedy: "state one outside of all subnets: subnets.inference has 10.1.0.0/16",
      },
    ]);
  });

  test("to a service is refused with every finding at once", () => {
    expect(
      findings((stack) =>
        toService(stack, (built) => ({
          name: "Registry",
          subnet: built.subnet("batch"),
          address: "10.0.0.9",
          domain: "registry.acme.example.",
        })),
      ),
    ).toEqual([
      expect.objectContaining({ property: "name" }),
      {
        property: "subnet",
        received: "us-central1",
        remedy: "name a subnet in europe-west4, where the service attachment is",
      },
      {
        property: "address",
        received: "10.0.0.9",
        remedy: "state one of the subnet's own, which has 10.0.1.0/26, or leave it out",
      },
      expect.objectContaining({ property: "domain", remedy: expect.stringContaining("without a dot last") }),
    ]);
  });

  test.each([
    ["vpcsc", 'did you mean "vpc-sc"?'],
    ["registry", "State a service attachment in full"],
    ["toString", "State a service attachment in full"],
    [
      "projects/acme-registry/regions/europe-west44/serviceAttachments/registry",
      'did you mean "europe-west4"?',
    ],
  ])("does not lead to %s", (target, remedy) => {
    expect(findings((stack) => toService(stack, () => ({ target })))).toEqual([
      { property: "target", received: target, remedy: expect.stringContaining(remedy) },
    ]);
  });

  test.each([
    [{ subnet: undefined }, "subnet", "in the region of the service attachment"],
    [{ address: "10.0.0.300" }, "address", "an IPv4 address"],
  ])("to a service is refused for %j", (more, property, remedy) => {
    expect(findings((stack) => toService(stack, () => more))).toEqual([
      expect.objectContaining({ property, remedy: expect.stringContaining(remedy) }),
    ]);
  });

  test("leads to a service attachment that is known only at apply", () => {
    const target = Token.asString({ resolve: () => "later" });
    const terraform = terraformOf((stack) => toService(stack, () => ({ target })));
    expect(resources(terraform, "google_compute_forwarding_rule")).toHaveLength(1);
  });
});
