import { BlockHashes } from "../../../runtime/src/kv/block-hashes";

const hashes = (tokens: number[], salt?: string) => new BlockHashes(tokens, 2, salt);

describe("the hashes of a sequence's blocks", () => {
  test("are equal where all tokens up to the block's end are", () => {
    const [one, other] = [hashes([1, 2, 3, 4]), hashes([1, 2, 3, 4, 5])];
    expect([other.at(0), other.at(1)]).toEqual([one.at(0), one.at(1)]);
  });

  test("differ where an earlier block does, although the block's own tokens are equal", () => {
    expect(hashes([1, 2, 3, 4]).at(1)).not.toBe(hashes([2, 2, 3, 4]).at(1));
  });

  test("differ where the same tokens lie in another block", () => {
    const own = hashes([1, 2, 1, 2]);
    expect(own.at(0)).not.toBe(own.at(1));
  });

  test("tell large token ids apart", () => {
    expect(hashes([1, 256]).at(0)).not.toBe(hashes([1, 65_536]).at(0));
  });

  test("differ with the salt in every block, and no salt is no empty salt", () => {
    const salts = [undefined, "", "a", "b", "\ud800", "\udc00", "\ufffd"];
    const chains = salts.map((salt) => hashes([1, 2, 3, 4], salt));
    for (const index of [0, 1])
      expect(new Set(chains.map((chain) => chain.at(index))).size).toBe(salts.length);
    expect(new Set(chains.map((chain) => chain.parentOf(0))).size).toBe(salts.length);
  });

  test("are chained: each block's parent is the one before", () => {
    const chain = hashes([1, 2, 3, 4]);
    expect(chain.parentOf(1)).toBe(chain.at(0));
  });

  test("reach as far as there are full blocks, also where tokens come later", () => {
    const tokens = [1, 2, 3];
    const chain = hashes(tokens);
    expect(() => chain.at(1)).toThrow("invariant: block 1 is hashed but not full");
    tokens.push(4);
    expect(chain.at(1)).toBe(hashes([1, 2, 3, 4]).at(1));
  });

  test("of a fork go on from its parent's", () => {
    const chain = hashes([1, 2, 3, 4], "salt");
    const shared = chain.at(0);
    const fork = chain.fork([1, 2, 5, 6]);
    expect(fork.at(0)).toBe(shared);
    expect(fork.at(1)).toBe(hashes([1, 2, 5, 6], "salt").at(1));
  });

  test("are SHA-256 digests", () => {
    expect(Buffer.from(hashes([1, 2]).at(0), "base64")).toHaveLength(32);
  });
});
