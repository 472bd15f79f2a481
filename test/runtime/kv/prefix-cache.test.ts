import { BlockHashes } from "../../../runtime/src/kv/block-hashes";
import { BlockPool } from "../../../runtime/src/kv/block-pool";
import { PrefixCache } from "../../../runtime/src/kv/prefix-cache";

const BLOCK_SIZE = 4;

function prefixCache(blocks = 8) {
  const pool = new BlockPool(blocks);
  const prefixes = new PrefixCache(pool, BLOCK_SIZE);
  return {
    pool,
    prefixes,
    /** Computes all full blocks of a sequence and lets them go. */
    publish(tokens: number[], salt?: string): number[] {
      const hashes = new BlockHashes(tokens, BLOCK_SIZE, salt);
      const own = pool.allocate(Math.floor(tokens.length / BLOCK_SIZE)) as number[];
      own.forEach((block, index) => {
        prefixes.publish(tokens, hashes, index, block);
      });
      pool.release([...own].reverse());
      return own;
    },
    find: (tokens: number[], salt?: string) =>
      prefixes.match(tokens, new BlockHashes(tokens, BLOCK_SIZE, salt), tokens.length - 1),
  };
}

describe("the prefix cache", () => {
  test("finds nothing at first", () => {
    expect(prefixCache().find([1, 2, 3, 4, 5])).toEqual({ blocks: [] });
  });

  test("finds the full blocks that begin a sequence", () => {
    const { publish, find } = prefixCache();
    const [first, second] = publish([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(find([1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual({ blocks: [first, second] });
    expect(find([1, 2, 3, 4, 9, 9, 9, 9, 9])).toEqual({ blocks: [first] });
  });

  test("finds no block whose predecessors differ", () => {
    const { publish, find } = prefixCache();
    publish([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(find([9, 9, 9, 9, 5, 6, 7, 8, 9]).blocks).toEqual([]);
  });

  test("leaves the last token to be computed, although all of it is cached", () => {
    const { publish, find } = prefixCache();
    const [first, second] = publish([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(find([1, 2, 3, 4, 5, 6, 7, 8])).toEqual({
      blocks: [first],
      tail: { block: second, tokens: 3 },
    });
    expect(find([1])).toEqual({ blocks: [] });
  });

  test("finds a block of which only the first tokens are wanted", () => {
    const { publish, find } = prefixCache();
    const [first, second] = publish([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(find([1, 2, 3, 4, 5, 6, 9, 9, 9])).toEqual({
      blocks: [first],
      tail: { block: second, tokens: 2 },
    });
    expect(find([1, 2, 9])).toEqual({ blocks: [], tail: { block: first, tokens: 2 } });
  });

  test("takes of several such blocks the one that shares most", () => {
    const { publish, find } = prefixCache();
    publish([1, 2, 9, 9]);
    const [best] = publish([1, 2, 3, 9]);
    publish([1, 9, 9, 9]);
    expect(find([1, 2, 3, 4, 5]).tail).toEqual({ block: best, tokens: 3 });
  });

  test("shares nothing between salts, not even a tail", () => {
    const { publish, find } = prefixCache();
    const [block] = publish([1, 2, 3, 4], "tenant");
    expect(find([1, 2, 3, 4, 5], "another")).toEqual({ blocks: [] });
    expect(find([1, 2, 3, 4, 5])).toEqual({ blocks: [] });
    expect(find([1, 2, 3, 4, 5], "tenant")).toEqual({ blocks: [block] });
  });

  test("keeps the first of two blocks with the same tokens", () => {
    const { publish, find, pool } = prefixCache();
    const tokens = [1, 2, 3, 4];
    const held = pool.allocate(1) as number[];
    const [first] = publish(tokens);
    expect(publish(tokens)).not.toEqual([held[0]]);
    expect(find([...tokens, 5])).toEqual({ blocks: [first] });
    expect(pool.cachedBlocks).toBe(1);
  });

  test("forgets a block that is taken for other content, the longest unused and the tail of a sequence first", () => {
    const { publish, find, pool } = prefixCache(3);
    const [first, second] = publish([1, 2, 3, 4, 5, 6, 7, 8]);
    publish([9, 9, 9, 9]);
    pool.allocate(1);
    expect(find([1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual({ blocks: [first] });
    expect(find([9, 9, 9, 9, 9]).blocks).toHaveLength(1);
    expect(pool.isFree(second)).toBe(false);
    pool.allocate(1);
    expect(find([1, 2, 3, 4, 5])).toEqual({ blocks: [] });
  });

  test("finds again what comes back after it was forgotten, with the blocks behind it", () => {
    const { publish, find, prefixes } = prefixCache();
    const [first, second] = publish([1, 2, 3, 4, 5, 6, 7, 8]);
    prefixes.forget([first]);
    expect(find([1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual({ blocks: [] });
    const [again] = publish([1, 2, 3, 4]);
    expect(find([1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual({ blocks: [again, second] });
  });

  test("forgets blocks also while they are owned", () => {
    const { find, prefixes, pool } = prefixCache();
    const tokens = [1, 2, 3, 4];
    const [block] = pool.allocate(1) as number[];
    prefixes.publish(tokens, new BlockHashes(tokens, BLOCK_SIZE, undefined), 0, block);
    prefixes.forget([block]);
    expect(find([...tokens, 5])).toEqual({ blocks: [] });
    pool.release([block]);
    expect(pool.cachedBlocks).toBe(0);
  });
});
