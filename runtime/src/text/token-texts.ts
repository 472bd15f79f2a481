import type { Tokenizer } from "@huggingface/tokenizers";
import { byteLevelBytes } from "./byte-level";

/** One token as text and as the bytes that it adds to a text. */
export type TokenText = Readonly<{
  /** Bytes that are no whole character are written `\xf0`, as OpenAI writes them. */
  text: string;
  bytes: readonly number[];
  /** Its bytes are whole characters. */
  isWhole: boolean;
}>;

/** A byte as SentencePiece's byte fallback spells it. */
const FALLBACK_BYTE = /^<0x([0-9A-F]{2})>$/;

/** The texts of single tokens, special ones included: what log probabilities are reported under. */
export class TokenTexts {
  private readonly known = new Map<number, TokenText>();
  /** A token that a text can begin with: at the beginning of one, some tokenizers drop a space. */
  private readonly opening: number | undefined;

  /** @param isByteLevel the tokens are spelt in byte-level characters */
  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly isByteLevel: boolean,
  ) {
    this.opening = tokenizer.token_to_id("a");
  }

  /** A token that the tokenizer does not know has no text. */
  of(tokenId: number): TokenText {
    const known = this.known.get(tokenId);
    if (known) return known;
    const text = textOf(this.bytes(tokenId));
    this.known.set(tokenId, text);
    return text;
  }

  private bytes(tokenId: number): number[] {
    const token = this.tokenizer.id_to_token(tokenId);
    if (token === undefined) return [];
    const isAdded = this.tokenizer.get_added_tokens_decoder().has(tokenId);
    if (isAdded) return [...Buffer.from(token)];
    if (this.isByteLevel) return byteLevelBytes(token);
    const [, byte] = FALLBACK_BYTE.exec(token) ?? [];
    return byte === undefined ? [...Buffer.from(this.decode(tokenId))] : [Number.parseInt(byte, 16)];
  }

  private decode(tokenId: number): string {
    const decode = (ids: number[]) =>
      this.tokenizer.decode(ids, { skip_special_tokens: false, clean_up_tokenization_spaces: false });
    if (this.opening === undefined) return decode([tokenId]);
    return decode([this.opening, tokenId]).slice(decode([this.opening]).length);
  }
}

function textOf(bytes: readonly number[]): TokenText {
  const text = Buffer.from(bytes).toString("utf8");
  const isWhole = Buffer.from(text).equals(Buffer.from(bytes));
  return { text: isWhole ? text : escaped(bytes), bytes, isWhole };
}

function escaped(bytes: readonly number[]): string {
  const write = (byte: number) =>
    byte > 31 && byte < 127 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  return bytes.map(write).join("");
}
