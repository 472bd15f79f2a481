import type { Finding } from "../construct-error";

const ADDRESSES = 2 ** 32;

/**
 * A range of IPv4 addresses as Google writes one: `10.0.0.0/12`. Addresses are plain numbers from 0 to 2^32 - 1 and
 * never touched by bitwise operators, which would make those from 128.0.0.0 on negative.
 */
export class Ipv4Range {
  /** The range that a text states, or nothing where it states none: no mask, or bits set beyond the mask. */
  static tryParse(text: string): Ipv4Range | undefined {
    const lenient = Ipv4Range.around(text);
    return lenient?.toString() === text ? lenient : undefined;
  }

  /** As `tryParse`, for ranges that this library states itself. */
  static of(text: string): Ipv4Range {
    const range = Ipv4Range.tryParse(text);
    if (range === undefined) throw new RangeError(`${text} is no range of IPv4 addresses`);
    return range;
  }

  /** The prefix of the smallest range that holds so many addresses. */
  static prefixFor(addresses: number): number {
    return 32 - Math.ceil(Math.log2(addresses));
  }

  /** The range in which the stated address lies: 10.0.0.0/16 for `10.0.3.7/16`. */
  static around(text: string): Ipv4Range | undefined {
    const [, ...parts] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text) ?? [];
    if (parts.length === 0) return undefined;
    const [a, b, c, d, prefix] = parts.map(Number);
    if ([a, b, c, d].some((octet) => octet > 255) || prefix > 32) return undefined;
    const size = 2 ** (32 - prefix);
    const address = ((a * 256 + b) * 256 + c) * 256 + d;
    return new Ipv4Range(address - (address % size), prefix);
  }

  constructor(
    /** The first address, which is a multiple of the range's size. */
    readonly first: number,
    readonly prefix: number,
  ) {
    if (!Number.isInteger(prefix) || prefix < 0 || prefix > 32)
      throw new RangeError(`a range has a prefix of 0 to 32, not ${prefix}`);
    if (first < 0 || first + this.size > ADDRESSES || first % this.size !== 0)
      throw new RangeError(`a /${prefix} does not begin at ${first}`);
  }

  get size(): number {
    return 2 ** (32 - this.prefix);
  }

  get last(): number {
    return this.first + this.size - 1;
  }

  contains(other: Ipv4Range): boolean {
    return this.first <= other.first && other.last <= this.last;
  }

  overlaps(other: Ipv4Range): boolean {
    return this.first <= other.last && other.first <= this.last;
  }

  /** The address so many places after the first: `10.0.0.5`. */
  addressAt(index: number): string {
    if (!Number.isInteger(index) || index < 0 || index >= this.size)
      throw new RangeError(`${this} holds ${this.size} addresses, none at ${index}`);
    return dotted(this.first + index);
  }

  toString(): string {
    return `${dotted(this.first)}/${this.prefix}`;
  }
}

/** Findings on a text that states no range; Google refuses a range with bits set beyond its mask. */
export function checkIpv4Range(property: string, text: string): Finding[] {
  if (Ipv4Range.tryParse(text) !== undefined) return [];
  const meant = Ipv4Range.around(text);
  const remedy =
    meant === undefined
      ? "state a range as 10.0.0.0/16"
      : `did you mean "${meant}"? A range begins with its first address`;
  return [{ property, received: text, remedy }];
}

function dotted(address: number): string {
  return [2 ** 24, 2 ** 16, 2 ** 8, 1].map((unit) => Math.floor(address / unit) % 256).join(".");
}
