import { runtimeMetrics } from "../../../runtime/src/config";
import { open, postBytes } from "../../support/raw-connection";
import { eventually, type RunningRuntime, startRuntime } from "../../support/running-runtime";

const ABORTED = 'vllm:request_success_total{finished_reason="abort"';
const endless = { model: "bard", prompt: "ROMEO:\n", max_tokens: 500, ignore_eos: true };

describe("a client that goes away", () => {
  let server: RunningRuntime;
  beforeEach(async () => {
    server = await startRuntime({ maxSequences: 8, maxQueuedRequests: 512, kvCacheMiB: 8 });
  });
  afterEach(() => server.stop());

  const blocksInUse = () => server.runtime.engine.stats.usedBlocks;

  test.each([true, false])("frees its blocks at the next step (streaming: %s)", async (stream) => {
    const leave = new AbortController();
    const request = fetch(`${server.url}/v1/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...endless, stream }),
      signal: leave.signal,
    }).then((response) => response.text());
    await eventually(() => blocksInUse() > 0);

    leave.abort();

    await expect(request).rejects.toThrow(/abort/);
    await eventually(() => blocksInUse() === 0);
    expect(server.runtime.engine.inFlight).toBe(0);
    expect(await server.metric("vllm:generation_tokens_total")).toBeLessThan(500);
    expect(await server.metric(ABORTED)).toBe(1);
  });

  test.each([true, false])(
    "frees all that it has pipelined on one connection (streaming: %s)",
    async (stream) => {
      const socket = await open(Number(new URL(server.url).port));
      socket.write(
        postBytes("/v1/completions", { ...endless, stream })
          .join("")
          .repeat(20),
      );
      await eventually(() => server.runtime.engine.inFlight === 20);

      socket.destroy();

      await eventually(() => server.runtime.engine.inFlight === 0 && blocksInUse() === 0);
      expect(await server.metric(ABORTED)).toBe(20);
      expect(await server.metric("vllm:request_success_total")).toBe(20);
    },
  );

  test("leaves nothing behind after 200 requests of which half are aborted at random moments", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const aborts = index % 2 === 0;
        const signal = aborts ? AbortSignal.timeout(Math.floor(Math.random() * 1500)) : undefined;
        const body = {
          ...endless,
          max_tokens: aborts ? 500 : 8 + (index % 40),
          stream: index % 4 < 2,
          seed: index,
        };
        try {
          const response = await fetch(`${server.url}/v1/completions`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify(body),
            signal,
          });
          await response.text();
          return response.status;
        } catch {
          return "aborted";
        }
      }),
    );

    expect(outcomes.filter((_, index) => index % 2 === 1)).toEqual(Array(100).fill(200));
    expect(outcomes.filter((outcome) => outcome === "aborted").length).toBeGreaterThan(50);
    await eventually(() => server.runtime.engine.inFlight === 0 && blocksInUse() === 0);
    expect(server.runtime.engine.stats).toMatchObject({ running: 0, waiting: 0, usedBlocks: 0 });
    expect(await server.metric(runtimeMetrics.running)).toBe(0);
    expect(await server.metric(runtimeMetrics.waiting)).toBe(0);
    expect(await server.metric(runtimeMetrics.cacheUsage)).toBe(0);
    // A client that left before its request arrived is not counted.
    const ended = await server.metric("vllm:request_success_total");
    const aborted = await server.metric(ABORTED);
    expect(ended - aborted).toBeGreaterThanOrEqual(100);
    expect(ended).toBeLessThanOrEqual(200);
    expect(aborted).toBeGreaterThan(50);
    const after = await server.client.completions.create({
      model: "bard",
      prompt: "ROMEO:\n",
      max_tokens: 4,
    });
    expect(after.usage?.completion_tokens).toBeGreaterThan(0);
  });
});
