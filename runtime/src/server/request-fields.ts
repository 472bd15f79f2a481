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
  { error: "must be a string, a list of strings, a list of token ids or a list of such lists" },
);

const stopString = z.string().min(1).max(1_024);

export const sharedFields = {
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
      continuous_usage_stats: only(false),
    })
    .nullish(),
  user: z.string().nullish(),
  n: only(1),
  presence_penalty: only(0),
  frequency_penalty: only(0),
  repetition_penalty: only(1),
  min_p: only(0),
  min_tokens: only(0),
  length_penalty: only(1),
  use_beam_search: only(false),
  skip_special_tokens: only(true),
  spaces_between_special_tokens: only(true),
  include_stop_str_in_output: only(false),
  logit_bias: empty,
};

export const completionFields = z.strictObject({
  ...sharedFields,
  prompt,
  best_of: only(1),
  echo: only(false),
  logprobs: z.null({ error: "is not supported" }).optional(),
  suffix: z.literal("", { error: "is not supported" }).nullish(),
});

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

export const chatFields = z.strictObject({
  ...sharedFields,
  messages: z.array(message).min(1),
  max_completion_tokens: z.number().int().min(1).nullish(),
  logprobs: only(false),
  top_logprobs: only(0),
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
});

export type SharedFields = Readonly<z.output<z.ZodObject<typeof sharedFields>>>;
export type CompletionFields = Readonly<z.output<typeof completionFields>>;
export type ChatFields = Readonly<z.output<typeof chatFields>>;

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
  return [{ param, text: `${param}: ${issue.message}${got}` }];
}
