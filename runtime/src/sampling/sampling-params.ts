/** How a sequence's tokens are chosen and when it ends. Every field is set: defaults are the server's matter. */
export type SamplingParams = Readonly<{
  /** 0 takes the best token; above, logits are divided by it. */
  temperature: number;
  /** Smallest set of most likely tokens whose probabilities sum to at least this; 1 takes all. */
  topP: number;
  /** Number of most likely tokens to sample from; 0 takes all. */
  topK: number;
  /** Same seed, same choices. */
  seed: number;
  /** Most tokens to generate. */
  maxTokens: number;
  /** Tokens that end the sequence; they are part of its output. */
  stopTokenIds: readonly number[];
}>;
