import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import type { FastifyReply } from "fastify";
import { RuntimeError } from "../errors";
import type { SharedFields } from "./request-fields";
import type { FinishedChoice, ResponseFormat } from "./response-format";
import type { Choice } from "./served-model";

type Response = Readonly<{
  model: string;
  choices: readonly Choice[];
  fields: SharedFields;
  format: ResponseFormat;
}>;

/** Sends choices as the request wants them: whole or as server-sent events. A client that leaves ends them. */
export async function respond(reply: FastifyReply, response: Response): Promise<unknown> {
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) for (const choice of response.choices) choice.abort();
  });
  return response.fields.stream ? stream(reply, response) : whole(response);
}

async function whole({ model, choices, fields, format }: Response): Promise<object> {
  const finished = await Promise.all(choices.map(finish)).catch((cause) => {
    for (const choice of choices) choice.abort();
    throw cause;
  });
  const withIds = fields.return_token_ids === true;
  const { promptTokenIds } = finished[0];
  return {
    ...envelope(format.idPrefix, format.object, model),
    choices: finished.map((choice, index) => ({
      ...format.choice(index, choice),
      ...(withIds && { token_ids: choice.tokenIds }),
      ...(withIds && format.promptTokenIdsIn === "choice" && { prompt_token_ids: choice.promptTokenIds }),
    })),
    ...(withIds && format.promptTokenIdsIn === "response" && { prompt_token_ids: promptTokenIds }),
    usage: usage(finished.map(({ promptTokenIds, tokenIds }) => [promptTokenIds.length, tokenIds.length])),
  };
}

async function finish({ promptTokenIds, deltas }: Choice): Promise<FinishedChoice> {
  let text = "";
  const tokenIds: number[] = [];
  let finishReason: FinishedChoice["finishReason"] = "stop";
  for await (const delta of deltas) {
    text += delta.text;
    tokenIds.push(...delta.tokenIds);
    finishReason = delta.finishReason ?? finishReason;
  }
  return { promptTokenIds, text, tokenIds, finishReason };
}

function stream(reply: FastifyReply, response: Response): FastifyReply {
  const events = new PassThrough();
  void writeEvents(events, response);
  return reply
    .header("cache-control", "no-cache")
    .header("x-accel-buffering", "no")
    .type("text/event-stream; charset=utf-8")
    .send(events);
}

async function writeEvents(events: PassThrough, { model, choices, fields, format }: Response): Promise<void> {
  const head = envelope(format.idPrefix, format.chunkObject, model);
  const withUsage = fields.stream_options?.include_usage === true;
  const send = async (data: object) => {
    if (!events.write(`data: ${JSON.stringify(data)}\n\n`))
      await Promise.race([once(events, "drain"), once(events, "close")]);
  };
  const chunk = (choice: object, beside: object = {}) =>
    send({ ...head, ...beside, choices: [choice], ...(withUsage && { usage: null }) });
  const counts: [prompt: number, completion: number][] = choices.map(({ promptTokenIds }) => [
    promptTokenIds.length,
    0,
  ]);
  const sendChoice = async (choice: Choice, index: number) => {
    const opening = openingIds(choice, fields, format);
    let beside: object = opening.beside;
    let inside: object = opening.inside;
    const first = format.opening(index);
    if (first) {
      await chunk(first, beside);
      beside = {};
    }
    for await (const delta of choice.deltas) {
      counts[index][1] += delta.tokenIds.length;
      if (delta.text === "" && !delta.finishReason && !fields.return_token_ids) continue;
      const ids = fields.return_token_ids && { token_ids: delta.tokenIds };
      await chunk({ ...format.delta(index, delta), ...inside, ...ids }, beside);
      inside = {};
    }
  };
  const sending = choices.map(sendChoice);
  try {
    await Promise.all(sending);
    if (withUsage) await send({ ...head, choices: [], usage: usage(counts) });
  } catch (cause) {
    for (const choice of choices) choice.abort();
    // What the other choices still write must not come after the end.
    await Promise.allSettled(sending);
    await send(
      (cause instanceof RuntimeError ? cause : new RuntimeError("engine_error", (cause as Error).message))
        .body,
    );
  }
  events.end("data: [DONE]\n\n");
}

/** The prompt's token ids where the request asks for them: once, with the first chunk. */
function openingIds({ promptTokenIds }: Choice, fields: SharedFields, format: ResponseFormat) {
  if (!fields.return_token_ids) return { inside: {}, beside: {} };
  const ids = { prompt_token_ids: promptTokenIds };
  return format.promptTokenIdsIn === "choice" ? { inside: ids, beside: {} } : { inside: {}, beside: ids };
}

function envelope(idPrefix: string, object: string, model: string) {
  const id = `${idPrefix}-${randomUUID().replaceAll("-", "")}`;
  return { id, object, created: Math.floor(Date.now() / 1000), model };
}

function usage(counts: readonly (readonly [prompt: number, completion: number])[]) {
  const promptTokens = counts.reduce((sum, [prompt]) => sum + prompt, 0);
  const completionTokens = counts.reduce((sum, [, completion]) => sum + completion, 0);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}
