import fc from "fast-check";
import { checkIpv4Range, Ipv4Range } from "../../../constructs/network/ipv4-range";

/** Ranges of at most 64 addresses that lie close together, anywhere: as often above 127.255.255.255 as below. */
const neighbours = fc
  .integer({ min: 0, max: 2 ** 24 - 1 })
  .chain((block) => fc.tuple(rangeWithin(block * 256), rangeWithin(block * 256)));

function rangeWithin(first: number) {
  return fc
    .integer({ min: 26, max: 32 })
    .chain((prefix) =>
      fc
        .integer({ min: 0, max: 2 ** (prefix - 24) - 1 })
        .map((place) => new Ipv4Range(first + place * 2 ** (32 - prefix), prefix)),
    );
}

/** The naive model: a range as the set of its addresses, each as text. */
function addressesOf(range: Ipv4Range): Set<string> {
  return new Set(Array.from({ length: range.size }, (_, index) => range.addressAt(index)));
}

describe("a range of IPv4 addresses", () => {
  test("is read as it is written", () => {
    fc.assert(
      fc.property(neighbours, ([range]) => {
        const read = Ipv4Range.tryParse(range.toString());
        expect(read).toEqual(range);
        expect(`${read?.addressAt(0)}/${range.prefix}`).toBe(range.toString());
      }),
    );
  });

  test("overlaps and contains another exactly where the sets of their addresses do", () => {
    fc.assert(
      fc.property(neighbours, ([one, other]) => {
        const [ones, others] = [addressesOf(one), addressesOf(other)];
        expect(one.overlaps(other)).toBe([...others].some((address) => ones.has(address)));
        expect(one.contains(other)).toBe([...others].every((address) => ones.has(address)));
      }),
      { numRuns: 1_000 },
    );
  });

  test("reaches to both ends of the space", () => {
    expect(Ipv4Range.of("0.0.0.0/0")).toMatchObject({ first: 0, last: 2 ** 32 - 1 });
    expect(Ipv4Range.of("255.255.255.255/32").addressAt(0)).toBe("255.255.255.255");
    expect(Ipv4Range.of("0.0.0.0/0").contains(Ipv4Range.of("240.0.0.0/4"))).toBe(true);
  });

  test("has no address beyond its last", () => {
    const range = Ipv4Range.of("10.0.0.0/30");
    expect(range.addressAt(3)).toBe("10.0.0.3");
    expect(() => range.addressAt(4)).toThrow("10.0.0.0/30 holds 4 addresses, none at 4");
  });

  test.each([
    [1, 32],
    [2, 31],
    [254, 24],
    [256, 24],
    [257, 23],
    [65_536, 16],
  ])("for %d addresses is a /%d or larger", (addresses, prefix) => {
    expect(Ipv4Range.prefixFor(addresses)).toBe(prefix);
  });

  test.each([
    [0.5, 24],
    [1, 24],
    [-256, 24],
    [2 ** 32, 24],
    [0, 33],
    [0, 1.5],
  ])("does not begin at %d with a prefix of %d", (first, prefix) => {
    expect(() => new Ipv4Range(first, prefix)).toThrow(RangeError);
  });

  test.each(["10.0.0.0", "10.0.0/8", "10.0.0.256/32", "10.0.0.0/33", "fd20::/20", "", "10.00.0.0/8"])(
    "is not stated by %j",
    (text) => {
      expect(Ipv4Range.tryParse(text)).toBeUndefined();
      expect(checkIpv4Range("cidr", text)).toHaveLength(1);
      expect(() => Ipv4Range.of(text)).toThrow("is no range");
    },
  );

  test("that does not begin with its first address is refused with the one that was meant", () => {
    expect(checkIpv4Range("cidr", "10.16.3.7/12")).toEqual([
      {
        property: "cidr",
        received: "10.16.3.7/12",
        remedy: expect.stringContaining('did you mean "10.16.0.0/12"?'),
      },
    ]);
  });
});
