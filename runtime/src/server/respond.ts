import type { FastifyReply, FastifyRequest } from "fastify";
import { type CompletionResponse, completionBody } from "./completion-response";
import { eventStream } from "./event-stream";

/** Sends choices as the request wants them, whole or streamed. A client that leaves ends them. */
export async function respond(
  { departure, log, url }: FastifyRequest,
  reply: FastifyReply,
  response: CompletionResponse,
): Promise<unknown> {
  const abort = () => {
    for (const choice of response.choices) choice.abort();
  };
  if (departure.aborted) abort();
  departure.addEventListener("abort", abort, { once: true });
  if (!response.fields.stream) return completionBody(response);
  const reportFault = (cause: unknown) => log.error({ err: cause, url }, "request failed");
  return reply
    .header("cache-control", "no-cache")
    .header("x-accel-buffering", "no")
    .type("text/event-stream; charset=utf-8")
    .send(eventStream(response, reportFault));
}
