/** How a sequence's tokens are chosen and when it ends. Every field is set: defaults are the server's matter. */
export type SamplingParams = Readonly<{
  /** 0 takes the best token; above, logits are divided by it. */
  temperature: number;
  /** Smallest set of most likely tokens whose probabilities sum to at least this; 1 takes all. */
  topP: number;
  /** Number of most likely tokens to sample from; 0 takes all. */
  topK: number;
  /** Tokens less likely than this share of the best one's probability are not sampled; 0 takes all. */
  minP: number;
  /** Divides positive logits and multiplies negative ones of tokens in prompt or output; 1 changes nothing. */
  repetitionPenalty: number;
  /** Is subtracted from a token's logit for each time that it is in the output. */
  frequencyPenalty: number;
  /** Is subtracted once from the logit of each token that is in the output. */
  presencePenalty: number;
  /** Is added to the logits of these tokens. */
  logitBias: readonly (readonly [tokenId: number, bias: number])[];
  /** Same seed, same choices. */
  seed: number;
  /** Most tokens to generate. */
  maxTokens: number;
  /** Tokens to generate before one of `stopTokenIds` may be chosen. */
  minTokens: number;
  /** Tokens that end the sequence; they are part of its output. */
  stopTokenIds: readonly number[];
  /** Number of most likely tokens to report with each token, 0 for the chosen one alone; undefined reports nothing. */
  logprobs?: number;
}>;
