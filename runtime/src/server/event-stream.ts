import { once } from "node:events";
import { PassThrough, type Readable } from "node:stream";
import { internalError, RuntimeError } from "../errors";
import { type CompletionResponse, envelope } from "./completion-response";
import type { Choice } from "./served-model";
import { countsOf, usage } from "./usage";

/**
 * A response as server-sent events: chunks of all choices as they come, the usage where the request asks for it, and
 * `[DONE]`. An error after the first byte can no longer change the status, so it is an event too.
 *
 * @param reportFault is told of an error that is not for clients, who are told that there was one
 */
export function eventStream(response: CompletionResponse, reportFault: (cause: unknown) => void): Readable {
  const events = new PassThrough();
  void writeEvents(new EventWriter(events), response, reportFault);
  return events;
}

async function writeEvents(
  writer: EventWriter,
  { model, choices, fields, format }: CompletionResponse,
  reportFault: (cause: unknown) => void,
): Promise<void> {
  const head = envelope(format.idPrefix, format.chunkObject, model.name);
  const withUsage = fields.stream_options?.include_usage === true;
  const withUsageSoFar = withUsage && fields.stream_options?.continuous_usage_stats === true;
  const withIds = fields.return_token_ids === true;
  const completionTokens = choices.map(() => 0);

  const sendChoice = async (source: Choice, index: number) => {
    const { promptTokenIds, deltas } = source;
    // As vLLM does, each chunk tells of its own choice alone, prompt included.
    const usageSoFar = () =>
      withUsageSoFar
        ? usage([countsOf({ ...source, isFirstOfPrompt: true }, completionTokens[index])])
        : null;
    const chunk = (choice: object, beside: object = {}) =>
      writer.send({ ...head, ...beside, choices: [choice], ...(withUsage && { usage: usageSoFar() }) });
    // The prompt's ids go out once, with the first chunk, in the choice or beside the choices.
    let promptIds = withIds ? { prompt_token_ids: promptTokenIds } : {};
    const opening = format.opening(index);
    if (opening) {
      await chunk(opening, promptIds);
      promptIds = {};
    }
    for await (const delta of deltas) {
      const { scoredTokens } = delta;
      completionTokens[index] += delta.tokenIds.length;
      if (delta.text === "" && !delta.finishReason && !withIds && !scoredTokens) continue;
      await chunk({
        ...format.delta(index, delta),
        logprobs: scoredTokens ? format.logprobs(scoredTokens, model.tokenText) : null,
        ...promptIds,
        ...(withIds && { token_ids: delta.tokenIds }),
      });
      promptIds = {};
    }
  };

  const sending = choices.map(sendChoice);
  try {
    await Promise.all(sending);
    if (withUsage) {
      const counts = choices.map((choice, index) => countsOf(choice, completionTokens[index]));
      await writer.send({ ...head, choices: [], usage: usage(counts) });
    }
  } catch (cause) {
    for (const choice of choices) choice.abort();
    // What the other choices still write must not come after the end.
    await Promise.allSettled(sending);
    if (!(cause instanceof RuntimeError)) reportFault(cause);
    const error = cause instanceof RuntimeError ? cause : internalError();
    await writer.send(error.body);
  }
  writer.end();
}

/** Writes events and waits where the client reads more slowly than the model writes. */
class EventWriter {
  /** All choices wait for the same moment: one listener, however many they are. */
  private drained: Promise<void> | undefined;

  constructor(private readonly events: PassThrough) {}

  async send(data: object): Promise<void> {
    if (this.events.write(`data: ${JSON.stringify(data)}\n\n`) || this.events.destroyed) return;
    this.drained ??= this.drain();
    await this.drained;
  }

  end(): void {
    this.events.end("data: [DONE]\n\n");
  }

  private async drain(): Promise<void> {
    const done = new AbortController();
    const { signal } = done;
    await Promise.race([once(this.events, "drain", { signal }), once(this.events, "close", { signal })]);
    done.abort();
    this.drained = undefined;
  }
}
