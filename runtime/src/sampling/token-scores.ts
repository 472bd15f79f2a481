/** How much of a next token's distribution a sampler needs: less of it is less to compute and to copy. */
export type ScoresWanted =
  /** The best token alone. */
  | Readonly<{ kind: "best" }>
  /** The best few, and the mass of the whole at this temperature (above 0). */
  | Readonly<{ kind: "top"; temperature: number }>
  /** Every logit. */
  | Readonly<{ kind: "all" }>;

/** How many of the best tokens a runner gives where a sampler wants the top of the distribution. */
export const TOP_TOKENS = 64;

/** What a step tells of the token that follows one position. */
export type TokenScores =
  | Readonly<{
      kind: "best";
      tokenId: number;
      /** Is not finite where the logits are damaged. */
      logit: number;
    }>
  | Readonly<{
      kind: "top";
      /** From the highest logit down, ties by the lower id. */
      tokenIds: Int32Array;
      logits: Float32Array;
      /** ln of the sum of e^logit over the whole vocabulary. */
      logSumExp: number;
      /** The same of logit / temperature. */
      scaledLogSumExp: number;
    }>
  | Readonly<{
      kind: "all";
      /** `[vocabulary]`; not to be written to. */
      logits: Float32Array;
    }>;

/** A token and what its choice says of itself. Logarithms are natural. */
export type SampledToken = Readonly<{
  tokenId: number;
  /** Of the model's own distribution, before temperature and any other setting; only where asked for. */
  logprob?: number;
  /** The most likely tokens, best first; only where asked for. */
  topLogprobs?: readonly Readonly<{ tokenId: number; logprob: number }>[];
}>;
