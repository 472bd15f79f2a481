import { BlockPool } from "../../../runtime/src/kv/block-pool";
import { PrefixCache } from "../../../runtime/src/kv/prefix-cache";
import { type KvCache, SequenceCache } from "../../../runtime/src/kv/sequence-cache";

const BLOCK_SIZE = 4;

function kvCache(blocks = 8, sharesPrefixes = true): KvCache {
  const pool = new BlockPool(blocks);
  const prefixes = sharesPrefixes ? new PrefixCache(pool, BLOCK_SIZE) : undefined;
  return { pool, blockSize: BLOCK_SIZE, prefixes };
}

const numbers = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);

/** A sequence whose tokens are all computed. */
function computed(kv: KvCache, tokens: number[]): SequenceCache {
  const cache = new SequenceCache(kv, tokens);
  cache.reserve(tokens.length);
  cache.commit(tokens.length);
  return cache;
}

describe("what the cache holds of a sequence", () => {
  test("can be found by others as soon as a block's last token is computed", () => {
    const kv = kvCache();
    const tokens = numbers(9);
    const cache = new SequenceCache(kv, tokens);
    const found = () => new SequenceCache(kv, tokens).find().blocks;
    cache.reserve(9);
    cache.commit(3);
    expect(found()).toEqual([]);
    cache.commit(4);
    expect(found()).toEqual(cache.blocks.slice(0, 1));
    cache.commit(8);
    expect(found()).toEqual(cache.blocks.slice(0, 2));
  });

  test("can be found after the sequence has ended, until its blocks are needed", () => {
    const kv = kvCache(3);
    computed(kv, numbers(8)).release();
    expect(kv.pool.usedBlocks).toBe(0);
    expect(new SequenceCache(kv, numbers(9)).find().blocks).toHaveLength(2);
    kv.pool.allocate(3);
    expect(new SequenceCache(kv, numbers(9)).find()).toEqual({ blocks: [] });
  });

  test("cannot be found where prefixes are not shared", () => {
    const kv = kvCache(8, false);
    computed(kv, numbers(8));
    expect(new SequenceCache(kv, numbers(9)).find()).toEqual({ blocks: [] });
  });

  test("cannot be found once it may be damaged", () => {
    const kv = kvCache();
    computed(kv, numbers(8)).discard();
    expect(new SequenceCache(kv, numbers(9)).find()).toEqual({ blocks: [] });
    expect([kv.pool.usedBlocks, kv.pool.cachedBlocks]).toEqual([0, 0]);
  });

  test("is cleared once it may be damaged and nobody holds it any more", () => {
    const kv = kvCache();
    const first = computed(kv, numbers(8));
    const second = first.fork(numbers(8));
    const blocks = [...first.blocks];
    first.discard();
    expect(kv.pool.takeDamaged()).toEqual([]);
    second.discard();
    expect(kv.pool.takeDamaged()).toEqual(blocks);
    expect(kv.pool.takeDamaged()).toEqual([]);
  });
});

describe("taking over what was found", () => {
  test("shares full blocks and copies a tail", () => {
    const kv = kvCache();
    const first = computed(kv, numbers(8));
    const second = new SequenceCache(kv, [1, 2, 3, 4, 5, 6, 9, 9, 9]);
    const found = second.find();
    expect(second.missingWith(found)).toBe(2);
    expect(second.adopt(found, 3)).toEqual([{ from: first.blocks[1], to: second.blocks[1] }]);
    expect(second.computed).toBe(6);
    expect(second.blocks).toHaveLength(3);
    expect(second.blocks[0]).toBe(first.blocks[0]);
  });

  test("counts what was found among the free blocks that it takes", () => {
    const kv = kvCache();
    computed(kv, numbers(8)).release();
    const second = new SequenceCache(kv, numbers(9));
    expect(second.missingWith(second.find())).toBe(3);
  });

  test("copies nothing where the tail's own block is the one that is free for it", () => {
    const kv = kvCache(1);
    computed(kv, numbers(4)).release();
    const second = new SequenceCache(kv, [1, 2, 9]);
    expect(second.adopt(second.find(), 1)).toEqual([]);
    expect(second.computed).toBe(2);
    second.commit(3);
    expect(new SequenceCache(kv, numbers(5)).find()).toEqual({ blocks: [] });
  });

  test("lets the copied block be found under its own tokens", () => {
    const kv = kvCache();
    computed(kv, numbers(4));
    const tokens = [1, 2, 9, 9, 9];
    const second = new SequenceCache(kv, tokens);
    second.adopt(second.find(), 3);
    second.commit(5);
    expect(new SequenceCache(kv, tokens).find().blocks).toEqual([second.blocks[0]]);
  });
});

describe("room", () => {
  test("is what the blocks and the free ones hold", () => {
    const cache = computed(kvCache(), numbers(5));
    expect([cache.roomWith(0), cache.roomWith(2)]).toEqual([8, 16]);
  });

  test("is none where the open block is shared and none is free to copy it to", () => {
    const cache = computed(kvCache(), numbers(5));
    const fork = cache.fork(numbers(5));
    expect([fork.roomWith(0), fork.roomWith(1), fork.roomWith(2)]).toEqual([5, 8, 12]);
    fork.release();
    expect(cache.roomWith(0)).toBe(8);
  });

  test("for drafts is given back beyond the last known token", () => {
    const kv = kvCache();
    const tokens = numbers(5);
    const cache = computed(kv, tokens);
    cache.reserve(14);
    expect(cache.blocks).toHaveLength(4);
    cache.trim();
    expect(cache.blocks).toHaveLength(2);
  });
});

test("a fork shares all blocks, hashes none of them again and writes to none", () => {
  const kv = kvCache();
  const parent = computed(kv, numbers(6));
  const tokens = numbers(6);
  const fork = parent.fork(tokens);
  expect([fork.blocks, fork.computed]).toEqual([parent.blocks, 6]);
  const [shared, tail] = parent.blocks;
  expect(fork.reserve(7)).toEqual([{ from: tail, to: fork.blocks[1] }]);
  expect(fork.blocks[0]).toBe(shared);
  tokens.push(100, 101);
  fork.commit(8);
  expect(new SequenceCache(kv, [...tokens, 102]).find().blocks).toEqual(fork.blocks);
  parent.release();
  fork.release();
  expect([kv.pool.usedBlocks, kv.pool.cachedBlocks]).toEqual([0, 2]);
});
