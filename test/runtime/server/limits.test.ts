import { exchange } from "../../support/raw-connection";
import { eventually, type RunningRuntime, startRuntime } from "../../support/running-runtime";

type ErrorBody = { error: { message: string; type: string; param: string | null; code: string } };

describe("a request beyond a limit", () => {
  let server: RunningRuntime;
  beforeAll(async () => {
    server = await startRuntime({
      maxSequences: 1,
      maxQueuedRequests: 1,
      maxBodyBytes: 4096,
      maxModelLen: 64,
      maxPromptTokens: 40,
    });
  });
  afterAll(() => server.stop());

  const refusal = async (body: unknown, path = "/v1/completions") => {
    const response = await server.post(path, body);
    return { status: response.status, headers: response.headers, ...((await response.json()) as ErrorBody) };
  };
  const completion = (fields: object = {}) => ({
    model: "bard",
    prompt: [1, 2, 3],
    max_tokens: 4,
    ...fields,
  });

  test("gets a 413 for its body", async () => {
    const { status, error } = await refusal(completion({ prompt: "a".repeat(5000) }));
    expect(status).toBe(413);
    expect(error).toMatchObject({ code: "body_too_large", type: "invalid_request_error" });
    expect(error.message).toContain("4096 bytes");
  });

  test("gets a 400 for its prompt, with both lengths", async () => {
    const { status, error } = await refusal(completion({ prompt: Array(41).fill(5) }));
    expect(status).toBe(400);
    expect(error).toMatchObject({ code: "context_length_exceeded", param: "prompt" });
    expect(error.message).toBe("the prompt has 41 tokens, at most 40 are served: shorten it");
  });

  test("gets a 400 for a text that cannot fit, without its being tokenised", async () => {
    const text = "a".repeat(3000);
    const chat = await refusal(
      { model: "bard", messages: [{ role: "user", content: text }] },
      "/v1/chat/completions",
    );
    for (const { status, error } of [await refusal(completion({ prompt: text })), chat]) {
      expect(status).toBe(400);
      expect(error.code).toBe("context_length_exceeded");
      expect(error.message).toBe(
        "the prompt has 3000 characters and thus more than the 40 tokens that are served: shorten it",
      );
    }
  });

  test("gets a 400 where prompt and completion exceed the context, with what would fit", async () => {
    const { status, error } = await refusal(completion({ prompt: Array(40).fill(5), max_tokens: 25 }));
    expect(status).toBe(400);
    expect(error).toMatchObject({ code: "context_length_exceeded", param: "max_tokens" });
    expect(error.message).toContain("ask for at most 24");
  });

  test("gets a 429 with Retry-After while the queue is full, and is served afterwards", async () => {
    const long = completion({ max_tokens: 60, ignore_eos: true });
    const running = [server.post("/v1/completions", long), server.post("/v1/completions", long)];
    await eventually(() => server.runtime.engine.inFlight === 2);
    const { status, headers, error } = await refusal(completion());
    expect(status).toBe(429);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect(error).toMatchObject({ code: "queue_full", type: "rate_limit_error" });
    expect((await Promise.all(running)).map((response) => response.status)).toEqual([200, 200]);
    expect((await server.post("/v1/completions", completion())).status).toBe(200);
  });

  test("gets a 400 where its prompts could never all be held", async () => {
    const { status, error } = await refusal(completion({ prompt: [[1], [2], [3]] }));
    expect(status).toBe(400);
    expect(error.message).toBe(
      "prompt: at most 2 completions, prompts times n, can be asked for at a time, got 3",
    );
  });

  test("gets a 400 for more values or deeper nesting than its checking is worth, in a short answer", async () => {
    const server = await startRuntime();
    const messages = (content: unknown) => ({ model: "bard", messages: content });
    const deep = `{"model":"bard","messages":${"[".repeat(5_000)}${"]".repeat(5_000)}}`;
    for (const [body, fragment] of [
      [messages(Array(1_000_000).fill(1)), "body: holds more than"],
      [messages(Array(30_000).fill({ role: "user" })), "body: holds more than"],
      [Object.fromEntries(Array.from({ length: 100_000 }, (_, key) => [key, 1])), "body: holds more than"],
      [deep, "body: nested more than 16 deep"],
      [messages(Array(1_000).fill(1)), "and 984 more"],
      [messages(Array(600).fill({ role: "user", content: "" })), "the conversation has 600 messages"],
    ] as const) {
      const response = await server.post("/v1/chat/completions", body);
      const text = await response.text();
      expect(response.status).toBe(400);
      expect(text).toContain(fragment);
      expect(text.length).toBeLessThan(4_000);
    }
    await server.stop();
  });

  test("hears of every fault at once", async () => {
    const { status, error } = await refusal({
      prompt: 7,
      max_tokens: 0,
      temperature: "hot",
      n: 0,
      max_token: 5,
      suffix: "!",
      best_of: 3,
      min_p: 2,
      logprobs: 21,
      logit_bias: { hot: 1, 5: 101 },
      timeout_ms: 0,
      cache_salt: "",
    });
    expect(status).toBe(400);
    for (const fragment of [
      "prompt: must be a string, a list of strings, a list of token ids or a list of such lists, got 7",
      "max_tokens: Too small: expected number to be >=1, got 0",
      'temperature: Invalid input: expected number, received string, got "hot"',
      "n: Too small: expected number to be >=1, got 0",
      'suffix: is not supported, got "!"',
      "best_of: is supported only as n (0), got 3",
      "min_p: Too big: expected number to be <=1, got 2",
      "logprobs: Too big: expected number to be <=20, got 21",
      "logit_bias.hot: must be keyed by token ids",
      "logit_bias.5: must be a number from -100 to 100, got 101",
      "timeout_ms: Too small: expected number to be >=1, got 0",
      "cache_salt: Too small",
      "max_token: unknown field",
    ])
      expect(error.message).toContain(fragment);
  });

  test("gets a 400 for a salt of half a character, since all halves are the same bytes", async () => {
    const { status, error } = await refusal(completion({ cache_salt: "tenant \ud83d" }));
    expect(status).toBe(400);
    expect(error).toMatchObject({ param: "cache_salt" });
    expect(error.message).toContain("must not hold halves of characters");
    expect((await server.post("/v1/completions", completion({ cache_salt: "tenant 😀" }))).status).toBe(200);
  });

  test("hears of every prompt of a list that does not fit", async () => {
    const roomy = await startRuntime({ maxSequences: 4, maxModelLen: 64, maxPromptTokens: 40 });
    const prompt = [[1, 2], Array(41).fill(5), [1], [5000]];
    const response = await roomy.post("/v1/completions", completion({ prompt }));
    const { error } = (await response.json()) as ErrorBody;
    await roomy.stop();
    expect(response.status).toBe(400);
    expect(error).toEqual({
      message:
        "prompt 1: the prompt has 41 tokens, at most 40 are served: shorten it; " +
        "prompt 3: prompt: token ids must lie in 0 to 1023, got 5000",
      type: "invalid_request_error",
      param: "prompt",
      code: "context_length_exceeded",
    });
  });

  test("hears of everything that only the model can judge at once", async () => {
    const { status, error } = await refusal(
      completion({ n: 2, logit_bias: { 5: 1, 1024: 1 }, stop_token_ids: [3, 2000] }),
    );
    expect(status).toBe(400);
    expect(error.param).toBe("n");
    expect(error.message).toBe(
      "n: must not exceed the 1 sequences that run at the same time, got 2; " +
        "logit_bias: token ids must lie in 0 to 1023, got [1024]; " +
        "stop_token_ids: token ids must lie in 0 to 1023, got [2000]",
    );
  });

  test.each([
    [
      "a minimum above its maximum",
      completion({ min_tokens: 5 }),
      "min_tokens: must not exceed max_tokens (4)",
    ],
    [
      "a minimum above what is generated where it states nothing",
      completion({ max_tokens: null, min_tokens: 17 }),
      "min_tokens: must not exceed the 16 tokens that can be generated at most, got 17",
    ],
    [
      "an echo with log probabilities",
      completion({ echo: true, logprobs: 1 }),
      "echo: is not supported together",
    ],
    [
      "top log probabilities without log probabilities",
      { model: "bard", messages: [{ role: "user", content: "x" }], top_logprobs: 2 },
      'top_logprobs: needs "logprobs": true, got 2',
    ],
    [
      "a token outside the vocabulary",
      completion({ prompt: [5, 1024] }),
      "prompt: token ids must lie in 0 to 1023, got 1024",
    ],
    ["an empty prompt", completion({ prompt: "" }), "prompt: must hold at least one token, got none"],
    ["no messages", { model: "bard", messages: [] }, "messages: Too small"],
    [
      "an image",
      { model: "bard", messages: [{ role: "user", content: [{ type: "image_url" }] }] },
      "list of text parts",
    ],
    [
      "a tool",
      { model: "bard", messages: [{ role: "user", content: "x" }], tools: [{}] },
      "tools: is not supported",
    ],
    ["a body that is no JSON", "{", "JSON"],
    ["a body that is no object", "[]", "expected object"],
  ])("gets a 400 for %s", async (_, body, fragment) => {
    const chat = typeof body === "object" && "messages" in body;
    const { status, error } = await refusal(body, chat ? "/v1/chat/completions" : "/v1/completions");
    expect(status).toBe(400);
    expect(error.message).toContain(fragment);
  });

  test("hears what else is wrong in OpenAI's form", async () => {
    const text = await fetch(`${server.url}/v1/completions`, { method: "POST", body: "prompt=hello" });
    expect(text.status).toBe(415);
    expect(((await text.json()) as ErrorBody).error.message).toContain("content-type: application/json");
    const route = await fetch(`${server.url}/v1/embeddings`, { method: "POST" });
    expect(route.status).toBe(404);
    const path = await fetch(`${server.url}/v1/models/%E0%A4%A`);
    expect(path.status).toBe(400);
    expect(((await path.json()) as ErrorBody).error).toMatchObject({ code: "invalid_request" });
    const { port } = new URL(server.url);
    for (const [bytes, message] of [
      ["nonsense\r\n\r\n", "this is not an HTTP/1.1 request"],
      [`GET / HTTP/1.1\r\nx: ${"x".repeat(20_000)}\r\n\r\n`, "the request's headers are too large"],
    ]) {
      const answer = await exchange(Number(port), bytes);
      expect(answer).toMatch(/^HTTP\/1.1 400 /);
      expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")))).toMatchObject({ error: { message } });
    }
    expect(((await route.json()) as ErrorBody).error).toMatchObject({ code: "route_not_found", param: null });
  });
});
