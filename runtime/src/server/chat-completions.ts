import type { FastifyInstance } from "fastify";
import { monotonicSeconds } from "../engine/clock";
import { chatFields, parseFields } from "./request-fields";
import { respond } from "./respond";
import { chatCompletionFormat } from "./response-format";
import type { ServedModel } from "./served-model";

/** `POST /v1/chat/completions`: the checkpoint's chat template turns messages into a prompt. */
export function registerChatCompletions(app: FastifyInstance, model: ServedModel): void {
  app.post("/v1/chat/completions", async (request, reply) => {
    const arrivedAt = monotonicSeconds();
    const { max_completion_tokens, logprobs, top_logprobs, ...asked } = parseFields(chatFields, request.body);
    const fields = { ...asked, max_tokens: max_completion_tokens ?? asked.max_tokens };
    model.expectName(fields.model);
    model.expectServable(fields);
    model.expectRoomFor(fields.n ?? 1);
    const prompt = model.tokenizeChat(fields.messages);
    const choices = model.generate({
      prompts: [prompt],
      param: "messages",
      fields,
      logprobs: logprobs ? (top_logprobs ?? 0) : undefined,
      defaultMaxTokens: Number.POSITIVE_INFINITY,
      arrivedAt,
    });
    return respond(request, reply, { model, choices, fields, format: chatCompletionFormat });
  });
}
