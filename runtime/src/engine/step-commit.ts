import type { StepScores } from "../model/step-batch";
import type { SampledToken, TokenScores } from "../sampling/token-scores";
import type { SequenceOutput } from "./protocol";
import type { Scheduler } from "./scheduler";
import type { ScheduledTokens } from "./scheduler-output";
import type { FinishReason, Sequence } from "./sequence";

/** Turns a step's scores into tokens of its sequences. */
export class StepCommit {
  readonly outputs: SequenceOutput[] = [];
  acceptedTokens = 0;

  constructor(private readonly scheduler: Scheduler) {}

  /** The step has run: its tokens are in the cache. */
  commit(scheduled: readonly ScheduledTokens[], scores: StepScores): void {
    for (const [index, { sequence, start, count, samples, draft }] of scheduled.entries()) {
      if (!samples) sequence.cache.commit(start + count);
      else {
        if (sequence.forks.length > 0) this.fork(sequence, scores[index]);
        this.sample(sequence, scores[index], draft);
      }
    }
  }

  /** The step has not run: what it wrote, and what it was computed from, may be damaged. */
  fail(scheduled: readonly ScheduledTokens[], cause: Error): void {
    for (const { sequence } of scheduled) this.end(sequence, cause);
  }

  /** The prompt is computed: each fork chooses its first token from the same scores and goes on by itself. */
  private fork(parent: Sequence, rows: readonly TokenScores[]): void {
    const completions = parent.forks.slice();
    this.scheduler.releaseForks(parent);
    for (const completion of completions) {
      const fork = parent.fork(completion);
      this.scheduler.addFork(fork);
      this.sample(fork, rows, []);
      this.scheduler.yieldPlace(fork);
    }
  }

  /**
   * Verifies a draft: the sequence's own sampler chooses at each position, and the next position counts while the
   * choice is what the draft foretold. So each token is drawn from the model's own distribution at its position, with
   * the random number that it would have been drawn with alone: the output is the same as without drafts, token for
   * token. It is speculative sampling (Leviathan et al., arXiv 2211.17192) for a draft that is certain of each token: to
   * accept it with the probability p that the model gives it, and otherwise to draw from the rest, is to draw from p
   * and to see whether it was the draft's.
   */
  private sample(sequence: Sequence, rows: readonly TokenScores[], draft: readonly number[]): void {
    const tokens: SampledToken[] = [];
    let finishReason: FinishReason | undefined;
    let accepted = 0;
    let rejected = false;
    try {
      for (const row of rows) {
        const token = sequence.sampler.choose(row);
        // The scores do not suffice: the next step computes all of the same position.
        if (!token) break;
        tokens.push(token);
        finishReason = sequence.append(token.tokenId);
        rejected = tokens.length <= draft.length && token.tokenId !== draft[tokens.length - 1];
        if (!rejected && tokens.length <= draft.length) accepted++;
        if (finishReason || rejected) break;
      }
    } catch (cause) {
      this.end(sequence, cause as Error);
      return;
    }
    this.acceptedTokens += accepted;
    if (draft.length > 0) sequence.draftHistory.verified(accepted, rejected);
    sequence.cache.commit(sequence.length - 1);
    sequence.cache.trim();
    if (tokens.length > 0) {
      const { id, scheduledAt = 0, cachedTokens } = sequence;
      this.outputs.push({ id, tokens, finishReason, scheduledAt, cachedTokens });
    }
    if (finishReason) this.scheduler.remove(sequence);
  }

  private end(sequence: Sequence, cause: Error): void {
    for (const id of sequence.ids) this.outputs.push({ id, error: cause.message, code: "engine_error" });
    sequence.cache.discard();
    this.scheduler.remove(sequence);
  }
}
