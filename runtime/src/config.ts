import { z } from "zod";

/**
 * The seam between Plinth's two halves: the constructs render a container's environment from this schema,
 * the runtime parses its environment with it, and docs/reference/runtime-configuration.md is generated from it.
 * A port, a path or a limit is written here once. This file has no side effects and imports nothing of ours.
 */

const integer = (min: number, max: number) => z.number().int().min(min).max(max);

/** Precisions that an artifact stores its matrices in. */
export const weightPrecisions = ["fp32", "fp16", "int8", "w8a8", "int4"] as const;

/** Precisions that the KV cache keeps keys and values in. */
export const kvCachePrecisions = ["float32", "float16"] as const;

export const runtimeConfigSchema = z
  .strictObject({
    model: z
      .string()
      .min(1)
      .describe(
        "Directory of a Hugging Face checkpoint (config.json, *.safetensors and, where text is served, tokenizer.json) or of an artifact that plinth-runtime convert made.",
      ),
    servedModelName: z
      .string()
      .min(1)
      .optional()
      .describe("The model's name in the API. Default: the last part of the checkpoint's path."),
    weights: z
      .enum(["stored", ...weightPrecisions])
      .default("stored")
      .describe(
        "Precision of the weights. Other than stored, the checkpoint is converted when it is first served, which takes about " +
          "a minute per billion weights, and kept in weightsCacheDirectory; int8, w8a8 and int4 are faster and smaller, w8a8 the fastest where many sequences run; fp16 is only smaller on disk.",
      ),
    weightsCacheDirectory: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Directory that keeps converted weights; must be writable where weights is not stored. " +
          "Default: plinth/weights in XDG_CACHE_HOME or ~/.cache.",
      ),
    host: z.string().min(1).default("0.0.0.0").describe("Address to listen on."),
    port: integer(0, 65_535)
      .default(8080)
      .describe(
        "Port to listen on; 0 takes a free one. AIP_HTTP_PORT (Vertex AI) and PORT (Cloud Run) stand in for it.",
      ),
    maxModelLen: integer(2, 1_048_576)
      .optional()
      .describe(
        "Longest sequence, prompt and completion together, in tokens. Default: the checkpoint's max_position_embeddings.",
      ),
    maxPromptTokens: integer(1, 1_048_576)
      .optional()
      .describe("Longest prompt in tokens; beyond it a request gets a 400. Default: maxModelLen - 1."),
    maxSequences: integer(1, 4096).default(64).describe("Sequences that run at the same time."),
    maxBatchedTokens: integer(1, 65_536)
      .default(512)
      .describe(
        "Token budget of one engine step: decodes first, the rest goes to prefill chunks. Bounds a step's time.",
      ),
    prefillChunkTokens: integer(1, 65_536)
      .default(256)
      .describe(
        "Most tokens of one prompt that one step computes, so that a long prompt cannot starve the others.",
      ),
    maxDecodeSlowdown: integer(1, 1_000)
      .default(2)
      .describe(
        "How many times as long as without them prompts may make a step in which other sequences decode. 1 leaves them a few tokens a step.",
      ),
    schedulingPolicy: z
      .enum(["fcfs", "priority"])
      .default("fcfs")
      .describe(
        "Who is served first: fcfs whoever arrived first, priority the lowest priority number of the requests, then arrival.",
      ),
    speculativeTokens: integer(0, 64)
      .default(8)
      .describe(
        "Most tokens that a step guesses ahead from the sequence's own text and verifies; 0 turns it off. Outputs stay the same; it is done only where it pays.",
      ),
    blockSize: integer(1, 256).default(16).describe("Tokens per KV cache block."),
    prefixCaching: z
      .boolean()
      .default(true)
      .describe(
        "Whether prompts that begin alike share what is computed of their beginning, within one cache salt.",
      ),
    kvCacheMiB: integer(1, 4_194_304)
      .default(512)
      .describe(
        "Memory for the KV cache in MiB. No more is taken than maxSequences sequences of maxModelLen tokens can use.",
      ),
    kvCachePrecision: z
      .enum(kvCachePrecisions)
      .default("float32")
      .describe(
        "What the KV cache stores keys and values in. float16 holds twice the tokens in the same memory and rounds them to " +
          "11 significant bits; steps of long contexts take up to a sixth longer, so it pays where the cache is what is short.",
      ),
    maxQueuedRequests: integer(0, 1_000_000)
      .default(256)
      .describe(
        "Sequences that may wait beyond the maxSequences that can run; a request for more gets a 429 with Retry-After.",
      ),
    maxQueuedTokens: integer(1, 1_000_000_000)
      .optional()
      .describe(
        "Prompt tokens that may wait for their first answer; a request that would add more gets a 429 with Retry-After. Default: eight times what the KV cache holds.",
      ),
    maxBodyBytes: integer(1_024, 1_073_741_824)
      .default(4 * 1024 * 1024)
      .describe("Largest request body in bytes; beyond it a request gets a 413."),
    threads: integer(1, 1_024)
      .optional()
      .describe("Threads of one matrix operation. Default: the processors available to the process."),
    requestTimeoutSeconds: integer(1, 86_400)
      .optional()
      .describe(
        "Time from a request's arrival after which it ends with a 504, in seconds; a request's own timeout_ms goes before it. Default: none.",
      ),
    gracePeriodSeconds: integer(0, 3_600)
      .default(25)
      .describe("Time that running requests get to finish after SIGTERM or SIGINT, in seconds."),
    stepTraceFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        "File to append a line of JSON to for every engine step, - for standard output. Default: no step trace.",
      ),
    logLevel: z
      .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
      .default("info")
      .describe("Least severe level that is logged."),
  })
  .superRefine(checkPairs, { when: ({ value }) => typeof value === "object" && value !== null });

