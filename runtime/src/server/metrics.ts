import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { runtimeMetrics } from "../config";
import type { EngineObserver } from "../engine/engine-client";
import type { EnginePlan } from "../engine/engine-plan";
import type { Generation } from "../engine/generation";
import type { EngineStats, StepReport } from "../engine/protocol";

// Buckets as in vLLM, so that its dashboards read the same way (vllm/v1/metrics/loggers.py).
const FIRST_TOKEN_SECONDS = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640,
  2560,
];
const TOKEN_SECONDS = [
  0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
];
const REQUEST_SECONDS = [
  0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
];
const TOKENS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000];
const STEP_TOKENS = [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384];

/** The engine's metrics under the names that vLLM gives them, since gateways and dashboards know those. */
export class EngineMetrics implements EngineObserver {
  readonly registry = new Registry();

  private readonly promptTokens = this.counter("vllm:prompt_tokens_total", "Prompt tokens processed.");
  private readonly generationTokens = this.counter("vllm:generation_tokens_total", "Tokens generated.");
  private readonly preemptions = this.counter(
    "vllm:num_preemptions_total",
    "Sequences that lost their blocks.",
  );
  private readonly success = new Counter({
    name: "vllm:request_success_total",
    help: "Requests that ended, by how.",
    labelNames: ["finished_reason"],
    registers: [this.registry],
  });
  private readonly stepTokens = this.histogram(
    "vllm:iteration_tokens_total",
    "Tokens per engine step.",
    STEP_TOKENS,
  );
  private readonly requestPrompt = this.histogram(
    "vllm:request_prompt_tokens",
    "Prompt tokens per request.",
    TOKENS,
  );
  private readonly requestOutput = this.histogram(
    "vllm:request_generation_tokens",
    "Generated tokens per request.",
    TOKENS,
  );
  private readonly firstToken = this.histogram(
    runtimeMetrics.timeToFirstToken,
    "Seconds from arrival to the first token.",
    FIRST_TOKEN_SECONDS,
  );
  private readonly interToken = this.histogram(
    runtimeMetrics.interTokenLatency,
    "Seconds between two tokens.",
    TOKEN_SECONDS,
  );
  private readonly perToken = this.histogram(
    "vllm:request_time_per_output_token_seconds",
    "Mean seconds per token after the first, per request.",
    TOKEN_SECONDS,
  );
  private readonly latency = this.histogram(
    "vllm:e2e_request_latency_seconds",
    "Seconds from arrival to end.",
    REQUEST_SECONDS,
  );
  private readonly queueTime = this.histogram(
    "vllm:request_queue_time_seconds",
    "Seconds from arrival to the first step.",
    REQUEST_SECONDS,
  );
  private readonly prefillTime = this.histogram(
    "vllm:request_prefill_time_seconds",
    "Seconds from the first step to the first token.",
    REQUEST_SECONDS,
  );
  private readonly decodeTime = this.histogram(
    "vllm:request_decode_time_seconds",
    "Seconds from the first token to the last.",
    REQUEST_SECONDS,
  );
  private readonly inferenceTime = this.histogram(
    "vllm:request_inference_time_seconds",
    "Seconds from the first step to the last token.",
    REQUEST_SECONDS,
  );

  /** @param stats reads the engine's present state, once per scrape */
  constructor(modelName: string, plan: EnginePlan, stats: () => EngineStats) {
    this.registry.setDefaultLabels({ model_name: modelName, engine: "0" });
    this.gauge(runtimeMetrics.running, "Sequences in the running batch.", () => stats().running);
    this.gauge(
      runtimeMetrics.waiting,
      "Sequences that wait to be admitted, for the first time or after a preemption.",
      () => stats().waiting,
    );
    this.gauge(runtimeMetrics.cacheUsage, "Share of the KV cache's blocks in use, 1 is all.", () =>
      plan.blocks === 0 ? 0 : stats().usedBlocks / plan.blocks,
    );
    new Gauge({
      name: "vllm:cache_config_info",
      help: "The KV cache's settings, as labels.",
      labelNames: ["block_size", "num_gpu_blocks", "cache_dtype"],
      registers: [this.registry],
    }).set({ block_size: plan.blockSize, num_gpu_blocks: plan.blocks, cache_dtype: "float32" }, 1);
  }

  stepped(report: StepReport): void {
    this.stepTokens.observe(report.tokens);
    this.preemptions.inc(report.preempted);
    const tokens = report.outputs.reduce(
      (sum, output) => sum + ("tokens" in output ? output.tokens.length : 0),
      0,
    );
    this.generationTokens.inc(tokens);
  }

  started({ arrivedAt, scheduledAt, tokenTimes, promptTokenIds }: Generation): void {
    this.promptTokens.inc(promptTokenIds.length);
    this.firstToken.observe(tokenTimes[0] - arrivedAt);
    this.queueTime.observe((scheduledAt as number) - arrivedAt);
    this.prefillTime.observe(tokenTimes[0] - (scheduledAt as number));
  }

  ended({ arrivedAt, scheduledAt, endedAt, endedBy, tokenTimes, promptTokenIds }: Generation): void {
    this.success.inc({ finished_reason: endedBy });
    this.latency.observe((endedAt as number) - arrivedAt);
    this.requestPrompt.observe(promptTokenIds.length);
    this.requestOutput.observe(tokenTimes.length);
    if (tokenTimes.length === 0) return;
    const decodeSeconds = tokenTimes[tokenTimes.length - 1] - tokenTimes[0];
    this.decodeTime.observe(decodeSeconds);
    this.inferenceTime.observe(tokenTimes[tokenTimes.length - 1] - (scheduledAt as number));
    for (let index = 1; index < tokenTimes.length; index++)
      this.interToken.observe(tokenTimes[index] - tokenTimes[index - 1]);
    if (tokenTimes.length > 1) this.perToken.observe(decodeSeconds / (tokenTimes.length - 1));
  }

  private counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.registry] });
  }

  private histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name, help, buckets, registers: [this.registry] });
  }

  private gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }
}
