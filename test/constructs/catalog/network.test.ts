import { networkCatalog, restrictedVip } from "../../../constructs/catalog/network";
import { vpcServiceControlsCatalog } from "../../../constructs/catalog/vpc-service-controls";
import { Ipv4Range } from "../../../constructs/network/ipv4-range";

describe("the network catalogs", () => {
  test.each([
    ["networkCatalog", networkCatalog],
    ["restrictedVip", restrictedVip],
    ["vpcServiceControlsCatalog", vpcServiceControlsCatalog],
  ])("say where they were read and when: %s", (_, { asOf, source }) => {
    expect(source).toMatch(/^https:\/\/cloud\.google\.com\//);
    expect(asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  });

  test("state ranges that are ranges", () => {
    const { reservedRanges, privateRanges, healthCheckRanges, iapRange } = networkCatalog;
    for (const range of [
      ...reservedRanges.map((reserved) => reserved.range),
      ...privateRanges,
      ...healthCheckRanges,
      iapRange,
      restrictedVip.range,
      restrictedVip.directRange,
    ])
      expect(Ipv4Range.tryParse(range)?.toString()).toBe(range);
  });

  test("give the addresses of the restricted VIP as those of its range", () => {
    const range = Ipv4Range.of(restrictedVip.range);
    expect(restrictedVip.addresses).toEqual([0, 1, 2, 3].map((index) => range.addressAt(index)));
  });

  // Nodes of a cluster call the first two, and the stacks the others.
  test.each([
    "autoscaling",
    "kubernetesmetadata",
    "cloudquotas",
    "servicedirectory",
    "servicenetworking",
    "serviceusage",
  ])("have %s guarded, without which networks inside of a perimeter could not reach it", (service) => {
    expect(vpcServiceControlsCatalog.services).toContain(`${service}.googleapis.com`);
  });

  test("leave out what Google's perimeters do not take", () => {
    expect(vpcServiceControlsCatalog.services).not.toContain("bigqueryreservation.googleapis.com");
  });

  test("name each domain and each service once", () => {
    const { services } = vpcServiceControlsCatalog;
    expect([...new Set(services)].sort()).toEqual(services);
    for (const service of services) expect(service).toMatch(/^[a-z]+\.googleapis\.com$/);
    for (const key of ["domain", "id"] as const)
      expect(new Set(restrictedVip.domains.map((row) => row[key])).size).toBe(restrictedVip.domains.length);
  });
});
