import { randomUUID } from "node:crypto";
import type { ScoredToken } from "../text/text-stream";
import type { TokenNamer } from "./logprobs-format";
import type { SharedFields } from "./request-fields";
import type { FinishedChoice, ResponseFormat } from "./response-format";
import type { Choice } from "./served-model";
import { countsOf, usage } from "./usage";

/** What a completion route answers with, in whichever form. */
export type CompletionResponse = Readonly<{
  model: Readonly<{ name: string; tokenText: TokenNamer }>;
  choices: readonly Choice[];
  fields: SharedFields;
  format: ResponseFormat;
}>;

/** The response as one body, when every choice has ended. A choice that fails ends the others. */
export async function completionBody({
  model,
  choices,
  fields,
  format,
}: CompletionResponse): Promise<object> {
  const finished = await Promise.all(choices.map(finish)).catch((cause) => {
    for (const choice of choices) choice.abort();
    throw cause;
  });
  const withIds = fields.return_token_ids === true;
  const idsInside = withIds && format.promptTokenIdsIn === "choice";
  const idsBeside = withIds && format.promptTokenIdsIn === "response";
  return {
    ...envelope(format.idPrefix, format.object, model.name),
    choices: finished.map((choice, index) => ({
      ...format.choice(index, choice),
      logprobs: choice.scoredTokens ? format.logprobs(choice.scoredTokens, model.tokenText) : null,
      ...(withIds && { token_ids: choice.tokenIds }),
      ...(idsInside && { prompt_token_ids: choice.promptTokenIds }),
    })),
    ...(idsBeside && { prompt_token_ids: finished[0].promptTokenIds }),
    usage: usage(choices.map((choice, index) => countsOf(choice, finished[index].tokenIds.length))),
  };
}

async function finish({ promptTokenIds, deltas }: Choice): Promise<FinishedChoice> {
  let text = "";
  const tokenIds: number[] = [];
  let scoredTokens: ScoredToken[] | undefined;
  let finishReason: FinishedChoice["finishReason"] = "stop";
  for await (const delta of deltas) {
    text += delta.text;
    tokenIds.push(...delta.tokenIds);
    if (delta.scoredTokens) {
      scoredTokens ??= [];
      scoredTokens.push(...delta.scoredTokens);
    }
    finishReason = delta.finishReason ?? finishReason;
  }
  return { promptTokenIds, text, tokenIds, scoredTokens, finishReason };
}

/** What every response and every chunk of one begins with. */
export function envelope(idPrefix: string, object: string, model: string) {
  const id = `${idPrefix}-${randomUUID().replaceAll("-", "")}`;
  return { id, object, created: Math.floor(Date.now() / 1000), model };
}
