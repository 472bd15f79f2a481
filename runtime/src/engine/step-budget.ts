import type { SchedulerLimits } from "./scheduler";
import type { Sequence } from "./sequence";
import type { StepCost } from "./step-cost";

/** Prefill tokens of a step that decodes are never spared, so that prompts always get on. */
const PREFILL_TOKENS_MIN = 8;
/** Output tokens after which a sequence's pace is protected. */
const PROTECTED_AFTER = 4;
/** How much more prefill time each further prompt is worth, measured in that of one prompt per decoding sequence. */
const CROWD_WEIGHT = 4;

/**
 * The tokens that one step may compute. Each sequence that decodes has its own; prompts share the rest. While others
 * decode, prompts get no more than makes the step `maxDecodeSlowdown` times as long as without them.
 *
 * Short prompts, those of one chunk, may get more, since to make them wait costs throughput where there are many: the
 * few sequences that decode meanwhile do so in small, wasteful batches. They share the whole budget until a sequence has
 * its first few tokens, since no pace has been set then: so a burst at an idle engine is prefilled at once. Later their
 * share grows with their number beside that of the sequences that decode.
 *
 * A longer prompt gets at first no more of what is left than its chunk is of a whole step, so that those behind it get
 * on as well where decodes leave little. What they do not need it gets in the end.
 */
export class StepBudget {
  private left: number;
  private leftForLong: number;
  /** Of a long prompt, as long as others may want tokens. */
  private readonly share: number;

  /** @param waiting sequences that may be admitted in this step */
  constructor(
    private readonly limits: SchedulerLimits,
    cost: StepCost,
    running: Iterable<Sequence>,
    waiting: number,
  ) {
    let decodes = 0;
    let prompts = waiting;
    let isProtected = false;
    for (const sequence of running) {
      if (!sequence.isDecoding) prompts++;
      else {
        decodes++;
        if (sequence.outputLength >= PROTECTED_AFTER) isProtected = true;
      }
    }
    this.left = limits.maxBatchedTokens - decodes;
    const beside = decodes === 0 ? this.left : tokensBeside(decodes, limits, cost);
    this.leftForLong = Math.min(this.left, beside);
    this.share = Math.ceil((this.leftForLong * limits.prefillChunkTokens) / limits.maxBatchedTokens);
    if (!isProtected) return;
    const crowd = Math.max(1, (CROWD_WEIGHT * (prompts - 1)) / decodes);
    this.left = Math.min(this.left, Math.floor(crowd * beside));
  }

  /** Tokens that no one has taken. */
  get tokensLeft(): number {
    return this.left;
  }

  /** Tokens that a prompt may compute, of which `pending` are left, as long as others may want some. */
  grant(sequence: Sequence, pending: number): number {
    const { prefillChunkTokens } = this.limits;
    const most = sequence.length > prefillChunkTokens ? this.share : prefillChunkTokens;
    return Math.min(most, this.grantMore(sequence, pending, 0));
  }

  /** Tokens beside the granted ones that a prompt may compute now that all others have theirs. */
  grantMore(sequence: Sequence, pending: number, granted: number): number {
    const { prefillChunkTokens } = this.limits;
    const left = sequence.length > prefillChunkTokens ? Math.min(this.left, this.leftForLong) : this.left;
    return Math.max(0, Math.min(pending - granted, prefillChunkTokens - granted, left));
  }

  spend(tokens: number): void {
    this.left -= tokens;
    this.leftForLong -= tokens;
  }
}

/** Prefill tokens that make a step of so many decodes `maxDecodeSlowdown` times as long. */
function tokensBeside(decodes: number, { maxDecodeSlowdown }: SchedulerLimits, cost: StepCost): number {
  const decodeSeconds = cost.decodeSeconds(decodes);
  const tokenSeconds = cost.prefillTokenSeconds;
  if (decodeSeconds === undefined || tokenSeconds === undefined) return PREFILL_TOKENS_MIN;
  const tokens = Math.floor(((maxDecodeSlowdown - 1) * decodeSeconds) / tokenSeconds);
  return Math.max(PREFILL_TOKENS_MIN, tokens);
}
