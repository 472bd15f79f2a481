import { bard, llama } from "../../support/checkpoints";
import { logSoftmax } from "../../support/log-softmax";
import { collect, type RunningRuntime, startRuntime } from "../../support/running-runtime";

const PROMPT = "ROMEO:\n";
const END_OF_TEXT = 0;

/** A prompt that is found in the prefix cache is computed in other shapes, and its numbers are rounded otherwise. */
const closeTo = (value: unknown) =>
  JSON.parse(JSON.stringify(value), (_key, each) =>
    typeof each === "number" ? expect.closeTo(each, 3) : each,
  );

describe("the official openai client gets", () => {
  let server: RunningRuntime;
  beforeAll(async () => {
    server = await startRuntime();
  });
  afterAll(() => server.stop());

  /** A completion, with fields beyond OpenAI's own. */
  const complete = async (fields: object) => {
    const completion = await server.client.completions.create({
      model: "bard",
      prompt: PROMPT,
      max_tokens: 24,
      ...fields,
    } as Parameters<typeof server.client.completions.create>[0] & { stream?: false });
    return completion.choices[0] as (typeof completion.choices)[0] & { token_ids: number[] };
  };

  test.each(bard.cases)(
    "log probabilities as the reference has them: $text",
    async ({ prompt, last_logits }) => {
      const expected = logSoftmax(last_logits);
      const ranked = [...expected.keys()].sort((a, b) => expected[b] - expected[a]);
      for (const temperature of [0, 1.3]) {
        const choice = await complete({
          prompt,
          max_tokens: 1,
          logprobs: 5,
          temperature,
          seed: 3,
          top_k: 50,
          frequency_penalty: 1,
          ignore_eos: true,
          return_token_ids: true,
        });
        const { logprobs, token_ids } = choice;
        const [tokenId] = token_ids;
        if (temperature === 0) expect(tokenId).toBe(ranked[0]);
        expect(logprobs?.token_logprobs?.[0]).toBeCloseTo(expected[tokenId], 3);
        const top = Object.values(logprobs?.top_logprobs?.[0] ?? {}).sort((a, b) => b - a);
        const wanted = [...new Set([tokenId, ...ranked.slice(0, 5)])].map((token) => expected[token]);
        expect(top).toHaveLength(wanted.length);
        for (const [rank, logprob] of wanted.sort((a, b) => b - a).entries())
          expect(top[rank]).toBeCloseTo(logprob, 3);
      }
    },
  );

  test("a text whose tokens and offsets fit it", async () => {
    const { text, logprobs } = await complete({ temperature: 0, logprobs: 0, ignore_eos: true });
    const { tokens = [], token_logprobs = [], top_logprobs = [], text_offset = [] } = logprobs ?? {};
    expect([tokens.length, token_logprobs.length, top_logprobs.length, text_offset.length]).toEqual(
      Array(4).fill(24),
    );
    const special = "<|endoftext|>";
    expect(tokens.filter((token) => token !== special).join("")).toBe(text);
    for (const [index, token] of tokens.entries())
      if (token !== special)
        expect(text.slice(text_offset[index], text_offset[index] + token.length)).toBe(token);
    for (const [index, top] of top_logprobs.entries())
      expect(top).toEqual({ [tokens[index]]: token_logprobs[index] });
  });

  test("the same log probabilities streamed as whole, in text and in chat", async () => {
    const request = { model: "bard", prompt: PROMPT, max_tokens: 30, seed: 4, logprobs: 2, stop: ["the"] };
    const whole = await server.client.completions.create(request);
    const chunks = await collect(await server.client.completions.create({ ...request, stream: true }));
    const streamed = chunks.map(({ choices }) => choices[0].logprobs);
    for (const list of ["tokens", "token_logprobs", "top_logprobs", "text_offset"] as const)
      expect(streamed.flatMap((logprobs) => logprobs?.[list] as unknown[])).toEqual(
        closeTo(whole.choices[0].logprobs?.[list]),
      );

    const chat = {
      model: "bard",
      messages: [{ role: "user" as const, content: "Speak!" }],
      max_tokens: 20,
      seed: 4,
      logprobs: true,
      top_logprobs: 3,
    };
    const { choices } = await server.client.chat.completions.create(chat);
    const content = choices[0].logprobs?.content ?? [];
    const deltas = await collect(await server.client.chat.completions.create({ ...chat, stream: true }));
    expect(deltas.flatMap(({ choices }) => choices[0].logprobs?.content ?? [])).toEqual(closeTo(content));
    const bytes = content
      .filter(({ token }) => token !== "<|endoftext|>")
      .flatMap(({ bytes }) => bytes ?? []);
    expect(Buffer.from(bytes).toString()).toBe(choices[0].message.content);
    for (const { logprob, top_logprobs } of content) {
      expect(top_logprobs).toHaveLength(3);
      expect(Math.max(logprob, top_logprobs[0].logprob)).toBe(top_logprobs[0].logprob);
    }
  });

  test("the tokens that a bias favours and not those that it forbids", async () => {
    const plain = await complete({ temperature: 0, max_tokens: 1, return_token_ids: true });
    const [best] = plain.token_ids;
    const without = await complete({
      temperature: 0,
      return_token_ids: true,
      logit_bias: { [best]: -100 },
      ignore_eos: true,
    });
    expect(without.token_ids).not.toContain(best);
    const only = await complete({ max_tokens: 8, logit_bias: { 500: 100 }, return_token_ids: true, seed: 1 });
    expect(only.token_ids).toEqual(Array(8).fill(500));
  });

  test("other tokens where penalties forbid repetition", async () => {
    const request = { temperature: 0, max_tokens: 100, ignore_eos: true, return_token_ids: true };
    const distinct = async (fields: object) =>
      new Set((await complete({ ...request, ...fields })).token_ids).size;
    const plain = await distinct({});
    expect(plain).toBeLessThan(90);
    expect(await distinct({ repetition_penalty: 100 })).toBeGreaterThan(plain);
    expect(await distinct({ frequency_penalty: 2, presence_penalty: 2 })).toBeGreaterThan(plain);
  });

  test("no end before the minimum of tokens", async () => {
    const request = { temperature: 0, max_tokens: 40, return_token_ids: true };
    const plain = await complete(request);
    expect(plain.token_ids.length).toBeLessThan(20);
    const longer = await complete({ ...request, min_tokens: 30 });
    expect(longer.token_ids.slice(0, 30)).not.toContain(END_OF_TEXT);
    expect(longer.token_ids.length).toBeGreaterThan(30);
    expect(longer.token_ids.slice(0, plain.token_ids.length - 1)).toEqual(plain.token_ids.slice(0, -1));
  });

  test("the prompt's text before the completion's where it is to be echoed", async () => {
    const plain = await complete({ temperature: 0 });
    expect((await complete({ temperature: 0, echo: true })).text).toBe(PROMPT + plain.text);
    const [{ prompt, text }] = bard.cases;
    const fromIds = await complete({ prompt, temperature: 0, echo: true });
    expect(fromIds.text.startsWith(text ?? "")).toBe(true);
    const chunks = await collect(
      await server.client.completions.create({
        model: "bard",
        prompt: PROMPT,
        max_tokens: 24,
        temperature: 0,
        echo: true,
        stream: true,
      }),
    );
    expect(chunks.map(({ choices }) => choices[0].text).join("")).toBe(PROMPT + plain.text);
  });

  test("stop strings and special tokens in the text where they are asked for", async () => {
    const plain = await complete({ temperature: 0 });
    const stop = plain.text.slice(6, 9);
    const stopped = await complete({ temperature: 0, stop, include_stop_str_in_output: true });
    expect(stopped.text).toBe(plain.text.slice(0, 9));
    const all = await complete({
      temperature: 0,
      skip_special_tokens: false,
      include_stop_str_in_output: true,
    });
    expect(all.text).toBe(`${plain.text}<|endoftext|>`);
  });

  test("the same for the same seed, alone and among 32 others that are sampled in every way", async () => {
    const requests = [
      { seed: 1 },
      { seed: 2, top_p: 0.9, temperature: 0.8 },
      { seed: 3, top_k: 5, repetition_penalty: 1.2 },
      { seed: 4, min_p: 0.02, logprobs: 3 },
      { seed: 5, frequency_penalty: 1, logit_bias: { 11: 2 } },
    ];
    const ids = async (fields: object) =>
      (await complete({ ...fields, ignore_eos: true, return_token_ids: true })).token_ids;
    const alone: number[][] = [];
    for (const request of requests) alone.push(await ids(request));
    const others = Array.from({ length: 32 }, (_, index) =>
      ids({
        seed: 100 + index,
        temperature: (index % 4) / 2,
        top_p: index % 3 ? 1 : 0.8,
        top_k: index % 5 ? -1 : 10,
        presence_penalty: index % 2,
        logprobs: index % 7 ? undefined : 2,
      }),
    );
    expect(await Promise.all(requests.map(ids))).toEqual(alone);
    await Promise.all(others);
  });
});

test("log probabilities name tokens by their ids where there is no tokenizer", async () => {
  const server = await startRuntime({ model: llama.directory });
  const [{ prompt, greedy }] = llama.cases;
  const response = await server.post("/v1/completions", {
    prompt,
    temperature: 0,
    max_tokens: 2,
    logprobs: 1,
    ignore_eos: true,
  });
  const { choices } = (await response.json()) as { choices: { logprobs: { tokens: string[] } }[] };
  expect(choices[0].logprobs.tokens).toEqual(greedy.slice(0, 2).map((id) => `token_id:${id}`));
  await server.stop();
});
