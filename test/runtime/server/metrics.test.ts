import { readFileSync } from "node:fs";
import type { EnginePlan } from "../../../runtime/src/engine/engine-plan";
import { Generation } from "../../../runtime/src/engine/generation";
import type { StepReport } from "../../../runtime/src/engine/protocol";
import { Siblings } from "../../../runtime/src/engine/siblings";
import { EngineMetrics } from "../../../runtime/src/server/metrics";
import { startRuntime } from "../../support/running-runtime";
import { defaultLimits } from "../../support/scheduler-limits";
import { quietStep } from "../../support/step-reports";

const plan: EnginePlan = {
  maxModelLen: 100,
  maxPromptTokens: 99,
  blockSize: 16,
  blocks: 10,
  cacheBytes: 1,
  kvCachePrecision: "float16",
  threads: 1,
  prefixCaching: true,
  weights: { precision: "stored" },
  maxQueuedTokens: 1_000_000,
  limits: { ...defaultLimits, maxSequences: 4, maxBatchedTokens: 64, prefillChunkTokens: 32 },
};

function engineMetrics() {
  const metrics = new EngineMetrics("m", plan, () => quietStep.stats);
  const sample = async (series: string) => {
    const line = (await metrics.registry.metrics()).split("\n").find((each) => each.startsWith(series));
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ")));
  };
  return { metrics, sample };
}

const step = (figures: Partial<StepReport>): StepReport => ({ ...quietStep, ...figures });

test("a server has every metric that vLLM's dashboards query", async () => {
  const { dashboards } = JSON.parse(readFileSync("test/fixtures/vllm-dashboard-metrics.json", "utf8")) as {
    dashboards: Record<string, string[]>;
  };
  const server = await startRuntime();
  const registered = new Set(server.runtime.metrics.getMetricsAsArray().map(({ name }) => name));
  for (const [dashboard, names] of Object.entries(dashboards))
    expect({ dashboard, missing: names.filter((name) => !registered.has(name)) }).toEqual({
      dashboard,
      missing: [],
    });
  await server.stop();
});

