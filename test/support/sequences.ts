import type { SamplingParams } from "../../runtime/src/sampling/sampling-params";

/** Greedy, and far from any end. */
export const greedy: SamplingParams = {
  temperature: 0,
  topP: 1,
  topK: 0,
  seed: 0,
  maxTokens: 1_000,
  stopTokenIds: [],
};
