import { hash } from "node:crypto";

/** Characters of a SHA-256 digest in base64. */
const DIGEST_LENGTH = 44;

/**
 * The hashes of one sequence's full blocks, each chained to its parent's, so that equal hashes mean equal tokens from
 * the sequence's start on. SHA-256, since tenants share the pool: with a weak hash one could find another's prompt by
 * a collision. The salt is the first block's parent, so that all that follows differs with it.
 *
 * A block is hashed once, when its hash is first asked for.
 */
export class BlockHashes {
  private readonly digests: string[];
  private readonly root: string;
  /** What is hashed: the parent's digest and the block's tokens. */
  private readonly bytes: Buffer;
  private readonly blockTokens: Int32Array;

  /** @param tokens the sequence's, to which more may be appended */
  constructor(
    private readonly tokens: readonly number[],
    private readonly blockSize: number,
    private readonly salt: string | undefined,
    digests: readonly string[] = [],
  ) {
    this.digests = [...digests];
    this.root = rootOf(salt);
    const memory = new ArrayBuffer(DIGEST_LENGTH + 4 * blockSize);
    this.bytes = Buffer.from(memory);
    this.blockTokens = new Int32Array(memory, DIGEST_LENGTH);
  }

  /** The hash of the block at this index, which must be full. */
  at(index: number): string {
    for (let next = this.digests.length; next <= index; next++) this.digests.push(this.digest(next));
    return this.digests[index];
  }

  /** The hash of the block before the one at this index; of the salt for the first. */
  parentOf(index: number): string {
    return index === 0 ? this.root : this.at(index - 1);
  }

  /** Hashes of a sequence that begins with the same tokens. What is hashed already is not hashed again. */
  fork(tokens: readonly number[]): BlockHashes {
    return new BlockHashes(tokens, this.blockSize, this.salt, this.digests);
  }

  private digest(index: number): string {
    const start = index * this.blockSize;
    if (start + this.blockSize > this.tokens.length)
      throw new Error(`invariant: block ${index} is hashed but not full`);
    this.bytes.write(this.parentOf(index), "latin1");
    for (let offset = 0; offset < this.blockSize; offset++)
      this.blockTokens[offset] = this.tokens[start + offset];
    return hash("sha256", this.bytes, "base64");
  }
}

/** No salt differs from every salt, and each from all others: in UTF-8 all lone surrogates would be one character. */
function rootOf(salt: string | undefined): string {
  const root = salt === undefined ? "unsalted" : `salt:${salt}`;
  return hash("sha256", Buffer.from(root, "utf16le"), "base64");
}
