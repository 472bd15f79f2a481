import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { runtimeMetrics } from "../config";
import type { EngineObserver } from "../engine/engine-observer";
import type { EnginePlan } from "../engine/engine-plan";
import type { EngineLoss, RestartReason } from "../engine/engine-supervisor";
import type { Ending, Generation } from "../engine/generation";
import type { EngineStats, SequenceOutput, StepReport } from "../engine/protocol";

// Names, types, labels and buckets as in vLLM, so that its dashboards read the same way (vllm/v1/metrics/loggers.py and
// vllm/v1/spec_decode/metrics.py). Its Python client appends _total to a counter's name, so here it is written out.
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
const STEP_TOKENS = [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384];
const CHOICES = [1, 2, 5, 10, 20];

const ENDINGS: readonly Ending[] = ["stop", "length", "abort", "error"];
const RESTART_REASONS: readonly RestartReason[] = ["thread_died", "steps_failed", "load_failed"];

/** The engine's metrics under the names that vLLM gives them, since gateways and dashboards know those. */
export class EngineMetrics implements EngineObserver {
  readonly registry = new Registry();

  private readonly success: Counter<"finished_reason">;
  private readonly promptTokens: Counter;
  private readonly promptTokensBySource: Counter<"source">;
  private readonly promptTokensCached: Counter;
  private readonly promptTokensCachedBySource: Counter<"source">;
  private readonly generationTokens: Counter;
  private readonly stepTokens: Histogram;
  private readonly firstToken: Histogram;
  private readonly interToken: Histogram;
  private readonly perToken: Histogram;
  private readonly latency: Histogram;
  private readonly queueTime: Histogram;
  private readonly inferenceTime: Histogram;
  private readonly prefillTime: Histogram;
  private readonly decodeTime: Histogram;
  private readonly requestPrompt: Histogram;
  private readonly requestComputed: Histogram;
  private readonly requestOutput: Histogram;
  private readonly requestMaxTokens: Histogram;
  private readonly requestLongest: Histogram;
  private readonly requestChoices: Histogram;
  private readonly preemptions: Counter;
  private readonly prefixQueries: Counter;
  private readonly prefixHits: Counter;
  private readonly drafts: Counter;
  private readonly draftTokens: Counter;
  private readonly acceptedTokens: Counter;
  private readonly acceptedPerPosition: Counter<"position">;
  private readonly restarts: Counter<"reason">;
  private readonly runSeconds: Counter;
  private readonly outsideSeconds: Counter;

