import fc from "fast-check";
import { BlockPool } from "../../../runtime/src/kv/block-pool";
import { BlockTable } from "../../../runtime/src/kv/block-table";

describe("a sequence's block table", () => {
  test("holds nothing at first", () => {
    const table = new BlockTable(new BlockPool(4), 2);
    expect(table.blocks).toEqual([]);
    expect(table.missingFor(0, 0)).toBe(0);
  });

  test.each([
    [1, 1],
    [4, 1],
    [5, 2],
    [8, 2],
    [9, 3],
  ])("lacks blocks of 4 tokens for %p tokens: %p", (tokens, blocks) => {
    expect(new BlockTable(new BlockPool(4), 4).missingFor(tokens, 0)).toBe(blocks);
  });

  test("grows at its end and keeps what it has", () => {
    const table = new BlockTable(new BlockPool(4), 2);
    table.reserve(3, 0);
    const before = [...table.blocks];
    expect(table.reserve(5, 3)).toEqual([]);
    expect(table.blocks).toHaveLength(3);
    expect(table.blocks.slice(0, 2)).toEqual(before);
  });

  test("grows by more blocks at once than a call takes arguments", () => {
    const table = new BlockTable(new BlockPool(200_000), 1);
    expect(table.reserve(200_000, 0)).toEqual([]);
    expect(table.blocks).toHaveLength(200_000);
  });

  test("does not shrink when less is reserved than it holds", () => {
    const table = new BlockTable(new BlockPool(4), 2);
    table.reserve(6, 0);
    expect(table.reserve(1, 0)).toEqual([]);
    expect(table.blocks).toHaveLength(3);
  });

  test("changes nothing where the pool lacks blocks", () => {
    const pool = new BlockPool(2);
    const table = new BlockTable(pool, 2);
    table.reserve(1, 0);
    expect(table.reserve(6, 1)).toBeUndefined();
    expect(table.blocks).toHaveLength(1);
    expect(pool.freeBlocks).toBe(1);
  });

  test("gives back the blocks that fewer tokens do not need", () => {
    const pool = new BlockPool(4);
    const table = new BlockTable(pool, 2);
    table.reserve(8, 0);
    table.truncate(3);
    expect(table.blocks).toEqual([1, 2]);
    table.truncate(4);
    expect([table.blocks.length, pool.freeBlocks]).toEqual([2, 2]);
  });

  test("frees its last block first, so that its head is reused last", () => {
    const pool = new BlockPool(3);
    const table = new BlockTable(pool, 1);
    table.reserve(3, 0);
    const blocks = [...table.blocks];
    for (const block of blocks) pool.markCached(block);
    table.release();
    expect(table.blocks).toEqual([]);
    expect(pool.allocate(3)).toEqual(blocks.reverse());
  });

  test("may be released when it is empty", () => {
    const pool = new BlockPool(1);
    new BlockTable(pool, 1).release();
    expect(pool.freeBlocks).toBe(1);
  });
});

describe("tables that share blocks", () => {
  /** 3 tokens in 2 blocks of 2. */
  function forked(blocks = 8) {
    const pool = new BlockPool(blocks);
    const table = new BlockTable(pool, 2);
    table.reserve(3, 0);
    return { pool, table, fork: table.fork() };
  }

  test("take no blocks for what they share", () => {
    const { pool, table, fork } = forked();
    expect(fork.blocks).toEqual(table.blocks);
    expect(pool.usedBlocks).toBe(2);
  });

  test("copy a block before they write to it, but none that they only read", () => {
    const { pool, table, fork } = forked();
    expect(fork.missingFor(4, 3)).toBe(1);
    expect(fork.reserve(4, 3)).toEqual([{ from: 2, to: 3 }]);
    expect([table.blocks, fork.blocks]).toEqual([
      [1, 2],
      [1, 3],
    ]);
    expect([1, 2, 3].map((block) => pool.isShared(block))).toEqual([true, false, false]);
  });

  test("copy once: the last holder of a block writes to it", () => {
    const { table, fork } = forked();
    fork.reserve(4, 3);
    expect(table.reserve(4, 3)).toEqual([]);
    expect(table.blocks).toEqual([1, 2]);
  });

  test("copy and grow at the same time", () => {
    const { fork } = forked();
    expect(fork.missingFor(7, 3)).toBe(3);
    expect(fork.reserve(7, 3)).toEqual([{ from: 2, to: 3 }]);
    expect(fork.blocks).toEqual([1, 3, 4, 5]);
  });

  test("copy nothing where their last block is full", () => {
    const { fork } = forked();
    expect(fork.reserve(5, 4)).toEqual([]);
    expect(fork.blocks).toEqual([1, 2, 3]);
  });

  test("keep what they share where the pool has no block for the copy", () => {
    const { pool, table, fork } = forked(2);
    expect(fork.reserve(4, 3)).toBeUndefined();
    expect(fork.blocks).toEqual(table.blocks);
    table.release();
    expect(pool.freeBlocks).toBe(0);
    expect(fork.reserve(4, 3)).toEqual([]);
  });
});

test("no table writes to a block that another one holds, through any growth, forks, cuts and releases", () => {
  const operation = fc.record({
    kind: fc.constantFrom("reserve" as const, "fork" as const, "truncate" as const, "release" as const),
    table: fc.nat(3),
    tokens: fc.nat(20),
    other: fc.nat(3),
  });
  fc.assert(
    fc.property(
      fc.nat(12),
      fc.integer({ min: 1, max: 5 }),
      fc.array(operation, { maxLength: 40 }),
      (size, blockSize, operations) => {
        const pool = new BlockPool(size);
        const tables = Array.from({ length: 4 }, () => new BlockTable(pool, blockSize));
        const holders = (block: number) => tables.filter(({ blocks }) => blocks.includes(block)).length;
        for (const { kind, table: index, tokens, other } of operations) {
          const table = tables[index];
          const before = [...table.blocks];
          if (kind === "reserve") {
            const written = Math.min(tokens, before.length * blockSize);
            const shared = before
              .slice(Math.floor(written / blockSize))
              .filter((block) => holders(block) > 1);
            const grown = Math.max(0, Math.ceil((tokens + 3) / blockSize) - before.length);
            const free = size - new Set(tables.flatMap(({ blocks }) => blocks)).size;
            expect(table.missingFor(tokens + 3, written)).toBe(grown + shared.length);
            const copies = table.reserve(tokens + 3, written);
            expect(copies !== undefined).toBe(grown + shared.length <= free);
            if (!copies) expect(table.blocks).toEqual(before);
            else {
              expect(table.blocks.length * blockSize).toBeGreaterThanOrEqual(tokens + 3);
              for (const block of table.blocks.slice(Math.floor(written / blockSize)))
                expect(holders(block)).toBe(1);
              const replaced = before.flatMap((from, place) =>
                table.blocks[place] === from ? [] : [{ from, to: table.blocks[place] }],
              );
              expect(copies).toEqual(replaced);
            }
          } else if (kind === "fork" && index !== other) {
            tables[other].release();
            tables[other] = table.fork();
          } else if (kind === "truncate") table.truncate(tokens);
          else table.release();
          const held = new Set(tables.flatMap(({ blocks }) => blocks));
          expect(pool.usedBlocks).toBe(held.size);
          for (const block of held) expect(pool.isShared(block)).toBe(holders(block) > 1);
        }
      },
    ),
  );
});
