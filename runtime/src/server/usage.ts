import type { Choice } from "./served-model";

/** Tokens of one prompt and of completions of it. */
export type TokenCounts = Readonly<{ prompt: number; cached: number; completion: number }>;

/** What a choice used of a request's tokens: several choices of one prompt share it, and the first answers for it. */
export function countsOf(
  { isFirstOfPrompt, promptTokenIds, cachedTokens }: Choice,
  completion: number,
): TokenCounts {
  if (!isFirstOfPrompt) return { prompt: 0, cached: 0, completion };
  return { prompt: promptTokenIds.length, cached: cachedTokens(), completion };
}

/** OpenAI's `usage`. */
export function usage(counts: readonly TokenCounts[]) {
  const total = (kind: keyof TokenCounts) => counts.reduce((sum, count) => sum + count[kind], 0);
  const [promptTokens, completionTokens] = [total("prompt"), total("completion")];
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: total("cached") },
  };
}
