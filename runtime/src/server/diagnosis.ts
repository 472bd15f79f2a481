import { environmentVariable, type RuntimeConfig } from "../config";
import type { EnginePlan } from "../engine/engine-plan";
import type { StepSample } from "../engine/step-window";
import type { StepWeights } from "../model/step-weights";

export type Bottleneck = "cache_capacity" | "queue" | "memory_bandwidth" | "compute" | "none";

/** What the figures are judged by. */
export type Machine = Readonly<{
  /** The settings as they are in effect, derived ones among them. */
  settings: RuntimeConfig;
  plan: EnginePlan;
  weights: StepWeights;
  /** What one thread copies, measured at start. */
  copiedBytesPerSecond: number;
  /** Of the fastest step with many tokens so far; undefined before there was one. */
  bestTokensPerSecond?: number;
  processors: number;
}>;

export type Change = Readonly<{
  /** A setting of the runtime, or what is not one. */
  setting: string;
  variable?: string;
  value?: string | number | boolean;
  advice: string;
}>;

export type Diagnosis = Readonly<{
  bottleneck: Bottleneck;
  /** The figures that decided, in words. */
  because: string;
  /** What would help, the first most. */
  changes: readonly Change[];
  evidence: Evidence;
}>;

/** Figures of the steps that were looked at; shares are of 1. */
export type Evidence = Readonly<{
  steps: number;
  seconds: number;
  /** Share of the time in which a step ran. */
  busyShare: number;
  stepMs: number;
  /** Of the time of steps, the part outside of the session's run. */
  outsideShare: number;
  tokensPerStep: number;
  prefillShare: number;
  tokensPerSecond: number;
  runningMean: number;
  waitingMean: number;
  usedBlocksShare: number;
  preemptions: number;
  /** What preempted sequences had to compute again, as a share of the tokens that were computed; an estimate. */
  lostShare: number;
  /**
   * Share of the steps after which sequences waited for blocks, for a place among maxSequences, and for their prompts'
   * turn among those that were computed.
   */
  waitedForBlocksShare: number;
  waitedForPlaceShare: number;
  waitedForTurnShare: number;
  /** Of the time of runs, what reading weights and cache takes at the memory's speed. */
  memoryShare: number;
  memoryBytesPerSecond: number;
  weightBytesPerStep: number;
  cacheBytesPerStep: number;
  /** Of the time of runs, what computing the tokens takes at the best speed that was seen. */
  computeShare?: number;
  bestTokensPerSecond?: number;
}>;

type Rule = Readonly<{
  bottleneck: Bottleneck;
  holds(evidence: Evidence): boolean;
  because(evidence: Evidence): string;
  changes(evidence: Evidence, machine: Machine): readonly Change[];
}>;

/** Less than this of the time with a step running is a server with room. */
const IDLE_SHARE = 0.1;
/** A share of the steps that makes what they have in common the rule. */
const MOSTLY = 0.5;
/** Computing takes so much of the time that more sequences in a step would only make it longer. */
const SATURATED_SHARE = 0.7;
/** Work that is done twice for want of blocks, above which it is worth more of them. */
const LOST_SHARE = 0.05;

/** A share of the blocks in use at which the next prompt is taken to wait for some. */
const NEARLY_ALL = 0.9;