  /** @param stats reads the engine's present state, once per scrape */
  constructor(modelName: string, plan: EnginePlan, stats: () => EngineStats) {
    this.registry.setDefaultLabels({ model_name: modelName, engine: "0" });
    const lengths = oneTwoFive(plan.maxModelLen);

    this.gauge(runtimeMetrics.running, "Sequences in the running batch.", () => stats().running);
    this.gauge(
      runtimeMetrics.waiting,
      "Sequences that wait to be admitted, for the first time or after a preemption.",
      () => stats().waiting,
    );
    new Gauge({
      name: "vllm:num_requests_waiting_by_reason",
      help: "Waiting sequences by reason: capacity (for a place or for blocks) or deferred (never here).",
      labelNames: ["reason"],
      registers: [this.registry],
      collect() {
        this.set({ reason: "capacity" }, stats().waiting);
        this.set({ reason: "deferred" }, 0);
      },
    });
    this.success = this.counter("vllm:request_success_total", "Sequences that ended, by how.", [
      "finished_reason",
    ]);
    for (const ending of ENDINGS) this.success.inc({ finished_reason: ending }, 0);
    this.promptTokens = this.counter(
      "vllm:prompt_tokens_total",
      "Prompt tokens of sequences that got their first token.",
    );
    this.promptTokensBySource = this.counter(
      "vllm:prompt_tokens_by_source_total",
      "Prompt tokens by where their keys and values came from.",
      ["source"],
    );
    for (const source of ["local_compute", "local_cache_hit", "external_kv_transfer"])
      this.promptTokensBySource.inc({ source }, 0);
    this.promptTokensCached = this.counter(
      "vllm:prompt_tokens_cached_total",
      "Prompt tokens that were found in the prefix cache.",
    );
    this.promptTokensCachedBySource = this.counter(
      "vllm:prompt_tokens_cached_by_source_total",
      "The same by the memory that held them: always device here.",
      ["source"],
    );
    this.promptTokensCachedBySource.inc({ source: "device" }, 0);
    this.generationTokens = this.counter("vllm:generation_tokens_total", "Tokens generated.");
    this.stepTokens = this.histogram(
      "vllm:iteration_tokens_total",
      "Tokens that a step computed.",
      STEP_TOKENS,
    );

    this.firstToken = this.histogram(
      runtimeMetrics.timeToFirstToken,
      "Seconds from arrival to the first token.",
      FIRST_TOKEN_SECONDS,
    );
    this.interToken = this.histogram(
      runtimeMetrics.interTokenLatency,
      "Seconds between a sequence's outputs; one of several tokens counts once.",
      TOKEN_SECONDS,
    );
    this.perToken = this.histogram(
      "vllm:request_time_per_output_token_seconds",
      "Mean seconds per token after the first, per sequence; 0 where there was one token.",
      TOKEN_SECONDS,
    );
    this.latency = this.seconds("vllm:e2e_request_latency_seconds", "Seconds from arrival to end.");
    this.queueTime = this.seconds(
      "vllm:request_queue_time_seconds",
      "Seconds from arrival to the first step.",
    );
    this.inferenceTime = this.seconds(
      "vllm:request_inference_time_seconds",
      "Seconds from the first step to the last token.",
    );
    this.prefillTime = this.seconds(
      "vllm:request_prefill_time_seconds",
      "Seconds from the first step to the first token.",
    );
    this.decodeTime = this.seconds(
      "vllm:request_decode_time_seconds",
      "Seconds from the first token to the last.",
    );

    this.requestPrompt = this.histogram("vllm:request_prompt_tokens", "Prompt tokens per sequence.", lengths);
    this.requestComputed = this.histogram(
      "vllm:request_prefill_kv_computed_tokens",
      "Prompt tokens per sequence that were not found in the prefix cache.",
      lengths,
    );
    this.requestOutput = this.histogram(
      "vllm:request_generation_tokens",
      "Generated tokens per sequence.",
      lengths,
    );
    this.requestMaxTokens = this.histogram(
      "vllm:request_params_max_tokens",
      "max_tokens per sequence.",
      lengths,
    );
    this.requestLongest = this.histogram(
      "vllm:request_max_num_generation_tokens",
      "Generated tokens of the longest choice of a prompt.",
      lengths,
    );
    this.requestChoices = this.histogram("vllm:request_params_n", "Choices per prompt.", CHOICES);

    this.gauge(runtimeMetrics.cacheUsage, "Share of the KV cache's blocks in use, 1 is all.", () =>
      plan.blocks === 0 ? 0 : stats().usedBlocks / plan.blocks,
    );
    new Gauge({
      name: "vllm:cache_config_info",
      help: "The KV cache's settings, as labels.",
      labelNames: ["block_size", "num_gpu_blocks", "cache_dtype", "enable_prefix_caching"],
      registers: [this.registry],
    }).set(
      {
        block_size: plan.blockSize,
        num_gpu_blocks: plan.blocks,
        cache_dtype: plan.kvCachePrecision,
        // As Python writes it, whose words vLLM's labels are.
        enable_prefix_caching: plan.prefixCaching ? "True" : "False",
      },
      1,
    );
    this.preemptions = this.counter("vllm:num_preemptions_total", "Sequences that lost their blocks.");
    this.prefixQueries = this.counter(
      "vllm:prefix_cache_queries_total",
      "Tokens that were looked up in the prefix cache.",
    );
    this.prefixHits = this.counter("vllm:prefix_cache_hits_total", "Tokens that were found there.");

    this.drafts = this.counter("vllm:spec_decode_num_drafts_total", "Drafts that were verified.");
    this.draftTokens = this.counter(
      "vllm:spec_decode_num_draft_tokens_total",
      "Tokens that drafts proposed.",
    );
    this.acceptedTokens = this.counter(
      "vllm:spec_decode_num_accepted_tokens_total",
      "Proposed tokens that were accepted.",
    );
    this.acceptedPerPosition = this.counter(
      "vllm:spec_decode_num_accepted_tokens_per_pos_total",
      "Accepted tokens by their position in the draft, from 0.",
      ["position"],
    );

    this.restarts = this.counter(
      "plinth:engine_restarts_total",
      "Losses of the engine's thread that it was started again after, by reason.",
      ["reason"],
    );
    for (const reason of RESTART_REASONS) this.restarts.inc({ reason }, 0);
    this.runSeconds = this.counter("plinth:step_run_seconds_total", "Seconds of steps within the session.");
    this.outsideSeconds = this.counter(
      "plinth:step_outside_seconds_total",
      "Seconds of steps outside of the session.",
    );
    this.gauge(
      "plinth:num_waiting_tokens",
      "Tokens that waiting sequences have to compute.",
      () => stats().waitingTokens,
    );
    this.gauge(
      "plinth:kv_cache_cached_blocks",
      "Free blocks that hold a prefix which may be found again.",
      () => stats().cachedBlocks,
    );
    this.gauge(
      "plinth:kv_cache_unused_slots",
      "Slots of used blocks that hold no token yet.",
      () => stats().unusedSlots,
    );
  }

