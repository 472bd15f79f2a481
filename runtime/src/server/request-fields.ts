import { z } from "zod";
import { abridged } from "../abridged";
import { RuntimeError } from "../errors";

/** An answer need not be longer than its request. */
const SHOWN_FINDINGS_MAX = 16;

/**
 * Fields that both of OpenAI's completion routes take, some as vLLM extends them. Null counts as absent, as it does
 * for OpenAI. A field that is known but not supported may be sent with the value that asks for nothing.
 */

const only = <T extends string | number | boolean>(value: T) =>
  z.literal(value, { error: `is supported only as ${JSON.stringify(value)}` }).nullish();

/** What is wrong with fields that are right each on its own. */
type PairFinding = Readonly<{ field: string; message: string }>;

/** Rules about several fields are looked at whatever else is wrong, so that all findings come at once. */
const checkTogether =
  (rules: (fields: Readonly<Record<string, unknown>>) => readonly (PairFinding | false)[]) =>
  (fields: Readonly<Record<string, unknown>>, context: z.RefinementCtx) => {
    for (const finding of rules(fields))
      if (finding)
        context.addIssue({
          code: "custom",
          path: [finding.field],
          message: finding.message,
          input: fields[finding.field],
        });
  };
const together = { when: ({ value }: { value: unknown }) => typeof value === "object" && value !== null };

const isAbove = (value: unknown, bound: unknown) =>
  typeof value === "number" && typeof bound === "number" && value > bound;

const empty = z
  .union([z.array(z.unknown()).length(0), z.strictObject({})], { error: "is not supported" })
  .nullish();

const isTokenList = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(Number.isInteger);
const isStringList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

/** One check and no union of schemas, each of which would visit every token of a long prompt. */
const prompt = z.custom<string | string[] | number[] | number[][]>(
  (value) =>
    typeof value === "string" ||
    (Array.isArray(value) &&
      value.length > 0 &&
      (isTokenList(value) ||
        isStringList(value) ||
        value.every((item) => isTokenList(item) && item.length > 0))),
  {
    error: "must be a string, a list of strings, a list of token ids or a list of such lists",
    // What else is wrong is told as well.
    abort: false,
  },
);

const penalty = z.number().min(-2).max(2).nullish();
/** OpenAI's bound is 5 for completions and 20 for chat, vLLM's 20 for both. */
const topLogprobs = z.number().int().min(0).max(20).nullish();
/** A value far from 1 would take logits beyond the range of their 32 bits. */
const repetitionPenalty = z.number().min(0.01).max(100).nullish();

const logitBias = z
  .record(
    z.string().regex(/^\d{1,9}$/, { error: "must be keyed by token ids" }),
    z.number({ error: "must be a number from -100 to 100" }).min(-100).max(100),
  )
  .nullish();

/** Half a character has no bytes of its own: all of them would be one salt, and tenants would share what they compute. */
const cacheSalt = z
  .string()
  .min(1)
  .max(1_024)
  .refine((salt) => salt.isWellFormed(), { error: "must not hold halves of characters" })
  .nullish();

const stopString = z.string().min(1).max(1_024);

const sharedFields = {
  model: z.string().nullish(),
  max_tokens: z.number().int().min(1).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.number().int().min(-1).nullish(),
  seed: z.number().refine(Number.isInteger, { error: "must be a whole number" }).nullish(),
  stop: z
    .union([stopString, z.array(stopString).max(16)], {
      error: "must be a string or up to 16 strings, none empty",
    })
    .nullish(),
  stop_token_ids: z.array(z.number().int().min(0)).max(64).nullish(),
  ignore_eos: z.boolean().nullish(),
  return_token_ids: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({
      include_usage: z.boolean().nullish(),
      include_obfuscation: only(false),
      continuous_usage_stats: z.boolean().nullish(),
    })
    .nullish(),
  user: z.string().nullish(),
  n: z.number().int().min(1).nullish(),
  presence_penalty: penalty,
  frequency_penalty: penalty,
  repetition_penalty: repetitionPenalty,
  min_p: z.number().min(0).max(1).nullish(),
  min_tokens: z.number().int().min(0).nullish(),
  logit_bias: logitBias,
  skip_special_tokens: z.boolean().nullish(),
  include_stop_str_in_output: z.boolean().nullish(),
  priority: z
    .number()
    .int()
    .min(-(2 ** 31))
    .max(2 ** 31 - 1)
    .nullish(),
  cache_salt: cacheSalt,
  timeout_ms: z.number().int().min(1).max(86_400_000).nullish(),
  length_penalty: only(1),
  use_beam_search: only(false),
  spaces_between_special_tokens: only(true),
};

