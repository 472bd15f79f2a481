import type { EngineClient, GenerationRequest } from "../../../runtime/src/engine/engine-client";
import type { EnginePlan } from "../../../runtime/src/engine/engine-plan";
import { Generation } from "../../../runtime/src/engine/generation";
import { openCheckpoint } from "../../../runtime/src/model/checkpoint";
import { completionFields, parseFields } from "../../../runtime/src/server/request-fields";
import { ServedModel } from "../../../runtime/src/server/served-model";
import { llama } from "../../support/checkpoints";

/** A model whose engine only keeps what is submitted to it, and what it made of the fields. */
function submitted(fields: object, prompts = [[5, 6]], requestTimeoutSeconds?: number) {
  const requests: GenerationRequest[] = [];
  const engine: Pick<EngineClient, "submit"> = {
    submit: (submitted) => {
      requests.push(...submitted);
      return submitted.flatMap(({ promptTokenIds, forkSeeds }) =>
        [0, ...forkSeeds].map(() => new Generation(0, promptTokenIds, () => {})),
      );
    },
  };
  const plan = { maxModelLen: 64, maxPromptTokens: 63, limits: { maxSequences: 8 } } as EnginePlan;
  const checkpoint = openCheckpoint(llama.directory);
  const model = new ServedModel(
    "m",
    plan,
    checkpoint,
    undefined,
    engine as EngineClient,
    requestTimeoutSeconds,
  );
  const choices = model.generate({
    prompts,
    param: "prompt",
    fields: parseFields(completionFields, { prompt: [1], ...fields }),
    logprobs: undefined,
    defaultMaxTokens: 16,
    arrivedAt: 100,
  });
  return { requests, choices };
}

describe("a served model submits", () => {
  test("what a request asks for, under the engine's names", () => {
    const { requests } = submitted({
      min_p: 0.1,
      repetition_penalty: 1.1,
      frequency_penalty: 0.5,
      presence_penalty: -0.5,
      logit_bias: { 7: -3, 9: 2.5 },
      min_tokens: 2,
      stop_token_ids: [8],
      ignore_eos: true,
      seed: 4,
      priority: -2,
      cache_salt: "tenant",
      timeout_ms: 1_500,
    });
    expect(requests).toEqual([
      {
        promptTokenIds: [5, 6],
        params: {
          temperature: 1,
          topP: 1,
          topK: 0,
          minP: 0.1,
          repetitionPenalty: 1.1,
          frequencyPenalty: 0.5,
          presencePenalty: -0.5,
          logitBias: [
            [7, -3],
            [9, 2.5],
          ],
          minTokens: 2,
          maxTokens: 16,
          stopTokenIds: [8],
          seed: 4,
          logprobs: undefined,
        },
        priority: -2,
        cacheSalt: "tenant",
        deadline: 101.5,
        forkSeeds: [],
      },
    ]);
  });

  test("nothing of what a request leaves open", () => {
    const [request] = submitted({}).requests;
    expect(request).toMatchObject({ priority: 0, deadline: undefined, cacheSalt: undefined, forkSeeds: [] });
    expect(request.params).toMatchObject({ minP: 0, repetitionPenalty: 1, minTokens: 0, logitBias: [] });
  });

  test("n completions per prompt, whose seeds follow the request's", () => {
    const { requests, choices } = submitted({ n: 3, seed: 10 }, [[5, 6], [7]]);
    expect(requests.map(({ params, forkSeeds }) => [params.seed, ...forkSeeds])).toEqual([
      [10, 11, 12],
      [10, 11, 12],
    ]);
    expect(choices.map(({ promptTokenIds }) => promptTokenIds.length)).toEqual([2, 2, 2, 1, 1, 1]);
    expect(choices.map(({ isFirstOfPrompt }) => isFirstOfPrompt)).toEqual([
      true,
      false,
      false,
      true,
      false,
      false,
    ]);
  });

  test.each([2 ** 53 - 1, -(2 ** 53) + 1, 2 ** 53])("different seeds also for n of the seed %d", (seed) => {
    const [{ forkSeeds }] = submitted({ n: 8, seed }).requests;
    expect(new Set([seed, ...forkSeeds]).size).toBe(8);
  });

  test("the server's deadline where a request states none", () => {
    expect(submitted({}, [[5]], 30).requests[0].deadline).toBe(130);
    expect(submitted({ timeout_ms: 60_000 }, [[5]], 30).requests[0].deadline).toBe(160);
  });
});
