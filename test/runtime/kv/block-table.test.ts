import fc from "fast-check";
import { BlockPool } from "../../../runtime/src/kv/block-pool";
import { BlockTable } from "../../../runtime/src/kv/block-table";

describe("a sequence's block table", () => {
  test("holds nothing at first", () => {
    const table = new BlockTable(new BlockPool(4), 2);
    expect(table.blocks).toEqual([]);
    expect(table.missingFor(0)).toBe(0);
  });

  test.each([
    [1, 1],
    [4, 1],
    [5, 2],
    [8, 2],
    [9, 3],
  ])("lacks blocks of 4 tokens for %p tokens: %p", (tokens, blocks) => {
    expect(new BlockTable(new BlockPool(4), 4).missingFor(tokens)).toBe(blocks);
  });

  test("grows at its end and keeps what it has", () => {
    const table = new BlockTable(new BlockPool(4), 2);
    table.reserve(3);
    const before = [...table.blocks];
    expect(table.reserve(5)).toBe(true);
    expect(table.blocks).toHaveLength(3);
    expect(table.blocks.slice(0, 2)).toEqual(before);
  });

  test("grows by more blocks at once than a call takes arguments", () => {
    const table = new BlockTable(new BlockPool(200_000), 1);
    expect(table.reserve(200_000)).toBe(true);
    expect(table.blocks).toHaveLength(200_000);
  });

  test("does not shrink when less is reserved than it holds", () => {
    const table = new BlockTable(new BlockPool(4), 2);
    table.reserve(6);
    expect(table.reserve(1)).toBe(true);
    expect(table.blocks).toHaveLength(3);
  });

  test("changes nothing where the pool lacks blocks", () => {
    const pool = new BlockPool(2);
    const table = new BlockTable(pool, 2);
    table.reserve(1);
    expect(table.reserve(6)).toBe(false);
    expect(table.blocks).toHaveLength(1);
    expect(pool.freeBlocks).toBe(1);
  });

  test("frees its last block first, so that its head is reused last", () => {
    const pool = new BlockPool(3);
    const table = new BlockTable(pool, 1);
    table.reserve(3);
    const blocks = [...table.blocks];
    table.release();
    expect(table.blocks).toEqual([]);
    expect(pool.allocate(3)).toEqual(blocks.reverse());
  });

  test("may be released when it is empty", () => {
    const pool = new BlockPool(1);
    new BlockTable(pool, 1).release();
    expect(pool.freeBlocks).toBe(1);
  });

  test("shares no block with another table, through any growth and release", () => {
    const operation = fc.record({ table: fc.nat(3), tokens: fc.option(fc.nat(20), { nil: undefined }) });
    fc.assert(
      fc.property(
        fc.nat(10),
        fc.integer({ min: 1, max: 5 }),
        fc.array(operation, { maxLength: 40 }),
        (size, blockSize, operations) => {
          const pool = new BlockPool(size);
          const tables = Array.from({ length: 4 }, () => new BlockTable(pool, blockSize));
          const counts = [0, 0, 0, 0];
          for (const { table, tokens } of operations) {
            if (tokens === undefined) {
              tables[table].release();
              counts[table] = 0;
            } else {
              const wanted = Math.max(counts[table], Math.ceil(tokens / blockSize));
              const fits = counts.reduce((sum, count) => sum + count, wanted - counts[table]) <= size;
              expect(tables[table].reserve(tokens)).toBe(fits);
              if (fits) counts[table] = wanted;
            }
            const owned = tables.flatMap(({ blocks }) => [...blocks]);
            expect(tables.map(({ blocks }) => blocks.length)).toEqual(counts);
            expect(new Set(owned).size).toBe(owned.length);
            expect(pool.usedBlocks).toBe(owned.length);
          }
        },
      ),
    );
  });
});
