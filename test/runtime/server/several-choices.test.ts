import { collect, type RunningRuntime, startRuntime } from "../../support/running-runtime";

const PROMPT = "ROMEO:\n";

describe("several choices of one prompt", () => {
  let server: RunningRuntime;
  beforeAll(async () => {
    server = await startRuntime({ blockSize: 4 });
  });
  afterAll(() => server.stop());

  const request = { model: "bard", prompt: PROMPT, max_tokens: 24, temperature: 0.9, seed: 20 };
  const alone = async (seed: number) =>
    (await server.client.completions.create({ ...request, seed })).choices[0].text;

  test("are what requests with the following seeds get alone, and the prompt counts once", async () => {
    const expected = await Promise.all([20, 21, 22, 23].map(alone));
    const { choices, usage } = await server.client.completions.create({ ...request, n: 4, best_of: 4 });
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(choices.map(({ text }) => text)).toEqual(expected);
    expect(new Set(expected).size).toBe(4);
    expect(usage?.prompt_tokens).toBe(3);
  });

  test("follow each other prompt by prompt", async () => {
    const prompts = [PROMPT, "JULIET:\n"];
    const { choices, usage } = await server.client.completions.create({ ...request, prompt: prompts, n: 2 });
    const each = await Promise.all(
      prompts.map((prompt) => server.client.completions.create({ ...request, prompt, n: 2 })),
    );
    expect(choices.map(({ text }) => text)).toEqual(
      each.flatMap(({ choices }) => choices.map(({ text }) => text)),
    );
    expect(usage?.prompt_tokens).toBe(each.reduce((sum, { usage }) => sum + Number(usage?.prompt_tokens), 0));
  });

  test("are streamed side by side", async () => {
    const whole = await server.client.completions.create({ ...request, n: 3 });
    const chunks = await collect(
      await server.client.completions.create({
        ...request,
        n: 3,
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
    const texts = ["", "", ""];
    for (const { choices } of chunks) for (const { index, text } of choices) texts[index] += text;
    expect(texts).toEqual(whole.choices.map(({ text }) => text));
    expect(chunks.at(-1)?.usage?.completion_tokens).toBe(whole.usage?.completion_tokens);
    expect(chunks.at(-1)?.usage?.prompt_tokens).toBe(3);
  });

  test("are given in chat, with their log probabilities", async () => {
    const { choices } = await server.client.chat.completions.create({
      model: "bard",
      messages: [{ role: "user", content: "Speak!" }],
      max_tokens: 12,
      seed: 5,
      n: 2,
      logprobs: true,
    });
    expect(choices.map(({ index, message }) => [index, message.role])).toEqual([
      [0, "assistant"],
      [1, "assistant"],
    ]);
    for (const { logprobs } of choices) expect(logprobs?.content?.length).toBeGreaterThan(0);
  });

  test("do not come too many for the server", async () => {
    await expect(server.client.completions.create({ ...request, n: 65 })).rejects.toMatchObject({
      status: 400,
      param: "n",
    });
  });
});