/** The rules about two settings. They are looked at whatever else is wrong, so that all findings come at once. */
function checkPairs(value: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  const { maxSequences, maxBatchedTokens, maxModelLen, maxPromptTokens } = value;
  if (isNumber(maxSequences) && isNumber(maxBatchedTokens) && maxSequences > maxBatchedTokens)
    context.addIssue({
      code: "custom",
      path: ["maxSequences"],
      message: `must not exceed maxBatchedTokens (${maxBatchedTokens}), since each running sequence takes a token of every step`,
    });
  if (isNumber(maxPromptTokens) && isNumber(maxModelLen) && maxPromptTokens >= maxModelLen)
    context.addIssue({
      code: "custom",
      path: ["maxPromptTokens"],
      message: `must be below maxModelLen (${maxModelLen}), which counts prompt and completion together`,
    });
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

/** The runtime's configuration with every default filled in. */
export type RuntimeConfig = z.output<typeof runtimeConfigSchema>;
/** The runtime's configuration as a user states it: only what differs from the defaults. */
export type RuntimeConfigInput = z.input<typeof runtimeConfigSchema>;

type Setting = keyof RuntimeConfig & string;

export const runtimeSettings = Object.keys(runtimeConfigSchema.shape) as Setting[];

/** Paths that probes, gateways and scrapers call. */
export const runtimePaths = {
  live: "/health/live",
  ready: "/health/ready",
  metrics: "/metrics",
  diagnosis: "/debug/diagnosis",
} as const;

/** Metrics that autoscalers and alerts read, under vLLM's names. */
export const runtimeMetrics = {
  running: "vllm:num_requests_running",
  waiting: "vllm:num_requests_waiting",
  cacheUsage: "vllm:kv_cache_usage_perc",
  timeToFirstToken: "vllm:time_to_first_token_seconds",
  interTokenLatency: "vllm:inter_token_latency_seconds",
} as const;

/** Environment variables of a platform's container contract that stand in for a setting, in order. */
const platformVariables: Partial<Record<Setting, readonly string[]>> = {
  port: ["AIP_HTTP_PORT", "PORT"],
};

/** `maxModelLen` -> `PLINTH_MAX_MODEL_LEN`, `kvCacheMiB` -> `PLINTH_KV_CACHE_MIB`. */
export function environmentVariable(setting: Setting): string {
  const words = setting.replace(/MiB$/, "Mib").replace(/[A-Z]/g, (letter) => `_${letter}`);
  return `PLINTH_${words.toUpperCase()}`;
}

/** What is wrong with one setting: what it must be, and what was received, absent where nothing was. */
export type SettingFault = Readonly<{ setting: string; rule: string; got?: string }>;

/** A configuration that cannot be used, with every fault. */
export class RuntimeConfigError extends Error {
  /** The faults in words, one sentence each. */
  readonly findings: readonly string[];

  constructor(readonly faults: readonly SettingFault[]) {
    const findings = faults.map(
      ({ setting, rule, got }) => `${setting}: ${rule}${got === undefined ? "" : `, got ${got}`}`,
    );
    super(`runtime configuration: ${findings.join("; ")}`);
    this.name = "RuntimeConfigError";
    this.findings = findings;
  }
}

/**
 * Validates a typed configuration and fills in the defaults.
 * @throws RuntimeConfigError with all findings
 */
export function parseRuntimeConfig(input: unknown): RuntimeConfig {
  return validate(input, (setting) => setting);
}

/**
 * Reads the configuration from environment variables; an empty variable counts as unset.
 * @throws RuntimeConfigError with all findings, unknown `PLINTH_*` variables among them
 */
export function runtimeConfigFromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): RuntimeConfig {
  const input: Record<string, unknown> = {};
  const variables = new Map<string, string>();
  for (const setting of runtimeSettings) {
    const names = [environmentVariable(setting), ...(platformVariables[setting] ?? [])];
    const name = names.find((candidate) => env[candidate]) ?? names[0];
    variables.set(setting, name);
    if (env[name]) input[setting] = fromText(setting, env[name]);
  }
  const known = new Set(runtimeSettings.map(environmentVariable));
  for (const [name, value] of Object.entries(env)) {
    if (value && name.startsWith("PLINTH_") && !known.has(name)) input[name] = value;
  }
  return validate(input, (setting) => variables.get(setting) ?? setting);
}

