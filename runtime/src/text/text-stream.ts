import type { Generation } from "../engine/generation";
import type { FinishReason } from "../engine/sequence";
import { Detokenizer } from "./detokenizer";
import { StopMatcher } from "./stop-matcher";

/** A piece of a completion: tokens, the text that may go out with them, and how it ended if it did. */
export type TextDelta = Readonly<{ text: string; tokenIds: readonly number[]; finishReason?: FinishReason }>;

/** Tokens of the prompt that the first token's text is read beside; special tokens among them have no text. */
const NEIGHBOURS = 5;

/**
 * The text of a generation. A stop string ends it; the tokens up to the one that completed the string count.
 *
 * @param decode absent where the checkpoint has no tokenizer; the text is then empty
 */
export async function* textStream(
  generation: Generation,
  decode: ((tokenIds: number[]) => string) | undefined,
  stops: readonly string[],
): AsyncGenerator<TextDelta> {
  const before = generation.promptTokenIds.slice(-NEIGHBOURS);
  const detokenizer = new Detokenizer(decode ?? (() => ""), decode && before);
  const matcher = new StopMatcher(stops);
  for await (const { tokenId, finishReason } of generation) {
    const { text, stopped } = matcher.push(detokenizer.push(tokenId));
    if (stopped) {
      generation.abort("stop");
      yield { text, tokenIds: [tokenId], finishReason: "stop" };
      return;
    }
    if (!finishReason) {
      yield { text, tokenIds: [tokenId] };
      continue;
    }
    const last = matcher.push(detokenizer.flush());
    const rest = last.stopped ? last.text : last.text + matcher.flush();
    yield { text: text + rest, tokenIds: [tokenId], finishReason: last.stopped ? "stop" : finishReason };
  }
}
