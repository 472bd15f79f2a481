import fc from "fast-check";
import { BlockPool, NULL_BLOCK } from "../../../runtime/src/kv/block-pool";

describe("the pool of blocks", () => {
  test("is all free at first", () => {
    const pool = new BlockPool(3);
    expect([pool.size, pool.freeBlocks, pool.usedBlocks]).toEqual([3, 3, 0]);
  });

  test("gives every block once and never the null block", () => {
    const blocks = new BlockPool(3).allocate(3);
    expect(blocks).toEqual([1, 2, 3]);
    expect(blocks).not.toContain(NULL_BLOCK);
  });

  test("gives all blocks that are asked for or none", () => {
    const pool = new BlockPool(3);
    expect(pool.allocate(4)).toBeUndefined();
    expect(pool.freeBlocks).toBe(3);
    expect(pool.allocate(0)).toEqual([]);
  });

  test("reuses first the block that has been free for longest", () => {
    const pool = new BlockPool(4);
    const [first, second, third] = pool.allocate(3) as number[];
    pool.release([third, first]);
    expect(pool.allocate(3)).toEqual([4, third, first]);
    pool.release([second]);
    expect(pool.allocate(1)).toEqual([second]);
  });

  test.each([
    ["a free block", 2],
    ["the null block", NULL_BLOCK],
    ["a block that does not exist", 9],
  ])("refuses to release %s", (_, block) => {
    const pool = new BlockPool(3);
    pool.allocate(1);
    expect(() => pool.release([block])).toThrow(`invariant: block ${block} is released but not owned`);
  });

  test("refuses to release a block twice", () => {
    const pool = new BlockPool(3);
    const [block] = pool.allocate(1) as number[];
    pool.release([block]);
    expect(() => pool.release([block])).toThrow("invariant");
    expect(pool.freeBlocks).toBe(3);
  });

  test("has each block either free or owned, through any allocations and releases", () => {
    const operation = fc.oneof(
      fc.record({ allocate: fc.nat(6) }),
      fc.record({ release: fc.array(fc.nat(), { maxLength: 4 }) }),
    );
    fc.assert(
      fc.property(fc.nat(8), fc.array(operation, { maxLength: 40 }), (size, operations) => {
        const pool = new BlockPool(size);
        const free = Array.from({ length: size }, (_, index) => index + 1);
        const owned: number[] = [];
        for (const step of operations) {
          if ("allocate" in step) {
            const expected = step.allocate > free.length ? undefined : free.splice(0, step.allocate);
            expect(pool.allocate(step.allocate)).toEqual(expected);
            owned.push(...(expected ?? []));
          } else {
            const released = step.release
              .slice(0, owned.length)
              .map((pick) => owned.splice(pick % owned.length, 1)[0]);
            pool.release(released);
            free.push(...released);
          }
          expect([...free, ...owned].sort((a, b) => a - b)).toEqual(
            Array.from({ length: size }, (_, index) => index + 1),
          );
          expect([pool.freeBlocks, pool.usedBlocks]).toEqual([free.length, owned.length]);
        }
      }),
    );
  });
});
