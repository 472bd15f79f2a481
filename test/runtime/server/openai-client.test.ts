import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import OpenAI from "openai";
import { bard } from "../../support/checkpoints";
import { collect, type RunningRuntime, startRuntime } from "../../support/running-runtime";
import { removeTemporaryDirectories, temporaryDirectory } from "../../support/temporary-directory";

const PROMPT = "ROMEO:\n";

describe("the official openai client", () => {
  let server: RunningRuntime;
  beforeAll(async () => {
    server = await startRuntime();
  });
  afterAll(() => server.stop());

  test("gets a completion with usage", async () => {
    const completion = await server.client.completions.create({
      model: "bard",
      prompt: PROMPT,
      max_tokens: 60,
      temperature: 0,
    });
    expect(completion.object).toBe("text_completion");
    expect(completion.choices).toHaveLength(1);
    expect(completion.choices[0]).toMatchObject({ index: 0, finish_reason: "stop" });
    expect(completion.choices[0].text).toBe("I'll be satisfied.");
    expect(completion.usage).toEqual({
      prompt_tokens: 3,
      completion_tokens: 11,
      total_tokens: 14,
      prompt_tokens_details: { cached_tokens: 0 },
    });
  });

  test("gets the same text streamed, then the usage", async () => {
    const stream = await server.client.completions.create({
      model: "bard",
      prompt: PROMPT,
      max_tokens: 60,
      temperature: 0,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await collect(stream);
    expect(chunks.map(({ choices }) => choices[0]?.text ?? "").join("")).toBe("I'll be satisfied.");
    expect(
      chunks
        .filter(({ choices }) => choices[0]?.finish_reason)
        .map(({ choices }) => choices[0].finish_reason),
    ).toEqual(["stop"]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 11 } });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  });

  test("chats in the checkpoint's template", async () => {
    const messages = [
      { role: "system" as const, content: "A street in Verona.\n" },
      { role: "user" as const, content: [{ type: "text" as const, text: "Who is there?" }] },
    ];
    const chat = await server.client.chat.completions.create({
      model: "bard",
      messages,
      temperature: 0,
      max_tokens: 24,
    });
    const rendered = "A street in Verona.\n<|endoftext|>JULIET:\nWho is there?<|endoftext|>ROMEO:\n";
    const plain = await server.client.completions.create({
      model: "bard",
      prompt: rendered,
      temperature: 0,
      max_tokens: 24,
    });
    expect(chat.object).toBe("chat.completion");
    expect(chat.choices[0].message).toMatchObject({ role: "assistant", content: plain.choices[0].text });
    expect(chat.choices[0].message.content).not.toBe("");
    expect(chat.usage?.prompt_tokens).toBe(plain.usage?.prompt_tokens);
  });

  test("gets the same chat streamed, role first", async () => {
    const request = {
      model: "bard",
      messages: [{ role: "user" as const, content: "Speak!" }],
      seed: 7,
      max_tokens: 40,
    };
    const whole = await server.client.chat.completions.create(request);
    const chunks = await collect(await server.client.chat.completions.create({ ...request, stream: true }));
    expect(chunks[0].choices[0].delta).toEqual({ role: "assistant", content: "" });
    expect(chunks.map(({ choices }) => choices[0].delta.content ?? "").join("")).toBe(
      whole.choices[0].message.content,
    );
    expect(chunks.at(-1)?.choices[0].finish_reason).toBe(whole.choices[0].finish_reason);
  });

  test("gets one choice per prompt of a list, in order", async () => {
    const prompts = ["JULIET:\n", "ROMEO:\n", "KING:\n"];
    const completion = await server.client.completions.create({
      model: "bard",
      prompt: prompts,
      temperature: 0,
      max_tokens: 20,
    });
    const alone = await Promise.all(
      prompts.map((prompt) =>
        server.client.completions.create({ model: "bard", prompt, temperature: 0, max_tokens: 20 }),
      ),
    );
    expect(completion.choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(completion.choices.map(({ text }) => text)).toEqual(alone.map(({ choices }) => choices[0].text));
    expect(completion.usage?.completion_tokens).toBe(
      alone.reduce((sum, { usage }) => sum + (usage?.completion_tokens ?? 0), 0),
    );
  });

  test("gets from 32 concurrent greedy requests what the same requests give one by one", async () => {
    const shakespeare = bard.cases.map(({ prompt }) => prompt);
    const requests = Array.from({ length: 32 }, (_, index) => ({
      model: "bard",
      prompt: shakespeare[index % shakespeare.length].slice(0, 3 + index),
      temperature: 0,
      max_tokens: 16 + index,
      ignore_eos: true,
    }));
    const oneByOne: string[] = [];
    for (const request of requests)
      oneByOne.push((await server.client.completions.create(request)).choices[0].text);
    const together = await Promise.all(requests.map((request) => server.client.completions.create(request)));
    expect(together.map(({ choices }) => choices[0].text)).toEqual(oneByOne);
    expect(together.map(({ usage }) => usage?.completion_tokens)).toEqual(
      requests.map(({ max_tokens }) => max_tokens),
    );
  });

  test("gets the same sampled text for the same seed, whatever else runs", async () => {
    const request = { model: "bard", prompt: PROMPT, seed: 42, temperature: 0.9, max_tokens: 40 };
    const alone = await server.client.completions.create(request);
    const others = Array.from({ length: 12 }, (_, seed) =>
      server.client.completions.create({ ...request, seed }),
    );
    const among = await server.client.completions.create(request);
    const texts = (await Promise.all(others)).map(({ choices }) => choices[0].text);
    expect(among.choices[0].text).toBe(alone.choices[0].text);
    expect(new Set(texts).size).toBeGreaterThan(6);
  });

  test("stops before a stop string and counts the tokens that made it", async () => {
    const whole = await server.client.completions.create({
      model: "bard",
      prompt: PROMPT,
      temperature: 0,
      max_tokens: 60,
    });
    const stop = whole.choices[0].text.slice(6, 9);
    const request = { model: "bard", prompt: PROMPT, temperature: 0, max_tokens: 60, stop: [stop, "never"] };
    const stopped = await server.client.completions.create(request);
    expect(stopped.choices[0]).toMatchObject({
      text: whole.choices[0].text.slice(0, 6),
      finish_reason: "stop",
    });
    expect(stopped.usage?.completion_tokens).toBeLessThan(whole.usage?.completion_tokens ?? 0);
    const chunks = await collect(await server.client.completions.create({ ...request, stream: true }));
    expect(chunks.map(({ choices }) => choices[0].text).join("")).toBe(stopped.choices[0].text);
  });

  test("lists and retrieves the model", async () => {
    const models = await collect(server.client.models.list());
    expect(models).toMatchObject([{ id: "bard", object: "model", max_model_len: 512 }]);
    expect(await server.client.models.retrieve("bard")).toMatchObject({ id: "bard" });
    await expect(server.client.models.retrieve("hamlet")).rejects.toThrow(OpenAI.NotFoundError);
  });

  test("raises its own error classes with the server's message", async () => {
    const refused = server.client.completions.create({ model: "hamlet", prompt: PROMPT });
    await expect(refused).rejects.toThrow(OpenAI.NotFoundError);
    await expect(refused).rejects.toThrow(/"hamlet" is not served here; use "bard"/);
    const long = server.client.completions.create({ model: "bard", prompt: PROMPT.repeat(300) });
    await expect(long).rejects.toThrow(OpenAI.BadRequestError);
    await expect(long).rejects.toMatchObject({ code: "context_length_exceeded", param: "prompt" });
  });
});

test("a tokenizer's token that the model does not know fails its own request and no other", async () => {
  const directory = temporaryDirectory();
  cpSync(bard.directory, directory, { recursive: true });
  const file = join(directory, "tokenizer.json");
  const tokenizer = JSON.parse(readFileSync(file, "utf8"));
  tokenizer.added_tokens.push({ ...tokenizer.added_tokens[0], id: 1024, content: "<pad>" });
  writeFileSync(file, JSON.stringify(tokenizer));
  const server = await startRuntime({ model: directory, servedModelName: "bard" });
  const request = { model: "bard", prompt: PROMPT, max_tokens: 200, temperature: 0 };
  const others = Array.from({ length: 4 }, () => server.client.completions.create(request));
  const refused = server.client.completions.create({ ...request, prompt: "hi <pad>" });
  await expect(refused).rejects.toThrow(/token ids must lie in 0 to 1023, got 1024/);
  expect((await Promise.all(others)).map(({ choices }) => choices[0].finish_reason)).toEqual(
    Array(4).fill("stop"),
  );
  await server.stop();
  removeTemporaryDirectories();
});

test("the reference's text comes back through HTTP", async () => {
  const server = await startRuntime({
    servedModelName: "shakespeare/bard",
    blockSize: 4,
    prefillChunkTokens: 5,
  });
  try {
    for (const { text, prompt, greedy } of bard.cases) {
      const response = await server.post("/v1/completions", {
        model: "shakespeare/bard",
        prompt: text,
        temperature: 0,
        max_tokens: greedy.length,
        ignore_eos: true,
        return_token_ids: true,
      });
      const { choices } = (await response.json()) as { choices: object[] };
      expect(choices).toMatchObject([{ prompt_token_ids: prompt, token_ids: greedy }]);
    }
    expect(await server.client.models.retrieve("shakespeare/bard")).toMatchObject({ id: "shakespeare/bard" });
  } finally {
    await server.stop();
  }
});
