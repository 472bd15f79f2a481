import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { crc32c } from "./crc32c";

export type FileDigest = Readonly<{
  bytes: number;
  /** Eight hexadecimal digits. */
  crc32c: string;
  /** 64 hexadecimal digits. */
  sha256: string;
}>;

const PIECE_BYTES = 4 * 1024 * 1024;

/** Reads a file once and says what it holds. `advance` is told of every piece, in bytes. */
export async function digestFile(path: string, advance: (bytes: number) => void): Promise<FileDigest> {
  const file = await open(path, "r");
  try {
    const sha256 = createHash("sha256");
    const piece = new Uint8Array(PIECE_BYTES);
    let crc = 0;
    let bytes = 0;
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, PIECE_BYTES);
      if (bytesRead === 0) break;
      const read = piece.subarray(0, bytesRead);
      sha256.update(read);
      crc = crc32c(read, crc);
      bytes += bytesRead;
      advance(bytesRead);
    }
    return { bytes, crc32c: crc.toString(16).padStart(8, "0"), sha256: sha256.digest("hex") };
  } finally {
    await file.close();
  }
}
