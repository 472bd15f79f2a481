import { Engine } from "../../runtime/src/engine/engine";
import type { SchedulerLimits } from "../../runtime/src/engine/scheduler";
import { openCheckpoint } from "../../runtime/src/model/checkpoint";
import type { KvCachePrecision } from "../../runtime/src/model/kv-cache-precision";
import { ModelRunner } from "../../runtime/src/model/model-runner";
import type { SamplingParams } from "../../runtime/src/sampling/sampling-params";
import { defaultLimits } from "./scheduler-limits";

export type EngineSettings = Readonly<{
  blockSize: number;
  blocks: number;
  prefixCaching?: boolean;
  kvCachePrecision?: KvCachePrecision;
  /** The configuration's defaults where they say nothing. */
  limits: Partial<SchedulerLimits>;
}>;

export const roomySettings: EngineSettings = {
  blockSize: 16,
  blocks: 512,
  limits: { maxSequences: 32, maxBatchedTokens: 512, prefillChunkTokens: 256 },
};

/** An engine with a real model in the test's own thread, and how often it preempted. */
export async function startEngine(directory: string, settings: EngineSettings) {
  const { blockSize, blocks, prefixCaching = true, kvCachePrecision = "float32" } = settings;
  const checkpoint = openCheckpoint(directory);
  const runner = await ModelRunner.create(checkpoint, {
    blockSize,
    blocks: blocks + 1,
    maxModelLen: checkpoint.config.maxPositions,
    threads: 1,
    kvCachePrecision,
  });
  const limits = { ...defaultLimits, ...settings.limits };
  // Every step takes as long as the others: what is scheduled must not depend on how fast the machine happens to be.
  let seconds = 0;
  const engine = new Engine(runner, { blockSize, blocks, prefixCaching, limits }, () => {
    seconds += 0.001;
    return seconds;
  });
  return { engine, runner, pool: engine.pool };
}

/** Runs prompts together until all have ended. */
export async function complete(
  engine: Engine,
  requests: readonly { prompt: readonly number[]; params: SamplingParams }[],
): Promise<{ outputs: number[][]; preemptions: number; peakTokens: number }> {
  const outputs: number[][] = requests.map(() => []);
  let preemptions = 0;
  let peakTokens = 0;
  requests.forEach(({ prompt, params }, id) => {
    engine.add({ id, promptTokenIds: prompt, params, priority: 0, forks: [] });
  });
  while (!engine.isIdle) {
    const report = await engine.step();
    preemptions += report.preempted;
    peakTokens = Math.max(peakTokens, report.tokens);
    for (const output of report.outputs) {
      if ("error" in output) throw new Error(output.error);
      outputs[output.id].push(...output.tokens.map(({ tokenId }) => tokenId));
    }
  }
  return { outputs, preemptions, peakTokens };
}
