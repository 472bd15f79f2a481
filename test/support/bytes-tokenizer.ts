/**
 * A tokenizer whose tokens are any bytes, as a byte-level vocabulary's are: `decode` gives the text of their bytes, with
 * U+FFFD for what is no whole character. A string stands for its UTF-8.
 */
export function bytesTokenizer(...vocabulary: readonly (string | readonly number[])[]) {
  const bytes = vocabulary.map((token) => (typeof token === "string" ? [...Buffer.from(token)] : token));
  return {
    tokens: [...bytes.keys()],
    decode: (tokenIds: readonly number[]) =>
      new TextDecoder("utf-8", { ignoreBOM: true }).decode(
        Uint8Array.from(tokenIds.flatMap((id) => bytes[id])),
      ),
  };
}

/** The bytes of a text, cut before each of these places. */
export function cutBytes(bytes: readonly number[], cuts: readonly number[]): number[][] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const starts = [0, ...places.filter((place) => place > 0 && place < bytes.length)];
  return starts.map((start, index) => bytes.slice(start, starts[index + 1]));
}