  stepped(report: StepReport): void {
    this.stepTokens.observe(report.tokens);
    this.runSeconds.inc(report.runSeconds);
    this.outsideSeconds.inc(report.outsideSeconds);
    this.generationTokens.inc(report.outputs.reduce((sum, output) => sum + tokensOf(output), 0));
    if (report.preempted > 0) this.preemptions.inc(report.preempted);
    if (report.prefixQueries > 0) this.prefixQueries.inc(report.prefixQueries);
    if (report.prefixHits > 0) this.prefixHits.inc(report.prefixHits);
    if (report.drafts > 0) this.countDrafts(report);
  }

  advanced(generation: Generation, sinceLast: number | undefined): void {
    if (sinceLast === undefined) this.countFirst(generation);
    else this.interToken.observe(sinceLast);
  }

  ended({
    arrivedAt,
    scheduledAt,
    firstTokenAt,
    lastTokenAt,
    endedAt,
    endedBy,
    tokens,
    promptTokenIds,
    siblings,
  }: Generation): void {
    this.success.inc({ finished_reason: endedBy as Ending });
    this.latency.observe((endedAt as number) - arrivedAt);
    this.requestPrompt.observe(promptTokenIds.length);
    this.requestOutput.observe(tokens);
    if (siblings.maxTokens !== undefined) this.requestMaxTokens.observe(siblings.maxTokens);
    if (siblings.haveEnded) {
      this.requestChoices.observe(siblings.count);
      this.requestLongest.observe(siblings.longestTokens);
    }
    if (firstTokenAt === undefined || lastTokenAt === undefined) return;
    this.decodeTime.observe(lastTokenAt - firstTokenAt);
    this.inferenceTime.observe(lastTokenAt - (scheduledAt as number));
    this.perToken.observe(tokens > 1 ? (lastTokenAt - firstTokenAt) / (tokens - 1) : 0);
  }

  lost({ reason, delayMs }: EngineLoss): void {
    if (delayMs !== undefined) this.restarts.inc({ reason });
  }

  private countFirst({
    arrivedAt,
    scheduledAt,
    firstTokenAt,
    promptTokenIds,
    cachedTokens,
  }: Generation): void {
    const { length } = promptTokenIds;
    this.promptTokens.inc(length);
    this.promptTokensBySource.inc({ source: "local_compute" }, length - cachedTokens);
    this.promptTokensBySource.inc({ source: "local_cache_hit" }, cachedTokens);
    this.promptTokensCached.inc(cachedTokens);
    this.promptTokensCachedBySource.inc({ source: "device" }, cachedTokens);
    this.requestComputed.observe(length - cachedTokens);
    this.firstToken.observe((firstTokenAt as number) - arrivedAt);
    this.queueTime.observe((scheduledAt as number) - arrivedAt);
    this.prefillTime.observe((firstTokenAt as number) - (scheduledAt as number));
  }

  private countDrafts({ drafts, draftedTokens, acceptedTokens, outputs }: StepReport): void {
    this.drafts.inc(drafts);
    this.draftTokens.inc(draftedTokens);
    this.acceptedTokens.inc(acceptedTokens);
    // All tokens of an output but its last, which the model chose itself, are accepted ones.
    for (const output of outputs)
      for (let position = 0; position < tokensOf(output) - 1; position++)
        this.acceptedPerPosition.inc({ position: `${position}` });
  }

  private counter<T extends string>(name: string, help: string, labelNames: T[] = []): Counter<T> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private seconds(name: string, help: string): Histogram {
    return this.histogram(name, help, REQUEST_SECONDS);
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

function tokensOf(output: SequenceOutput): number {
  return "tokens" in output ? output.tokens.length : 0;
}

/** 1, 2, 5, 10, 20, 50 and so on up to a maximum. */
function oneTwoFive(maximum: number): number[] {
  const buckets: number[] = [];
  for (let power = 1; power <= maximum; power *= 10)
    for (const digit of [1, 2, 5]) if (digit * power <= maximum) buckets.push(digit * power);
  return buckets;
}
