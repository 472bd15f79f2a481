/**
 * The characters that byte-level vocabularies write bytes as (GPT-2's `bytes_to_unicode`): bytes that print stand for
 * themselves, the others follow in order from U+0100.
 */
const byteOf = new Map<string, number>();
let others = 0;
for (let byte = 0; byte < 256; byte++) {
  const prints = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  byteOf.set(String.fromCharCode(prints ? byte : 256 + others++), byte);
}

/** The bytes of a token of a byte-level vocabulary. */
export function byteLevelBytes(token: string): number[] {
  return [...token].flatMap((character) => byteOf.get(character) ?? []);
}
