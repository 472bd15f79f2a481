import type { ScoredToken } from "../text/text-stream";
import type { TokenText } from "../text/token-texts";

/** A token as text and bytes; without a tokenizer there are none. */
export type TokenNamer = (tokenId: number) => TokenText | undefined;

/** JSON has no infinity: vLLM's stand-in for the logarithm of zero. */
const LOGPROB_MIN = -9999;

type Logprob = Readonly<{ tokenId: number; logprob: number }>;

/**
 * OpenAI's legacy form: one list per kind. As in vLLM `top_logprobs` holds the chosen token also where it is not among
 * the most likely.
 */
export function completionLogprobs(tokens: readonly ScoredToken[], nameOf: TokenNamer) {
  const name = (tokenId: number) => {
    const text = nameOf(tokenId);
    if (!text) return tokenIdName(tokenId);
    return text.isWhole ? text.text : `bytes:${text.text}`;
  };
  return {
    tokens: tokens.map(({ tokenId }) => name(tokenId)),
    token_logprobs: tokens.map(({ logprob }) => finite(logprob)),
    top_logprobs: tokens.map((token) =>
      Object.fromEntries(
        [token, ...token.topLogprobs].map(({ tokenId, logprob }) => [name(tokenId), finite(logprob)]),
      ),
    ),
    text_offset: tokens.map(({ textOffset }) => textOffset),
  };
}

/** The form of chat completions: one entry per token, with its bytes. */
export function chatLogprobs(tokens: readonly ScoredToken[], nameOf: TokenNamer) {
  const entry = ({ tokenId, logprob }: Logprob) => {
    const text = nameOf(tokenId);
    return {
      token: text?.text ?? tokenIdName(tokenId),
      logprob: finite(logprob),
      bytes: text?.bytes ?? null,
    };
  };
  return {
    content: tokens.map((token) => ({ ...entry(token), top_logprobs: token.topLogprobs.map(entry) })),
    refusal: null,
  };
}

function finite(logprob: number): number {
  return Math.max(LOGPROB_MIN, logprob);
}

/** vLLM's name for a token without text. */
function tokenIdName(tokenId: number): string {
  return `token_id:${tokenId}`;
}
