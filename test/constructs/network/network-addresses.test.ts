import fc from "fast-check";
import type { Ipv4Range } from "../../../constructs/network/ipv4-range";
import {
  type NetworkSize,
  planNetwork,
  type SubnetSize,
} from "../../../constructs/network/network-addresses";

const size: NetworkSize = { cidr: "10.0.0.0/12", subnets: { inference: { nodes: 250, podsPerNode: 110 } } };

function rangesOf(asked: NetworkSize): Record<string, string> {
  const { addresses, findings } = planNetwork(asked);
  expect(findings).toEqual([]);
  return Object.fromEntries(
    [...(addresses?.subnets ?? [])].flatMap(([name, { nodes, pods, services }]) =>
      Object.entries({ nodes, pods, services })
        .filter(([, range]) => range !== undefined)
        .map(([kind, range]) => [`${name}.${kind}`, String(range)]),
    ),
  );
}

const subnetSize: fc.Arbitrary<SubnetSize> = fc.oneof(
  fc.record({ nodes: fc.integer({ min: 1, max: 2_000 }) }),
  fc.record({
    nodes: fc.integer({ min: 1, max: 500 }),
    podsPerNode: fc.integer({ min: 8, max: 256 }),
    services: fc.integer({ min: 32, max: 8_192 }),
  }),
);

function named(sizes: readonly SubnetSize[]): Record<string, SubnetSize> {
  return Object.fromEntries(sizes.map((asked, index) => [`subnet-${index}`, asked]));
}

