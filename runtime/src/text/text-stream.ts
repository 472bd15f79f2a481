import type { GeneratedToken, Generation } from "../engine/generation";
import type { FinishReason } from "../engine/sequence";
import type { SampledToken } from "../sampling/token-scores";
import { Detokenizer } from "./detokenizer";
import { StopMatcher } from "./stop-matcher";

/** A token with its log probabilities, and where in the completion's text its own begins, in characters. */
export type ScoredToken = Required<SampledToken> & Readonly<{ textOffset: number }>;

/** A piece of a completion: tokens, the text that may go out with them, and how it ended if it did. */
export type TextDelta = Readonly<{
  text: string;
  tokenIds: readonly number[];
  /** The same tokens, where log probabilities were asked for. */
  scoredTokens?: readonly ScoredToken[];
  finishReason?: FinishReason;
}>;

/** What ends a completion's text. */
export type TextEnd = Readonly<{
  /** Strings that end it. */
  stops: readonly string[];
  /** What ended it, string or token, is part of the text. */
  includesStop: boolean;
  /** A stop string that is complete with one of so many first tokens ends nothing. */
  minTokens: number;
}>;

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
  { stops, includesStop, minTokens }: TextEnd,
): AsyncGenerator<TextDelta> {
  const before = generation.promptTokenIds.slice(-NEIGHBOURS);
  const detokenizer = new Detokenizer(decode ?? (() => ""), decode && before);
  const matcher = new StopMatcher(stops, includesStop);
  let tokens = 0;
  let characters = 0;
  const search = (piece: string) => matcher.push(piece, tokens > minTokens);
  for await (const token of generation) {
    const { tokenId, finishReason } = token;
    const scoredTokens = scored(token, characters);
    tokens++;
    const isHidden = finishReason === "stop" && !includesStop;
    const piece = isHidden ? "" : detokenizer.push(tokenId);
    characters += [...piece].length;
    const { text, stopped } = search(piece);
    const delta = { tokenIds: [tokenId], ...(scoredTokens && { scoredTokens }) };
    if (stopped) {
      generation.abort("stop");
      yield { ...delta, text, finishReason: "stop" };
      return;
    }
    if (!finishReason) {
      yield { ...delta, text };
      continue;
    }
    const last = search(detokenizer.flush());
    const rest = last.stopped ? last.text : last.text + matcher.flush();
    yield { ...delta, text: text + rest, finishReason: last.stopped ? "stop" : finishReason };
  }
}

function scored(
  { tokenId, logprob, topLogprobs = [] }: GeneratedToken,
  textOffset: number,
): ScoredToken[] | undefined {
  return logprob === undefined ? undefined : [{ tokenId, logprob, topLogprobs, textOffset }];
}
