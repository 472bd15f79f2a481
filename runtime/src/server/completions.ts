import type { FastifyInstance } from "fastify";
import { monotonicSeconds } from "../engine/clock";
import { completionFields, parseFields } from "./request-fields";
import { respond } from "./respond";
import { textCompletionFormat } from "./response-format";
import type { ServedModel } from "./served-model";

/** OpenAI's default where a request states no max_tokens. */
const DEFAULT_MAX_TOKENS = 16;

/** `POST /v1/completions`: prompts as text or as token ids, one choice for each. */
export function registerCompletions(app: FastifyInstance, model: ServedModel): void {
  app.post("/v1/completions", async (request, reply) => {
    const arrivedAt = monotonicSeconds();
    const fields = parseFields(completionFields, request.body);
    model.expectName(fields.model);
    model.expectServable(fields);
    const prompts = promptList(fields.prompt);
    model.expectRoomFor(prompts.length * (fields.n ?? 1));
    const tokenized = prompts.map((prompt) => model.tokenize(prompt));
    const choices = model.generate({
      prompts: tokenized,
      param: "prompt",
      fields,
      logprobs: fields.logprobs ?? undefined,
      defaultMaxTokens: DEFAULT_MAX_TOKENS,
      echoed: fields.echo ? prompts : undefined,
      arrivedAt,
    });
    return respond(request, reply, { model, choices, fields, format: textCompletionFormat });
  });
}

function promptList(prompt: string | string[] | number[] | number[][]): (string | number[])[] {
  if (typeof prompt === "string") return [prompt];
  return typeof prompt[0] === "number" ? [prompt as number[]] : (prompt as string[] | number[][]);
}