describe("the addresses of a network", () => {
  test("follow from how many machines, pods and services must fit", () => {
    expect(rangesOf(size)).toEqual({
      "inference.nodes": "10.0.0.0/24",
      "inference.pods": "10.1.0.0/16",
      "inference.services": "10.0.16.0/20",
    });
    expect(planNetwork(size).addresses?.subnets.get("inference")?.capacity).toEqual({
      nodes: 252,
      pods: 252 * 110,
      services: 4_096,
    });
  });

  test.each([
    [1, 29, 4],
    [4, 29, 4],
    [5, 28, 12],
    [252, 24, 252],
    [253, 23, 508],
  ])("for %d machines are a /%d, since Google keeps four of them to itself", (nodes, prefix, fitting) => {
    const { addresses } = planNetwork({ cidr: "10.0.0.0/12", subnets: { batch: { nodes } } });
    const batch = addresses?.subnets.get("batch");
    expect(batch).toMatchObject({ nodes: { prefix }, capacity: { nodes: fitting, pods: 0, services: 0 } });
    expect(batch?.pods).toBeUndefined();
  });

  test.each([
    [8, 28],
    [9, 27],
    [16, 27],
    [17, 26],
    [64, 25],
    [65, 24],
    [110, 24],
    [256, 23],
  ])("with %d pods a node give it a /%d of the pods' range", (podsPerNode, block) => {
    const { addresses } = planNetwork({ cidr: "10.0.0.0/8", subnets: { a: { nodes: 16, podsPerNode } } });
    expect(addresses?.subnets.get("a")?.pods?.prefix).toBe(block - 4);
  });

  test("never overlap, hold what is asked for, and lie inside of the space", () => {
    fc.assert(
      fc.property(fc.array(subnetSize, { minLength: 1, maxLength: 8 }), (sizes) => {
        const { addresses } = planNetwork({ cidr: "10.0.0.0/8", subnets: named(sizes), privateServices: 20 });
        fc.pre(addresses !== undefined);
        const all: Ipv4Range[] = [addresses.endpoints, addresses.privateServices as Ipv4Range];
        for (const [index, asked] of sizes.entries()) {
          const { nodes, pods, services, capacity } = addresses.subnets.get(`subnet-${index}`) ?? {};
          expect(capacity?.nodes).toBeGreaterThanOrEqual(asked.nodes);
          expect(capacity?.pods).toBeGreaterThanOrEqual(asked.nodes * (asked.podsPerNode ?? 0));
          expect(capacity?.services).toBeGreaterThanOrEqual(asked.services ?? 0);
          all.push(...([nodes, pods, services].filter(Boolean) as Ipv4Range[]));
        }
        for (const [index, range] of all.entries()) {
          expect(addresses.space.contains(range)).toBe(true);
          for (const other of all.slice(index + 1)) expect(range.overlaps(other)).toBe(false);
        }
      }),
    );
  });

  test("of a subnet stay where they are when others are appended", () => {
    const sizes = fc.array(subnetSize, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(sizes, sizes, (before, added) => {
        const asked = { cidr: "10.0.0.0/8", privateServices: 16 };
        const [one, two] = [before, [...before, ...added]].map(
          (all) => planNetwork({ ...asked, subnets: named(all) }).addresses,
        );
        fc.pre(one !== undefined && two !== undefined);
        for (const [name, addresses] of one.subnets) expect(two.subnets.get(name)).toEqual(addresses);
        expect(two.privateServices).toEqual(one.privateServices);
        expect(two.endpoints).toEqual(one.endpoints);
      }),
    );
  });

  test("of those after a subnet that is removed stay where they are stated", () => {
    const { b } = { b: { nodes: 100 } };
    const before = rangesOf({ cidr: "10.0.0.0/16", subnets: { a: { nodes: 100 }, b } });
    expect(rangesOf({ cidr: "10.0.0.0/16", subnets: { b } })["b.nodes"]).not.toBe(before["b.nodes"]);
    expect(
      rangesOf({ cidr: "10.0.0.0/16", subnets: { b: { ...b, ranges: { nodes: before["b.nodes"] } } } }),
    ).toEqual({ "b.nodes": before["b.nodes"] });
  });

  test("of what there is once per network come from the end of the space", () => {
    const { addresses } = planNetwork({ ...size, privateServices: 20 });
    expect(String(addresses?.endpoints)).toBe("10.15.255.240/28");
    expect(String(addresses?.privateServices)).toBe("10.15.224.0/20");
  });

  test("leave out what Docker uses, where the space has it", () => {
    const { addresses } = planNetwork({
      cidr: "172.16.0.0/12",
      subnets: { a: { nodes: 60_000 }, b: { nodes: 60_000 } },
    });
    expect([...(addresses?.subnets.values() ?? [])].map(({ nodes }) => String(nodes))).toEqual([
      "172.16.0.0/16",
      "172.18.0.0/16",
    ]);
  });

  test("may lie outside of the space where that is stated", () => {
    expect(
      rangesOf({
        cidr: "10.0.0.0/18",
        subnets: { inference: { nodes: 250, podsPerNode: 110, ranges: { pods: "100.64.0.0/14" } } },
        privateServices: "192.168.0.0/20",
      })["inference.pods"],
    ).toBe("100.64.0.0/14");
  });

  test.each([
    ["10.0.3.0/12", 'did you mean "10.0.0.0/12"?'],
    ["172.17.0.0/20", "172.17.0.0/16 is Docker's own bridge"],
    ["169.254.0.0/16", "is link-local"],
    ["199.36.153.4/30", "Google's restricted VIP"],
    ["11.0.0.0/12", "belong to somebody on the internet"],
    ["0.0.0.0/0", "belong to somebody on the internet"],
  ])("are not taken from %s", (cidr, remedy) => {
    expect(planNetwork({ ...size, cidr }).findings).toEqual([
      { property: "cidr", received: cidr, remedy: expect.stringContaining(remedy) },
    ]);
  });

  test("are refused for what the space has no room for, each range by its name", () => {
    expect(planNetwork({ ...size, cidr: "10.0.0.0/20", privateServices: 16 }).findings).toEqual([
      {
        property: "cidr",
        received: "10.0.0.0/20",
        remedy: "widen it: no /16 is left in it for privateServices",
      },
      {
        property: "cidr",
        received: "10.0.0.0/20",
        remedy: "widen it: no /16 is left in it for subnets.inference.pods",
      },
      {
        property: "cidr",
        received: "10.0.0.0/20",
        remedy: "widen it: no /20 is left in it for subnets.inference.services",
      },
    ]);
  });

  test("are refused for sizes that Google does not offer, all at once", () => {
    expect(
      planNetwork({
        cidr: "10.0.0.0/12",
        subnets: {
          a: { nodes: 0, podsPerNode: 4, services: 10 },
          b: { nodes: 1.5, services: 64, ranges: { pods: "10.8.0.0/16" } },
          c: { nodes: 2 ** 24 },
        },
        privateServices: 28,
      }).findings,
    ).toEqual([
      { property: "subnets.a.nodes", received: 0, remedy: "use a whole number from 1 to 16777212" },
      { property: "subnets.a.podsPerNode", received: 4, remedy: "use a whole number from 8 to 256" },
      { property: "subnets.a.services", received: 10, remedy: "use a whole number from 32 to 65536" },
      { property: "subnets.b.nodes", received: 1.5, remedy: expect.stringContaining("whole number") },
      {
        property: "subnets.b.services",
        received: 64,
        remedy: expect.stringContaining("state podsPerNode too"),
      },
      {
        property: "subnets.b.ranges.pods",
        received: "10.8.0.0/16",
        remedy: expect.stringContaining("state podsPerNode too"),
      },
      { property: "subnets.c.nodes", received: 2 ** 24, remedy: expect.stringContaining("16777212") },
      { property: "privateServices", received: 28, remedy: "use a prefix from 8 to 24, or a range" },
    ]);
  });

  test("are refused where a stated range is too small, too large, reserved, public or malformed", () => {
    const cluster = { nodes: 250, podsPerNode: 110 };
    expect(
      planNetwork({
        cidr: "10.0.0.0/12",
        subnets: {
          a: { ...cluster, ranges: { nodes: "10.8.0.0/25", pods: "10.8.0.0/17", services: "10.12.0.0/14" } },
          b: { ...cluster, ranges: { nodes: "172.17.4.0/24", pods: "8.0.0.0/14", services: "10.0.0.0" } },
        },
        privateServices: "10.15.0.0/28",
      }).findings,
    ).toEqual([
      {
        property: "subnets.a.ranges.nodes",
        received: "10.8.0.0/25",
        remedy: "state a /24 or larger: it must hold what is asked for",
      },
      {
        property: "subnets.a.ranges.pods",
        received: "10.8.0.0/17",
        remedy: expect.stringContaining("/16 or larger"),
      },
      {
        property: "subnets.a.ranges.services",
        received: "10.12.0.0/14",
        remedy: "state a /16 or smaller, as Google demands",
      },
      {
        property: "subnets.b.ranges.nodes",
        received: "172.17.4.0/24",
        remedy: expect.stringContaining("Docker"),
      },
      {
        property: "subnets.b.ranges.pods",
        received: "8.0.0.0/14",
        remedy: expect.stringContaining("internet"),
      },
      { property: "subnets.b.ranges.services", received: "10.0.0.0", remedy: "state a range as 10.0.0.0/16" },
      {
        property: "privateServices",
        received: "10.15.0.0/28",
        remedy: expect.stringContaining("/24 or larger"),
      },
    ]);
  });

  test("advise a range for services from the end, where it takes none from the subnets", () => {
    const asked = { ...size, privateServices: "10.15.240.0/20" };
    const [{ remedy }] = planNetwork(asked).findings;
    expect(remedy).toBe("state another, as 10.15.224.0/20: it overlaps endpoints, 10.15.255.240/28");
    expect(planNetwork({ ...asked, privateServices: "10.15.224.0/20" }).findings).toEqual([]);
  });

  test("are refused where a stated range overlaps one before it, which it never moves", () => {
    expect(
      planNetwork({
        cidr: "10.0.0.0/12",
        subnets: {
          a: { nodes: 250 },
          b: { nodes: 250, ranges: { nodes: "10.0.0.0/22" } },
          c: { nodes: 4, ranges: { nodes: "10.15.255.240/29" } },
        },
      }).findings,
    ).toEqual([
      {
        property: "subnets.b.ranges.nodes",
        received: "10.0.0.0/22",
        remedy: "state another, as 10.0.4.0/22: it overlaps subnets.a.nodes, 10.0.0.0/24",
      },
      {
        property: "subnets.c.ranges.nodes",
        received: "10.15.255.240/29",
        remedy: "state another, as 10.0.1.0/29: it overlaps endpoints, 10.15.255.240/28",
      },
    ]);
  });
});
