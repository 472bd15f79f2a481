import fc from "fast-check";
import { AddressPlan } from "../../../constructs/network/address-plan";
import { Ipv4Range } from "../../../constructs/network/ipv4-range";

/** The naive model: one flag per address, and a search that tries every aligned place. */
class NaivePlan {
  private readonly used: boolean[];

  constructor(private readonly space: Ipv4Range) {
    this.used = new Array(space.size).fill(false);
  }

  take(range: Ipv4Range): void {
    for (let index = 0; index < this.space.size; index++)
      if (this.space.first + index >= range.first && this.space.first + index <= range.last)
        this.used[index] = true;
  }

  allot(prefix: number, from: "start" | "end"): Ipv4Range | undefined {
    const size = 2 ** (32 - prefix);
    const places = Array.from({ length: Math.floor(this.space.size / size) }, (_, place) => place * size);
    const place = (from === "start" ? places : places.reverse()).find((offset) =>
      this.used.slice(offset, offset + size).every((used) => !used),
    );
    if (place === undefined) return undefined;
    const range = new Ipv4Range(this.space.first + place, prefix);
    this.take(range);
    return range;
  }
}

const SPACE = "192.168.3.0/24";

/** What is asked of a plan: a range of this prefix, or one that lies at a place of its own. */
const request = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ prefix: fc.integer({ min: 22, max: 32 }), from: fc.constantFrom("start", "end") }),
  },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 26, max: 30 })
      .chain((prefix) =>
        fc
          .integer({ min: 0, max: 2 ** (prefix - 23) - 1 })
          .map(
            (place) =>
              new Ipv4Range(Ipv4Range.of("192.168.2.0/23").first + place * 2 ** (32 - prefix), prefix),
          ),
      ),
  },
) as fc.Arbitrary<Ipv4Range | { readonly prefix: number; readonly from: "start" | "end" }>;

describe("a plan of addresses", () => {
  test("hands out what a search through every single address would", () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 24 }), (requests) => {
        const plan = new AddressPlan(Ipv4Range.of(SPACE));
        const naive = new NaivePlan(plan.space);
        for (const asked of requests)
          if (asked instanceof Ipv4Range) {
            plan.take("somebody", asked);
            naive.take(asked);
          } else
            expect(plan.allot("somebody", asked.prefix, asked.from)).toEqual(
              naive.allot(asked.prefix, asked.from),
            );
      }),
      { numRuns: 500 },
    );
  });

  test("hands out ranges inside of its space, none of which overlap", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 24, max: 32 }), { maxLength: 24 }), (prefixes) => {
        const plan = new AddressPlan(Ipv4Range.of(SPACE));
        const ranges = prefixes.flatMap((prefix) => plan.allot("somebody", prefix) ?? []);
        for (const [index, range] of ranges.entries()) {
          expect(plan.space.contains(range)).toBe(true);
          for (const other of ranges.slice(index + 1)) expect(range.overlaps(other)).toBe(false);
        }
      }),
    );
  });

  test("moves nothing that it handed out when more is asked for later", () => {
    const ask = fc.array(fc.integer({ min: 24, max: 32 }), { maxLength: 12 });
    fc.assert(
      fc.property(ask, ask, (before, after) => {
        const allotted = (prefixes: number[]) => {
          const plan = new AddressPlan(Ipv4Range.of(SPACE));
          return prefixes.map((prefix) => plan.allot("somebody", prefix));
        };
        expect(allotted([...before, ...after]).slice(0, before.length)).toEqual(allotted(before));
      }),
    );
  });

  test("fills the gap that a large range left before it with the small ones that follow", () => {
    const plan = new AddressPlan(Ipv4Range.of("10.0.0.0/12"));
    expect([24, 14, 20, 24].map((prefix) => String(plan.allot("somebody", prefix)))).toEqual([
      "10.0.0.0/24",
      "10.4.0.0/14",
      "10.0.16.0/20",
      "10.0.1.0/24",
    ]);
  });

  test("has nothing left once it is full", () => {
    const plan = new AddressPlan(Ipv4Range.of(SPACE));
    expect(plan.allot("first", 24)).toBeDefined();
    expect(plan.allot("second", 32)).toBeUndefined();
    expect(plan.allot("third", 32, "end")).toBeUndefined();
  });

  test("says who holds what somebody else would like", () => {
    const plan = new AddressPlan(Ipv4Range.of("10.0.0.0/12"));
    plan.take("the nodes", Ipv4Range.of("10.1.0.0/16"));
    expect(plan.holderOf(Ipv4Range.of("10.1.2.0/24"))?.by).toBe("the nodes");
    expect(plan.holderOf(Ipv4Range.of("10.2.0.0/24"))).toBeUndefined();
  });
});