describe("the engine's metrics", () => {
  test("have buckets of lengths up to the model's, as vLLM's have", async () => {
    const { metrics } = engineMetrics();
    const text = await metrics.registry.metrics();
    const bounds = [...text.matchAll(/^vllm:request_prompt_tokens_bucket\{le="(.*?)"/gm)].map(([, le]) => le);
    expect(bounds).toEqual(["1", "2", "5", "10", "20", "50", "100", "+Inf"]);
  });

  test.each([
    [true, "True"],
    [false, "False"],
  ])("say in vLLM's words whether prefixes are cached: %p", async (prefixCaching, label) => {
    const { registry } = new EngineMetrics("m", { ...plan, prefixCaching }, () => quietStep.stats);
    const info = registry.getSingleMetricAsString("vllm:cache_config_info");
    expect(await info).toContain(`num_gpu_blocks="10"`);
    expect(await info).toContain(`enable_prefix_caching="${label}"`);
  });

  test("name the precision of the cache beside its size", async () => {
    const { sample } = engineMetrics();
    const labels = 'block_size="16",num_gpu_blocks="10",cache_dtype="float16"';
    expect(await sample(`vllm:cache_config_info{${labels}`)).toBe(1);
  });

  test("begin with a zero for every way to end, so that rates are seen from the first one", async () => {
    const { sample } = engineMetrics();
    for (const reason of ["stop", "length", "abort", "error"])
      expect(await sample(`vllm:request_success_total{finished_reason="${reason}"`)).toBe(0);
  });

  test("count the choices of a prompt once, with the longest, and each as a sequence", async () => {
    const { metrics, sample } = engineMetrics();
    const siblings = new Siblings(3, 9);
    for (const tokens of [2, 4, 3]) {
      expect(await sample("vllm:request_params_n_count")).toBe(0);
      const generation = new Generation(1, [5, 6, 7], () => {}, siblings);
      const output = { id: 1, tokens: Array(tokens).fill({ tokenId: 1 }), scheduledAt: 2, cachedTokens: 0 };
      generation.deliver({ ...output, finishReason: "length" });
      metrics.ended(generation);
    }
    expect(await sample("vllm:request_params_n_count")).toBe(1);
    expect(await sample("vllm:request_params_n_sum")).toBe(3);
    expect(await sample("vllm:request_max_num_generation_tokens_sum")).toBe(4);
    expect(await sample('vllm:request_success_total{finished_reason="length"')).toBe(3);
    expect(await sample("vllm:request_generation_tokens_sum")).toBe(9);
    expect(await sample("vllm:request_params_max_tokens_sum")).toBe(27);
  });

  test("say where prompt tokens came from", async () => {
    const { metrics, sample } = engineMetrics();
    const generation = new Generation(1, Array(40).fill(5), () => {});
    generation.deliver({ id: 1, tokens: [{ tokenId: 1 }], scheduledAt: 2, cachedTokens: 32 });
    metrics.advanced(generation, undefined);
    expect(await sample("vllm:prompt_tokens_total")).toBe(40);
    expect(await sample('vllm:prompt_tokens_by_source_total{source="local_compute"')).toBe(8);
    expect(await sample('vllm:prompt_tokens_by_source_total{source="local_cache_hit"')).toBe(32);
    expect(await sample("vllm:prompt_tokens_cached_total")).toBe(32);
    expect(await sample("vllm:request_prefill_kv_computed_tokens_sum")).toBe(8);
  });

  test("count an output of several tokens as one latency", async () => {
    const { metrics, sample } = engineMetrics();
    const generation = new Generation(1, [5], () => {});
    metrics.advanced(generation, 0.2);
    expect(await sample("vllm:inter_token_latency_seconds_count")).toBe(1);
    expect(await sample("vllm:inter_token_latency_seconds_sum")).toBe(0.2);
  });

  test("count drafts, what they proposed and what was accepted at each position", async () => {
    const { metrics, sample } = engineMetrics();
    const output = (tokens: number) => ({
      id: 1,
      tokens: Array(tokens).fill({ tokenId: 1 }),
      scheduledAt: 2,
      cachedTokens: 0,
    });
    metrics.stepped(
      step({
        drafts: 3,
        draftedTokens: 12,
        acceptedTokens: 4,
        outputs: [output(4), output(2), output(1)],
      }),
    );
    expect(await sample("vllm:spec_decode_num_drafts_total")).toBe(3);
    expect(await sample("vllm:spec_decode_num_draft_tokens_total")).toBe(12);
    expect(await sample("vllm:spec_decode_num_accepted_tokens_total")).toBe(4);
    const perPosition = "vllm:spec_decode_num_accepted_tokens_per_pos_total";
    expect(await sample(`${perPosition}{position="0"`)).toBe(2);
    expect(await sample(`${perPosition}{position="1"`)).toBe(1);
    expect(await sample(`${perPosition}{position="2"`)).toBe(1);
    expect(await sample(`${perPosition}{position="3"`)).toBeUndefined();
    expect(await sample("vllm:generation_tokens_total")).toBe(7);
  });

  test("add up what steps looked up, preempted and took", async () => {
    const { metrics, sample } = engineMetrics();
    const figures = {
      preempted: 2,
      prefixQueries: 64,
      prefixHits: 48,
      runSeconds: 0.5,
      outsideSeconds: 0.25,
    };
    for (let each = 0; each < 2; each++) metrics.stepped(step({ ...figures, tokens: 8 }));
    expect(await sample("vllm:num_preemptions_total")).toBe(4);
    expect(await sample("vllm:prefix_cache_queries_total")).toBe(128);
    expect(await sample("vllm:prefix_cache_hits_total")).toBe(96);
    expect(await sample("vllm:iteration_tokens_total_sum")).toBe(16);
    expect(await sample("plinth:step_run_seconds_total")).toBe(1);
    expect(await sample("plinth:step_outside_seconds_total")).toBe(0.5);
  });
});

test("a server counts its clients' HTTP requests by handler and status, and no probes", async () => {
  const server = await startRuntime();
  await server.post("/v1/completions", { prompt: [1], max_tokens: 2 });
  await server.post("/v1/completions", { prompt: 7 });
  await fetch(`${server.url}/health/ready`);
  await fetch(`${server.url}/nowhere`);
  const series = (handler: string, status: string, method = "POST") =>
    server.metric(`http_requests_total{handler="${handler}",method="${method}",status="${status}"`);
  expect(await series("/v1/completions", "2xx")).toBe(1);
  expect(await series("/v1/completions", "4xx")).toBe(1);
  expect(await series("none", "4xx", "GET")).toBe(1);
  expect(await server.metric("http_requests_total")).toBe(3);
  expect(await server.metric("http_request_duration_seconds_count")).toBe(3);
  await server.stop();
});