/** The first rule that holds names the bottleneck. */
const rules: readonly Rule[] = [
  {
    bottleneck: "none",
    holds: ({ steps, busyShare, waitingMean }) => steps === 0 || (busyShare < IDLE_SHARE && waitingMean < 1),
    because: ({ steps, busyShare, seconds }) =>
      steps === 0
        ? "no step ran lately"
        : `a step ran in ${percent(busyShare)} of the last ${seconds} s, and nothing waited`,
    changes: () => [],
  },
  {
    bottleneck: "cache_capacity",
    holds: ({ lostShare, waitedForBlocksShare }) => lostShare >= LOST_SHARE || waitedForBlocksShare >= MOSTLY,
    because: ({ preemptions, steps, lostShare, waitedForBlocksShare, usedBlocksShare }) =>
      `${preemptions} sequences lost their blocks in ${steps} steps, which made about ${percent(lostShare)} of the ` +
      `tokens be computed again; sequences waited for blocks after ` +
      `${percent(waitedForBlocksShare)} of them, and ${percent(usedBlocksShare)} of the blocks were in use`,
    changes: ({ preemptions }, { settings, weights }) => [
      setting(settings, "kvCacheMiB", "raise it as far as memory allows"),
      ...(settings.kvCachePrecision === "float32"
        ? [
            setting(
              settings,
              "kvCachePrecision",
              "float16 holds twice the tokens in the same memory; steps of long contexts take up to a sixth longer",
            ),
          ]
        : []),
      ...cachePrefixes(settings, "turn it on: sequences that begin alike then share blocks"),
      ...(preemptions > 0
        ? [
            setting(
              settings,
              "maxSequences",
              "lower it: fewer sequences at a time lose no work to preemption",
            ),
          ]
        : []),
      setting(settings, "maxModelLen", "lower it if requests need less: long ones take most blocks"),
      ...fewerBits(settings, weights, "memory that weights give up can be cache"),
    ],
  },
  {
    bottleneck: "queue",
    holds: ({ waitedForPlaceShare, waitedForTurnShare, computeShare = 0 }) =>
      waitedForPlaceShare + waitedForTurnShare >= MOSTLY && computeShare < SATURATED_SHARE,
    because: ({ waitedForPlaceShare, waitedForTurnShare, waitingMean, runningMean, usedBlocksShare }) =>
      (waitedForPlaceShare >= waitedForTurnShare
        ? `all places were taken and ${decimal(waitingMean)} sequences waited (${percent(waitedForPlaceShare)} of the steps)`
        : `${decimal(waitingMean)} sequences waited behind prompts that were computed a little at a time beside ` +
          `sequences that decode (${percent(waitedForTurnShare)} of the steps)`) +
      `, while ${decimal(runningMean)} ran on ${percent(usedBlocksShare)} of the blocks`,
    changes: ({ waitedForPlaceShare, waitedForTurnShare }, { settings }) => [
      ...(waitedForPlaceShare >= waitedForTurnShare
        ? [setting(settings, "maxSequences", "raise it: a step has room for more sequences")]
        : [
            setting(
              settings,
              "maxDecodeSlowdown",
              "raise it: prompts then take more of a step, and tokens of the others come less evenly",
            ),
            ...cachePrefixes(settings, "turn it on: prompts that begin alike are then computed once"),
          ]),
      { setting: "replicas", advice: "add some, where latency must not grow with the batch" },
    ],
  },
  {
    bottleneck: "memory_bandwidth",
    holds: ({ memoryShare, computeShare = MOSTLY }) => memoryShare >= computeShare,
    because: ({ memoryShare, weightBytesPerStep, cacheBytesPerStep, tokensPerStep, stepMs }) =>
      `reading ${megabytes(weightBytesPerStep)} of weights and ${megabytes(cacheBytesPerStep)} of cache explains ` +
      `${percent(memoryShare)} of a step's ${decimal(stepMs)} ms, which compute ${decimal(tokensPerStep)} tokens`,
    changes: ({ weightBytesPerStep, cacheBytesPerStep }, { settings, weights }) => [
      ...(cacheBytesPerStep > weightBytesPerStep
        ? [setting(settings, "maxModelLen", "shorter contexts: most of what is read is cache")]
        : [
            ...fewerBits(settings, weights, "less to read per step"),
            ...(settings.speculativeTokens === 0
              ? [
                  setting(
                    settings,
                    "speculativeTokens",
                    "raise it to 8: a step that reads all weights can verify several tokens of a sequence",
                  ),
                ]
              : []),
            {
              setting: "concurrency",
              advice: "send more requests at a time: a step reads the weights once for all of them",
            },
          ]),
    ],
  },
  {
    bottleneck: "compute",
    holds: () => true,
    because: ({ computeShare, memoryShare, tokensPerStep, prefillShare, stepMs }) =>
      `a step computes ${decimal(tokensPerStep)} tokens (${percent(prefillShare)} of prompts) in ${decimal(stepMs)} ms, ` +
      `of which reading memory explains ${percent(memoryShare)}` +
      (computeShare === undefined ? "" : ` and computing at the best speed seen ${percent(computeShare)}`),
    changes: ({ prefillShare }, { settings, plan, processors }) => [
      ...(plan.threads < processors
        ? [setting(settings, "threads", `raise it: the process has ${processors} processors`)]
        : []),
      ...(prefillShare >= MOSTLY
        ? [
            ...cachePrefixes(settings, "turn it on: prompts that begin alike are then computed once"),
            setting(
              settings,
              "maxPromptTokens",
              "lower it, or let requests share prefixes: prompts are most of the work",
            ),
          ]
        : []),
      { setting: "replicas", advice: "add some, or use faster processors or a smaller model" },
    ],
  },
];

/** Names what bounds the engine now, from the figures of its latest steps, oldest first. */
export function diagnose(steps: readonly StepSample[], spanSeconds: number, machine: Machine): Diagnosis {
  const evidence = gather(steps, spanSeconds, machine);
  const rule = rules.find(({ holds }) => holds(evidence)) as Rule;
  return {
    bottleneck: rule.bottleneck,
    because: rule.because(evidence),
    changes: rule.changes(evidence, machine),
    evidence,
  };
}

