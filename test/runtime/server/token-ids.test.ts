import { llama } from "../../support/checkpoints";
import { type RunningRuntime, startRuntime } from "../../support/running-runtime";

type Completion = {
  choices: { text: string; token_ids: number[]; prompt_token_ids: number[]; finish_reason: string }[];
};

describe("a checkpoint without tokenizer files", () => {
  let server: RunningRuntime;
  beforeAll(async () => {
    server = await startRuntime({ model: llama.directory });
  });
  afterAll(() => server.stop());

  const request = (prompt: unknown, fields: object = {}) =>
    server.post("/v1/completions", {
      model: "llama",
      prompt,
      temperature: 0,
      return_token_ids: true,
      ...fields,
    });

  test("is served in token ids, exactly as the reference continues them", async () => {
    const prompts = llama.cases.map(({ prompt }) => prompt);
    const response = await request(prompts, { max_tokens: llama.cases[0].greedy.length, ignore_eos: true });
    const { choices } = (await response.json()) as Completion;
    expect(choices.map(({ token_ids }) => token_ids)).toEqual(llama.cases.map(({ greedy }) => greedy));
    expect(choices.map(({ prompt_token_ids }) => prompt_token_ids)).toEqual(prompts);
    expect(choices.map(({ text }) => text)).toEqual(prompts.map(() => ""));
  });

  test("streams token ids, the prompt's with the first chunk", async () => {
    const { prompt, greedy } = llama.cases[1];
    const response = await request(prompt, { max_tokens: 5, ignore_eos: true, stream: true });
    const events = (await response.text()).trimEnd().split("\n\n");
    expect(events.pop()).toBe("data: [DONE]");
    const choices = events.map(
      (event) => (JSON.parse(event.slice("data: ".length)) as Completion).choices[0],
    );
    expect(choices.flatMap(({ token_ids }) => token_ids)).toEqual(greedy.slice(0, 5));
    expect(choices.map(({ prompt_token_ids }) => prompt_token_ids)).toEqual([
      prompt,
      ...Array(choices.length - 1),
    ]);
    expect(choices.at(-1)?.finish_reason).toBe("length");
  });

  test("stops at a stop token, which is the last of its output", async () => {
    const { prompt, greedy } = llama.cases[2];
    const { choices } = (await (
      await request(prompt, { max_tokens: 20, stop_token_ids: [greedy[3]] })
    ).json()) as Completion;
    const expected = greedy.slice(0, greedy.indexOf(greedy[3]) + 1);
    expect(choices[0]).toMatchObject({ token_ids: expected, finish_reason: "stop" });
  });

  test.each([
    ["text", "/v1/completions", { prompt: "hello" }],
    ["a stop string", "/v1/completions", { prompt: [5], stop: "x" }],
    ["a conversation", "/v1/chat/completions", { messages: [{ role: "user", content: "hello" }] }],
  ])("refuses %s and says what to send", async (_, path, body) => {
    const response = await server.post(path, { model: "llama", ...body });
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { message: string } };
    expect(error.message).toContain(
      'send the prompt as token ids to /v1/completions with "return_token_ids": true',
    );
  });
});
