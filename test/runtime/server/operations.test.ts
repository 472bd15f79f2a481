import { runtimeMetrics, runtimePaths } from "../../../runtime/src/config";
import { open, postBytes, received } from "../../support/raw-connection";
import { eventually, type RunningRuntime, startRuntime } from "../../support/running-runtime";

describe("probes and metrics", () => {
  let server: RunningRuntime;
  beforeEach(async () => {
    server = await startRuntime({ gracePeriodSeconds: 30 });
  });
  afterEach(() => server.stop());

  const status = async (path: string) => (await fetch(`${server.url}${path}`)).status;

  test("say that a loaded server is live and ready", async () => {
    expect(await status(runtimePaths.live)).toBe(200);
    expect(await status(runtimePaths.ready)).toBe(200);
  });

  test("count what a request did under vLLM's names", async () => {
    const { usage } = await server.client.completions.create({
      model: "bard",
      prompt: "ROMEO:\n",
      max_tokens: 12,
      temperature: 0,
      stop: "zzz",
    });
    expect(await server.metric("vllm:prompt_tokens_total")).toBe(usage?.prompt_tokens);
    expect(await server.metric("vllm:generation_tokens_total")).toBe(usage?.completion_tokens);
    expect(await server.metric("vllm:request_success_total")).toBe(1);
    expect(await server.metric(`${runtimeMetrics.timeToFirstToken}_count`)).toBe(1);
    expect(await server.metric(`${runtimeMetrics.interTokenLatency}_count`)).toBe(
      (usage?.completion_tokens ?? 0) - 1,
    );
    for (const name of [
      "e2e_request_latency",
      "request_queue_time",
      "request_prefill_time",
      "request_decode_time",
    ])
      expect(await server.metric(`vllm:${name}_seconds_count`)).toBe(1);
    expect(await server.metric("vllm:iteration_tokens_total_sum")).toBe(
      (usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0) - 1,
    );
  });

  test("say that a draining server is not ready, while it finishes what runs and refuses what is new", async () => {
    const endless = { model: "bard", prompt: "ROMEO:\n", max_tokens: 400, ignore_eos: true, stream: true };
    const running = await server.post("/v1/completions", endless);
    const drained = server.stop();
    expect(await status(runtimePaths.live)).toBe(200);
    expect(await status(runtimePaths.ready)).toBe(503);
    const refused = await server.post("/v1/completions", endless);
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).not.toBeNull();
    const text = await running.text();
    expect(text).toContain('"finish_reason":"length"');
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
    await drained;
    await expect(fetch(server.url)).rejects.toThrow();
  });
});

test("a draining server waits for clients that read slowly, and for a request that was on its way", async () => {
  // A long name makes every chunk long, so that a response outgrows all buffers between here and there.
  const server = await startRuntime({ gracePeriodSeconds: 60, servedModelName: "b".repeat(4_000) });
  const port = Number(new URL(server.url).port);
  const prompt = Array.from({ length: 20 }, (_, id) => [id + 1]);
  const streamed = { prompt, max_tokens: 150, ignore_eos: true, stream: true };
  const late = await open(port);
  const [head, body] = postBytes("/v1/completions", { prompt: [1], max_tokens: 3, ignore_eos: true });
  late.write(head);
  const slow = await open(port);
  slow.write(postBytes("/v1/completions", streamed).join(""));
  await eventually(() => server.runtime.engine.inFlight === 20);

  const drained = server.stop();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  late.write(body);

  expect(await received(late)).toContain('"finish_reason":"length"');
  const text = await received(slow);
  expect(text).toContain("data: [DONE]");
  expect(text.match(/"finish_reason":"length"/g)).toHaveLength(20);
  await drained;
});

test("a grace period that is over ends what still runs with an error", async () => {
  const server = await startRuntime({ gracePeriodSeconds: 0 });
  const running = await server.post("/v1/completions", {
    model: "bard",
    prompt: [1],
    max_tokens: 500,
    ignore_eos: true,
    stream: true,
  });
  await server.stop();
  const text = await running.text();
  expect(text).toContain('"code":"shutting_down"');
  expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
});