function gather(steps: readonly StepSample[], spanSeconds: number, machine: Machine): Evidence {
  const { plan, bestTokensPerSecond } = machine;
  const weightBytes = machine.weights.bytes;
  const { maxSequences, maxBatchedTokens } = plan.limits;
  const sum = (figure: (step: StepSample) => number) =>
    steps.reduce((total, step) => total + figure(step), 0);
  const mean = (figure: (step: StepSample) => number) => ratio(sum(figure), steps.length);
  const runSeconds = sum((step) => step.runSeconds);
  const stepSeconds = runSeconds + sum((step) => step.outsideSeconds);
  const tokens = sum((step) => step.tokens);
  const preemptions = sum((step) => step.preempted);
  const tokenBytes = plan.cacheBytes / (plan.blocks * plan.blockSize);
  const cacheBytes = tokenBytes * sum((step) => step.cachedTokensRead);
  const bytes = weightBytes * steps.length + cacheBytes;
  // A step that read more than one thread copies shows that the memory gives more.
  const memoryBytesPerSecond = Math.max(
    machine.copiedBytesPerSecond,
    ...steps.map(({ tokens, cachedTokensRead, runSeconds }) =>
      tokens > 0 ? ratio(weightBytes + tokenBytes * cachedTokensRead, runSeconds) : 0,
    ),
  );
  const waits = ({ stats }: StepSample) => stats.waiting > 0;
  const isFull = ({ stats }: StepSample) => stats.running >= maxSequences;
  const hasRoom = (step: StepSample) => !isFull(step) && step.tokens < maxBatchedTokens;
  // Beside sequences that decode, prompts get less than the budget: the next one waits though blocks are free.
  const isSpared = ({ tokens, prefillTokens, stats }: StepSample) =>
    prefillTokens > 0 && prefillTokens < tokens && stats.usedBlocks < NEARLY_ALL * plan.blocks;
  return {
    steps: steps.length,
    seconds: round(spanSeconds),
    busyShare: round(Math.min(1, ratio(stepSeconds, spanSeconds))),
    stepMs: round(ratio(stepSeconds, steps.length) * 1000),
    outsideShare: round(ratio(stepSeconds - runSeconds, stepSeconds)),
    tokensPerStep: round(ratio(tokens, steps.length)),
    prefillShare: round(
      ratio(
        sum((step) => step.prefillTokens),
        tokens,
      ),
    ),
    tokensPerSecond: round(ratio(tokens, spanSeconds)),
    runningMean: round(mean(({ stats }) => stats.running)),
    waitingMean: round(mean(({ stats }) => stats.waiting)),
    usedBlocksShare: round(mean(({ stats }) => stats.usedBlocks / plan.blocks)),
    preemptions,
    // Each loses what a sequence holds on average.
    lostShare: round(
      ratio(
        preemptions *
          ratio(
            sum((step) => step.cachedTokensRead),
            sum((step) => step.sequences),
          ),
        tokens,
      ),
    ),
    waitedForBlocksShare: round(mean((step) => Number(waits(step) && hasRoom(step) && !isSpared(step)))),
    waitedForPlaceShare: round(mean((step) => Number(waits(step) && isFull(step)))),
    waitedForTurnShare: round(mean((step) => Number(waits(step) && hasRoom(step) && isSpared(step)))),
    memoryShare: round(ratio(bytes, memoryBytesPerSecond * runSeconds)),
    memoryBytesPerSecond: Math.round(memoryBytesPerSecond),
    weightBytesPerStep: weightBytes,
    cacheBytesPerStep: Math.round(ratio(cacheBytes, steps.length)),
    ...(bestTokensPerSecond !== undefined && {
      computeShare: round(ratio(tokens, bestTokensPerSecond * runSeconds)),
      bestTokensPerSecond: round(bestTokensPerSecond),
    }),
  };
}

function setting(settings: RuntimeConfig, name: keyof RuntimeConfig, advice: string): Change {
  return { setting: name, variable: environmentVariable(name), value: settings[name], advice };
}

/** The change to fewer bits, where the weights have more than 4. An artifact's own cannot be changed, only its source's. */
function fewerBits(settings: RuntimeConfig, { precision }: StepWeights, why: string): Change[] {
  if (precision === "int4") return [];
  if (precision !== "int8" && precision !== "w8a8")
    return [setting(settings, "weights", `int8, w8a8 or int4: ${why}`)];
  const advice = `int4: ${why}; measure the loss of accuracy first`;
  if (settings.weights === precision) return [setting(settings, "weights", advice)];
  return [setting(settings, "model", `an artifact with ${advice}`)];
}

function cachePrefixes(settings: RuntimeConfig, advice: string): Change[] {
  return settings.prefixCaching ? [] : [setting(settings, "prefixCaching", advice)];
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function decimal(value: number): string {
  return value.toFixed(1);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
