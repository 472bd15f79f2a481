import type { StepReport } from "../../runtime/src/engine/protocol";

/** A step in which nothing happened, to say what did. */
export const quietStep: StepReport = {
  outputs: [],
  step: 1,
  tokens: 0,
  prefillTokens: 0,
  sequences: 0,
  cachedTokensRead: 0,
  preempted: 0,
  prefixQueries: 0,
  prefixHits: 0,
  drafts: 0,
  draftedTokens: 0,
  acceptedTokens: 0,
  runSeconds: 0,
  outsideSeconds: 0,
  stats: { running: 0, waiting: 0, waitingTokens: 0, usedBlocks: 0, cachedBlocks: 0, unusedSlots: 0 },
};
