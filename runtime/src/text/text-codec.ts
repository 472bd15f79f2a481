import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Template } from "@huggingface/jinja";
import { Tokenizer } from "@huggingface/tokenizers";
import { CheckpointError } from "../model/checkpoint-error";
import { readJson } from "../model/json-file";
import { TokenTexts } from "./token-texts";

export type ChatMessage = Readonly<{ role: string; content: string }>;

/** A checkpoint's own way between text and tokens. */
export class TextCodec {
  /**
   * Characters of the longest token: a text of more than n times as many has more than n tokens, but for what a
   * tokenizer's normaliser drops.
   */
  readonly longestToken: number;
  /** Each token on its own. */
  readonly tokenTexts: TokenTexts;

  private constructor(
    private readonly tokenizer: Tokenizer,
    private readonly chatTemplate: Template | undefined,
    private readonly specialTokens: Readonly<Record<string, string>>,
    isByteLevel: boolean,
  ) {
    this.tokenTexts = new TokenTexts(tokenizer, isByteLevel);
    let longest = 1;
    for (const token of tokenizer.get_vocab().keys()) longest = Math.max(longest, token.length);
    this.longestToken = longest;
  }

  /**
   * Reads tokenizer.json, tokenizer_config.json and the chat template, which lies in the latter or in
   * chat_template.jinja.
   *
   * @returns undefined where the checkpoint has no tokenizer.json: it is then served in token ids alone
   * @throws CheckpointError when a file is there and cannot be used
   */
  static open(directory: string): TextCodec | undefined {
    const json = readJson(directory, "tokenizer.json");
    if (!json) return undefined;
    const config = readJson(directory, "tokenizer_config.json") ?? {};
    const template =
      readText(join(directory, "chat_template.jinja")) ?? defaultTemplate(config.chat_template);
    try {
      return new TextCodec(
        new Tokenizer(json, config),
        template === undefined ? undefined : new Template(template),
        specialTokens(config),
        isByteLevel(json.decoder),
      );
    } catch (cause) {
      throw new CheckpointError([`tokenizer or chat template: ${(cause as Error).message}`]);
    }
  }

  get canChat(): boolean {
    return this.chatTemplate !== undefined;
  }

  /** The tokens of a prompt, with those that the tokenizer puts around every text. */
  encode(text: string): number[] {
    return this.tokenizer.encode(text).ids;
  }

  /** The tokens of a conversation that the assistant is to continue. The template writes all special tokens itself. */
  encodeChat(messages: readonly ChatMessage[]): number[] {
    if (!this.chatTemplate) throw new Error("invariant: this checkpoint has no chat template");
    const text = this.chatTemplate.render({ messages, add_generation_prompt: true, ...this.specialTokens });
    return this.tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /** Bytes that are no whole character yet become U+FFFD. */
  decode(tokenIds: number[], skipsSpecialTokens = true): string {
    if (tokenIds.length === 0) return "";
    return this.tokenizer.decode(tokenIds, {
      skip_special_tokens: skipsSpecialTokens,
      clean_up_tokenization_spaces: false,
    });
  }
}

/** Whether tokenizer.json's decoder reads tokens as byte-level characters. */
function isByteLevel(decoder: unknown): boolean {
  const { type, decoders = [] } = (decoder ?? {}) as { type?: string; decoders?: readonly unknown[] };
  return type === "ByteLevel" || decoders.some(isByteLevel);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new CheckpointError([`${path} cannot be read: ${(cause as Error).message}`]);
  }
}

/** A template, or the one called "default" of several. */
function defaultTemplate(value: unknown): string | undefined {
  if (!Array.isArray(value)) return typeof value === "string" ? value : undefined;
  const named = value as readonly { name?: string; template?: string }[];
  return named.find(({ name }) => name === "default")?.template;
}

/** `bos_token`, `eos_token` and so on, each as a string or as an object with its content. */
function specialTokens(config: Readonly<Record<string, unknown>>): Record<string, string> {
  const content = (value: unknown) =>
    typeof value === "object" && value ? (value as { content?: unknown }).content : value;
  return Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.endsWith("_token"))
      .map(([key, value]) => [key, content(value)])
      .filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
