import { parseRuntimeConfig } from "../../runtime/src/config";
import type { SchedulerLimits } from "../../runtime/src/engine/scheduler";

const config = parseRuntimeConfig({ model: "/model" });

/** What the configuration says by default. */
export const defaultLimits: SchedulerLimits = {
  maxSequences: config.maxSequences,
  maxBatchedTokens: config.maxBatchedTokens,
  prefillChunkTokens: config.prefillChunkTokens,
  schedulingPolicy: config.schedulingPolicy,
  maxDecodeSlowdown: config.maxDecodeSlowdown,
  speculativeTokens: config.speculativeTokens,
};
