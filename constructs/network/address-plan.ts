import { Ipv4Range } from "./ipv4-range";

/** A range and who has it. */
export interface HeldRange {
  readonly range: Ipv4Range;
  readonly by: string;
}

/**
 * Hands out ranges of an address space, one after the other, none of which overlap.
 *
 * Each is the lowest that is free and aligned when it is asked for, so that what was handed out before never depends
 * on what is asked for later: whoever asks in the order of declaration can append without moving anything. Handing
 * out the largest first would waste nothing either, but move everything when a larger one is added. The gaps that
 * alignment leaves before a large range are filled by the small ones that come after it.
 */
export class AddressPlan {
  private readonly held: HeldRange[] = [];

  constructor(readonly space: Ipv4Range) {}

  /** Who holds addresses of this range already. */
  holderOf(range: Ipv4Range): HeldRange | undefined {
    return this.held.find((held) => held.range.overlaps(range));
  }

  /** Takes a range that lies where it lies, inside of the space or outside of it. */
  take(by: string, range: Ipv4Range): void {
    this.held.push({ range, by });
  }

  /** Takes the lowest free range of this size, or the highest. Nothing where none is free. */
  allot(by: string, prefix: number, from: "start" | "end" = "start"): Ipv4Range | undefined {
    const range = this.free(prefix, from);
    if (range !== undefined) this.take(by, range);
    return range;
  }

  /** The range that would be allotted next. */
  free(prefix: number, from: "start" | "end" = "start"): Ipv4Range | undefined {
    const size = 2 ** (32 - prefix);
    const end = this.space.first + this.space.size;
    let first = from === "start" ? this.space.first : end - size;
    while (first >= this.space.first && first + size <= end) {
      const candidate = new Ipv4Range(first, prefix);
      const held = this.holderOf(candidate)?.range;
      if (held === undefined) return candidate;
      first =
        from === "start"
          ? Math.ceil((held.last + 1) / size) * size
          : Math.floor(held.first / size) * size - size;
    }
    return undefined;
  }
}
