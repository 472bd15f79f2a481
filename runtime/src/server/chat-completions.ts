import type { FastifyInstance } from "fastify";
import { chatFields, parseFields } from "./request-fields";
import { respond } from "./respond";
import { chatCompletionFormat } from "./response-format";
import type { ServedModel } from "./served-model";

/** `POST /v1/chat/completions`: the checkpoint's chat template turns messages into a prompt. */
export function registerChatCompletions(app: FastifyInstance, model: ServedModel): void {
  app.post("/v1/chat/completions", async (request, reply) => {
    const { max_completion_tokens, ...asked } = parseFields(chatFields, request.body);
    const fields = { ...asked, max_tokens: max_completion_tokens ?? asked.max_tokens };
    model.expectName(fields.model);
    model.expectRoomFor(1);
    const prompt = model.tokenizeChat(fields.messages);
    const choices = model.generate([prompt], "messages", fields, Number.POSITIVE_INFINITY);
    return respond(request, reply, { model: model.name, choices, fields, format: chatCompletionFormat });
  });
}
