import type { SchedulerLimits } from "./scheduler";
import type { Sequence } from "./sequence";
import type { StepCost } from "./step-cost";

/** Prefill tokens of a step that decodes are never spared, so that prompts always get on. */
const PREFILL_TOKENS_MIN = 16;
/** Output tokens after which a sequence's pace is protected. */
const PROTECTED_AFTER = 4;

/**
 * The tokens that one step may compute. Each sequence that decodes has its own; prompts share the rest. While others
 * decode, prompts get no more than makes the step `maxDecodeSlowdown` times as long as without them.
 *
 * When many short prompts arrive at an idle engine the first of them would decode in small, wasteful batches while the
 * others trickle in. So a prompt of one chunk may use the whole budget until a sequence has its first few tokens: their
 * pace has not been set yet.
 */
export class StepBudget {
  private left: number;
  private leftForLong: number;

  constructor(
    private readonly limits: SchedulerLimits,
    cost: StepCost,
    running: Iterable<Sequence>,
  ) {
    let decodes = 0;
    let isProtected = false;
    for (const sequence of running) {
      if (!sequence.isDecoding) continue;
      decodes++;
      if (sequence.outputLength >= PROTECTED_AFTER) isProtected = true;
    }
    this.left = limits.maxBatchedTokens - decodes;
    this.leftForLong = decodes === 0 ? this.left : Math.min(this.left, tokensBeside(decodes, limits, cost));
    if (isProtected) this.left = this.leftForLong;
  }

  /** Tokens that no one has taken. */
  get tokensLeft(): number {
    return this.left;
  }

  /** Tokens that a prompt may compute, of which `pending` are left. */
  grant(sequence: Sequence, pending: number): number {
    const { prefillChunkTokens } = this.limits;
    const left = sequence.length > prefillChunkTokens ? Math.min(this.left, this.leftForLong) : this.left;
    return Math.max(0, Math.min(pending, prefillChunkTokens, left));
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
