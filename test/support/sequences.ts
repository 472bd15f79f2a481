import type { SamplingParams } from "../../runtime/src/sampling/sampling-params";

/** Greedy, and far from any end. */
export const greedy: SamplingParams = {
  temperature: 0,
  topP: 1,
  topK: 0,
  minP: 0,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  logitBias: [],
  seed: 0,
  minTokens: 0,
  maxTokens: 1_000,
  stopTokenIds: [],
};
