import fc from "fast-check";
import { BlockPool, NULL_BLOCK } from "../../../runtime/src/kv/block-pool";

describe("the pool of blocks", () => {
  test("is all free at first", () => {
    const pool = new BlockPool(3);
    expect([pool.size, pool.freeBlocks, pool.usedBlocks, pool.cachedBlocks]).toEqual([3, 3, 0, 0]);
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

  test("frees a block with its last reference", () => {
    const pool = new BlockPool(2);
    const [block] = pool.allocate(1) as number[];
    expect(pool.isShared(block)).toBe(false);
    pool.retain(block);
    expect(pool.isShared(block)).toBe(true);
    pool.release([block]);
    expect([pool.isShared(block), pool.isFree(block)]).toEqual([false, false]);
    pool.release([block]);
    expect(pool.isFree(block)).toBe(true);
  });

  test("refuses a reference to what nobody owns and nobody can find", () => {
    expect(() => new BlockPool(2).retain(1)).toThrow("invariant: block 1 is retained but neither owned");
    expect(() => new BlockPool(2).markCached(1)).toThrow("invariant: block 1 is to be cached but not owned");
  });
});

describe("cached blocks", () => {
  function cached(...blocks: number[]): { pool: BlockPool; evicted: number[] } {
    const pool = new BlockPool(4);
    const evicted: number[] = [];
    pool.onEviction((block) => evicted.push(block));
    const owned = pool.allocate(4) as number[];
    for (const block of blocks) pool.markCached(block);
    pool.release(owned);
    return { pool, evicted };
  }

  test("are free, but taken only when nothing else is", () => {
    const { pool, evicted } = cached(1, 3);
    expect([pool.freeBlocks, pool.cachedBlocks]).toEqual([4, 2]);
    expect(pool.allocate(2)?.sort()).toEqual([2, 4]);
    expect(evicted).toEqual([]);
  });

  test("are taken from the one that nobody has used for longest", () => {
    const { pool, evicted } = cached(1, 2, 3, 4);
    pool.retain(1);
    pool.release([1]);
    expect(pool.allocate(3)).toEqual([2, 3, 4]);
    expect(evicted).toEqual([2, 3, 4]);
    expect(pool.cachedBlocks).toBe(1);
  });

  test("come back without being taken", () => {
    const { pool, evicted } = cached(3);
    pool.retain(3);
    expect([pool.usedBlocks, pool.cachedBlocks]).toEqual([1, 0]);
    expect(pool.allocate(3)?.sort()).toEqual([1, 2, 4]);
    expect(evicted).toEqual([]);
  });

  test("are the next to be taken once they cannot be found any more", () => {
    const { pool, evicted } = cached(1, 2, 3, 4);
    pool.unmarkCached(3);
    expect(pool.cachedBlocks).toBe(3);
    expect(pool.allocate(1)).toEqual([3]);
    expect(evicted).toEqual([]);
  });

  test("cease to be cached when they are taken for other content", () => {
    const { pool } = cached(1, 2, 3, 4);
    const blocks = pool.allocate(4) as number[];
    pool.release(blocks);
    expect(pool.cachedBlocks).toBe(0);
  });
});

test("each block is free, cached and free, or owned as often as it was taken, through any operations", () => {
  const operation = fc.oneof(
    fc.record({ kind: fc.constant("allocate" as const), pick: fc.nat(6) }),
    fc.record({
      kind: fc.constantFrom(
        "release" as const,
        "retain" as const,
        "markCached" as const,
        "unmarkCached" as const,
      ),
      pick: fc.integer({ min: 1, max: 8 }),
    }),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(operation, { maxLength: 60 }),
      (size, operations) => {
        const pool = new BlockPool(size);
        const references = new Map<number, number>();
        const findable = new Set<number>();
        /** Free blocks that can be found, the one used longest ago first. */
        let lru: number[] = [];
        pool.onEviction((block) => {
          expect(block).toBe(lru.shift());
          findable.delete(block);
        });
        for (const { kind, pick } of operations) {
          const count = references.get(pick) ?? 0;
          if (kind === "allocate") {
            const blocks = pool.allocate(pick);
            expect(blocks?.length).toBe(pick > size - references.size ? undefined : pick);
            for (const block of blocks ?? []) {
              expect(references.has(block)).toBe(false);
              expect(findable.has(block)).toBe(false);
              references.set(block, 1);
            }
          } else if (kind === "release" && count > 0) {
            pool.release([pick]);
            if (count > 1) references.set(pick, count - 1);
            else {
              references.delete(pick);
              if (findable.has(pick)) lru.push(pick);
            }
          } else if (kind === "retain" && (count > 0 || findable.has(pick))) {
            pool.retain(pick);
            references.set(pick, count + 1);
            lru = lru.filter((block) => block !== pick);
          } else if (kind === "markCached" && count > 0) {
            pool.markCached(pick);
            findable.add(pick);
          } else if (kind === "unmarkCached" && pick <= size) {
            pool.unmarkCached(pick);
            findable.delete(pick);
            lru = lru.filter((block) => block !== pick);
          }
          expect(pool.usedBlocks).toBe(references.size);
          expect(pool.freeBlocks + pool.usedBlocks).toBe(size);
          expect(pool.cachedBlocks).toBe(lru.length);
          for (let block = 1; block <= size; block++) {
            expect(pool.isFree(block)).toBe(!references.has(block));
            expect(pool.isShared(block)).toBe((references.get(block) ?? 0) > 1);
          }
        }
      },
    ),
  );
});
