import type { FinishReason } from "../engine/sequence";
import type { ScoredToken, TextDelta } from "../text/text-stream";
import { chatLogprobs, completionLogprobs, type TokenNamer } from "./logprobs-format";

/** A choice whose completion is whole. */
export type FinishedChoice = Readonly<{
  promptTokenIds: readonly number[];
  text: string;
  tokenIds: readonly number[];
  scoredTokens?: readonly ScoredToken[];
  finishReason: FinishReason;
}>;

type Fields = Readonly<Record<string, unknown>>;

/** How a route words its responses: what differs between text and chat completions, and nothing else. */
export interface ResponseFormat {
  readonly idPrefix: string;
  readonly object: string;
  readonly chunkObject: string;
  /** One of the choices of a whole response. */
  choice(index: number, choice: FinishedChoice): Fields;
  /** The chunk that goes out before a choice's first delta, if there is one. */
  opening(index: number): Fields | undefined;
  /** One of the choices of a chunk. */
  delta(index: number, delta: TextDelta): Fields;
  /** What a choice or a delta says of its tokens' probabilities. */
  logprobs(tokens: readonly ScoredToken[], nameOf: TokenNamer): Fields;
  /** Where the prompt's token ids go in a whole response, and in a stream without an opening chunk. */
  readonly promptTokenIdsIn: "choice" | "response";
}

/** vLLM's and OpenAI's `text_completion`. */
export const textCompletionFormat: ResponseFormat = {
  idPrefix: "cmpl",
  object: "text_completion",
  chunkObject: "text_completion",
  promptTokenIdsIn: "choice",
  choice: (index, { text, finishReason }) => ({ index, text, finish_reason: finishReason }),
  opening: () => undefined,
  delta: (index, { text, finishReason }) => ({ index, text, finish_reason: finishReason ?? null }),
  logprobs: completionLogprobs,
};

/** OpenAI's `chat.completion`. */
export const chatCompletionFormat: ResponseFormat = {
  idPrefix: "chatcmpl",
  object: "chat.completion",
  chunkObject: "chat.completion.chunk",
  promptTokenIdsIn: "response",
  choice: (index, { text, finishReason }) => ({
    index,
    message: { role: "assistant", content: text, refusal: null },
    finish_reason: finishReason,
  }),
  opening: (index) => ({
    index,
    delta: { role: "assistant", content: "" },
    logprobs: null,
    finish_reason: null,
  }),
  delta: (index, { text, finishReason }) => ({
    index,
    delta: text === "" ? {} : { content: text },
    finish_reason: finishReason ?? null,
  }),
  logprobs: chatLogprobs,
};