/**
 * The environment variables that make a container run with this configuration: only what the input states.
 * @throws RuntimeConfigError with all findings
 */
export function runtimeEnvironment(input: RuntimeConfigInput): Record<string, string> {
  parseRuntimeConfig(input);
  const stated = runtimeSettings.filter((setting) => input[setting] !== undefined);
  return Object.fromEntries(stated.map((setting) => [environmentVariable(setting), String(input[setting])]));
}

/** What a setting accepts, as JSON Schema says it: type, bounds, choices, default, description. */
export type SettingSchema = Readonly<{
  type?: string;
  minimum?: number;
  maximum?: number;
  enum?: readonly string[];
  default?: unknown;
  description?: string;
}>;

export function settingSchema(setting: Setting): SettingSchema {
  return z.toJSONSchema(runtimeConfigSchema.shape[setting], { io: "input" }) as SettingSchema;
}

/** What a setting accepts, in words. */
export function requirement(setting: Setting): string {
  const { type, minimum, maximum, enum: choices } = settingSchema(setting);
  if (choices) return `one of ${choices.join(", ")}`;
  if (type === "boolean") return "true or false";
  return type === "integer" ? `a whole number from ${minimum} to ${maximum}` : "text";
}

/** What the text of a variable says in its setting's type; the text itself where it says nothing of that type. */
function fromText(setting: Setting, text: string): string | number | boolean {
  const { type } = settingSchema(setting);
  const trimmed = text.trim();
  if (type === "integer" && /^-?\d+$/.test(trimmed)) return Number(trimmed);
  if (type === "boolean" && /^(true|false)$/.test(trimmed)) return trimmed === "true";
  return text;
}

function validate(input: unknown, label: (setting: string) => string): RuntimeConfig {
  const result = runtimeConfigSchema.safeParse(input);
  if (result.success) return result.data;
  const values = input as Readonly<Record<string, unknown>>;
  throw new RuntimeConfigError(
    result.error.issues.flatMap((issue): SettingFault[] => {
      if (issue.code === "unrecognized_keys")
        return issue.keys.map((key) => ({
          setting: key,
          rule: `unknown setting; known are ${runtimeSettings.map(label).join(", ")}`,
          got: show(values[key]),
        }));
      if (issue.path.length === 0)
        return [{ setting: "the configuration", rule: "must be an object of settings", got: show(input) }];
      const setting = String(issue.path[0]) as Setting;
      const value = values[setting];
      if (value === undefined && issue.code === "invalid_type")
        return [{ setting: label(setting), rule: "is required" }];
      const rule = issue.code === "custom" ? issue.message : `must be ${requirement(setting)}`;
      const got = value === undefined ? `${show(settingSchema(setting).default)} by default` : show(value);
      return [{ setting: label(setting), rule, got }];
    }),
  );
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