export const completionFields = z
  .strictObject({
    ...sharedFields,
    prompt,
    best_of: z.number().int().min(1).nullish(),
    echo: z.boolean().nullish(),
    logprobs: topLogprobs,
    suffix: z.literal("", { error: "is not supported" }).nullish(),
  })
  .superRefine(
    checkTogether(({ min_tokens, max_tokens, best_of, n, echo, logprobs }) => [
      isAbove(min_tokens, max_tokens) && {
        field: "min_tokens",
        message: `must not exceed max_tokens (${max_tokens})`,
      },
      typeof best_of === "number" &&
        best_of !== (n ?? 1) && { field: "best_of", message: `is supported only as n (${n ?? 1})` },
      echo === true &&
        typeof logprobs === "number" && { field: "echo", message: "is not supported together with logprobs" },
    ]),
    together,
  );

const textPart = z.strictObject({ type: z.literal("text"), text: z.string() });

const message = z.looseObject({
  role: z.string().min(1),
  content: z
    .union([z.string(), z.array(textPart), z.null()], { error: "must be a string or a list of text parts" })
    .transform((content) =>
      Array.isArray(content) ? content.map(({ text }) => text).join("") : (content ?? ""),
    ),
  tool_calls: empty,
  function_call: empty,
});

export const chatFields = z
  .strictObject({
    ...sharedFields,
    messages: z.array(message).min(1),
    max_completion_tokens: z.number().int().min(1).nullish(),
    logprobs: z.boolean().nullish(),
    top_logprobs: topLogprobs,
    tools: empty,
    tool_choice: only("none"),
    parallel_tool_calls: z.boolean().nullish(),
    response_format: z
      .strictObject({ type: z.literal("text") }, { error: 'is supported only as {"type":"text"}' })
      .nullish(),
    metadata: z.record(z.string(), z.unknown()).nullish(),
    store: z.boolean().nullish(),
    service_tier: z.string().nullish(),
    safety_identifier: z.string().nullish(),
    prompt_cache_key: z.string().nullish(),
  })
  .superRefine(
    checkTogether(({ min_tokens, max_tokens, max_completion_tokens, logprobs, top_logprobs }) => [
      isAbove(min_tokens, max_completion_tokens ?? max_tokens) && {
        field: "min_tokens",
        message: `must not exceed max_completion_tokens (${max_completion_tokens ?? max_tokens})`,
      },
      isAbove(top_logprobs, 0) &&
        logprobs !== true && { field: "top_logprobs", message: 'needs "logprobs": true' },
    ]),
    together,
  );

export type SharedFields = Readonly<z.output<z.ZodObject<typeof sharedFields>>>;

/**
 * Checks a request's body.
 * @throws RuntimeError invalid_request that names every field at fault
 */
export function parseFields<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body, { reportInput: true });
  if (result.success) return result.data;
  const findings = result.error.issues.flatMap(describe);
  const shown = findings.slice(0, SHOWN_FINDINGS_MAX).map(({ text }) => text);
  if (findings.length > shown.length) shown.push(`and ${findings.length - shown.length} more`);
  throw new RuntimeError("invalid_request", shown.join("; "), findings[0].param);
}

function describe(issue: z.core.$ZodIssue): { param: string; text: string }[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => {
      const param = [...issue.path, key].join(".");
      return { param, text: `${param}: unknown field` };
    });
  const param = issue.path.join(".") || "body";
  const got = issue.input === undefined ? "" : `, got ${abridged(issue.input)}`;
  const message = issue.code === "invalid_key" ? issue.issues[0].message : issue.message;
  return [{ param, text: `${param}: ${message}${got}` }];
}
