import type { FinishReason } from "../engine/sequence";
import type { TextDelta } from "../text/text-stream";

/** A choice whose completion is whole. */
export type FinishedChoice = Readonly<{
  promptTokenIds: readonly number[];
  text: string;
  tokenIds: readonly number[];
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
  /** Where the prompt's token ids go in a whole response, and in a stream without an opening chunk. */
  readonly promptTokenIdsIn: "choice" | "response";
}

/** vLLM's and OpenAI's `text_completion`. */
export const textCompletionFormat: ResponseFormat = {
  idPrefix: "cmpl",
  object: "text_completion",
  chunkObject: "text_completion",
  promptTokenIdsIn: "choice",
  choice: (index, { text, finishReason }) => ({ index, text, logprobs: null, finish_reason: finishReason }),
  opening: () => undefined,
  delta: (index, { text, finishReason }) => ({
    index,
    text,
    logprobs: null,
    finish_reason: finishReason ?? null,
  }),
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
    logprobs: null,
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
    logprobs: null,
    finish_reason: finishReason ?? null,
  }),
};
