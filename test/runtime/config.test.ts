import fc from "fast-check";
import {
  environmentVariable,
  parseRuntimeConfig,
  RuntimeConfigError,
  type RuntimeConfigInput,
  runtimeConfigFromEnvironment,
  runtimeEnvironment,
  runtimeSettings,
} from "../../runtime/src/config";
import { findingsOf } from "../support/findings";

const read = (env: Record<string, string | undefined>) =>
  runtimeConfigFromEnvironment({ PLINTH_MODEL: "/model", ...env });
const refusals = (env: Record<string, string | undefined>) => findingsOf(() => read(env));

describe("the runtime's configuration from the environment", () => {
  test("has a default for everything but the model", () => {
    expect(runtimeConfigFromEnvironment({ PLINTH_MODEL: "/models/bard" })).toEqual({
      model: "/models/bard",
      weights: "stored",
      host: "0.0.0.0",
      port: 8080,
      maxSequences: 64,
      maxBatchedTokens: 512,
      prefillChunkTokens: 256,
      maxDecodeSlowdown: 2,
      schedulingPolicy: "fcfs",
      speculativeTokens: 8,
      blockSize: 16,
      prefixCaching: true,
      kvCacheMiB: 512,
      kvCachePrecision: "float32",
      maxQueuedRequests: 256,
      maxBodyBytes: 4_194_304,
      gracePeriodSeconds: 25,
      logLevel: "info",
    });
  });

  test("takes each setting from its own variable", () => {
    expect(runtimeSettings.map(environmentVariable)).toEqual([
      "PLINTH_MODEL",
      "PLINTH_SERVED_MODEL_NAME",
      "PLINTH_WEIGHTS",
      "PLINTH_WEIGHTS_CACHE_DIRECTORY",
      "PLINTH_HOST",
      "PLINTH_PORT",
      "PLINTH_MAX_MODEL_LEN",
      "PLINTH_MAX_PROMPT_TOKENS",
      "PLINTH_MAX_SEQUENCES",
      "PLINTH_MAX_BATCHED_TOKENS",
      "PLINTH_PREFILL_CHUNK_TOKENS",
      "PLINTH_MAX_DECODE_SLOWDOWN",
      "PLINTH_SCHEDULING_POLICY",
      "PLINTH_SPECULATIVE_TOKENS",
      "PLINTH_BLOCK_SIZE",
      "PLINTH_PREFIX_CACHING",
      "PLINTH_KV_CACHE_MIB",
      "PLINTH_KV_CACHE_PRECISION",
      "PLINTH_MAX_QUEUED_REQUESTS",
      "PLINTH_MAX_QUEUED_TOKENS",
      "PLINTH_MAX_BODY_BYTES",
      "PLINTH_THREADS",
      "PLINTH_REQUEST_TIMEOUT_SECONDS",
      "PLINTH_GRACE_PERIOD_SECONDS",
      "PLINTH_STEP_TRACE_FILE",
      "PLINTH_LOG_LEVEL",
    ]);
    expect(read({ PLINTH_KV_CACHE_MIB: "64", PLINTH_LOG_LEVEL: "debug", PLINTH_HOST: "::1" })).toMatchObject({
      kvCacheMiB: 64,
      logLevel: "debug",
      host: "::1",
    });
  });

  test("leaves a model that is called like a number a text", () => {
    expect(runtimeConfigFromEnvironment({ PLINTH_MODEL: "7" }).model).toBe("7");
  });

  test.each([
    ["its own variable", { PLINTH_PORT: "1", AIP_HTTP_PORT: "2", PORT: "3" }, 1],
    ["Vertex AI's", { AIP_HTTP_PORT: "2", PORT: "3" }, 2],
    ["Cloud Run's", { PORT: "3" }, 3],
    ["the first that is not empty", { PLINTH_PORT: "", AIP_HTTP_PORT: "", PORT: "3" }, 3],
  ])("takes the port from %s", (_, env, port) => {
    expect(read(env).port).toBe(port);
  });

  test("counts an empty variable as unset", () => {
    expect(read({ PLINTH_PORT: "", PLINTH_SERVED_MODEL_NAME: "", PLINTH_THREADS: "" })).toEqual(read({}));
    expect(findingsOf(() => runtimeConfigFromEnvironment({ PLINTH_MODEL: "" }))).toEqual([
      "PLINTH_MODEL: is required",
    ]);
  });

  test("counts an empty variable as unset also where it is unknown", () => {
    expect(refusals({ PLINTH_PROT: "" })).toEqual([]);
  });

  test("ignores variables that are not Plinth's", () => {
    expect(read({ HOME: "/root", MY_PLINTH_PORT: "1" })).toEqual(read({}));
  });

  test("names the platform's variable where that one is at fault", () => {
    expect(refusals({ PORT: "eighty" })).toEqual([expect.stringMatching(/^PORT: .*got "eighty"$/)]);
    expect(refusals({ AIP_HTTP_PORT: "99999", PORT: "80" })).toEqual([
      expect.stringMatching(/^AIP_HTTP_PORT: .*65535.*got 99999$/),
    ]);
  });

  test("refuses a variable that is unknown and names those that are known", () => {
    expect(refusals({ PLINTH_PROT: "80" })).toEqual([
      expect.stringMatching(
        /^PLINTH_PROT: unknown setting; known are PLINTH_MODEL, .*PLINTH_PORT.*, got "80"$/,
      ),
    ]);
  });

  test.each([
    ["PLINTH_PORT", "-1", "65536", ["0", "65535"]],
    ["PLINTH_MAX_MODEL_LEN", "1", "1048577", ["2", "1048576"]],
    ["PLINTH_MAX_PROMPT_TOKENS", "0", "1048577", ["1", "1048576"]],
    ["PLINTH_MAX_SEQUENCES", "0", "4097", ["1", "512"]],
    ["PLINTH_MAX_BATCHED_TOKENS", "0", "65537", ["64", "65536"]],
    ["PLINTH_PREFILL_CHUNK_TOKENS", "0", "65537", ["1", "65536"]],
    ["PLINTH_MAX_DECODE_SLOWDOWN", "0", "1001", ["1", "1000"]],
    ["PLINTH_SPECULATIVE_TOKENS", "-1", "65", ["0", "64"]],
    ["PLINTH_BLOCK_SIZE", "0", "257", ["1", "256"]],
    ["PLINTH_KV_CACHE_MIB", "0", "4194305", ["1", "4194304"]],
    ["PLINTH_MAX_QUEUED_REQUESTS", "-1", "1000001", ["0", "1000000"]],
    ["PLINTH_MAX_QUEUED_TOKENS", "0", "1000000001", ["1", "1000000000"]],
    ["PLINTH_MAX_BODY_BYTES", "1023", "1073741825", ["1024", "1073741824"]],
    ["PLINTH_THREADS", "0", "1025", ["1", "1024"]],
    ["PLINTH_GRACE_PERIOD_SECONDS", "-1", "3601", ["0", "3600"]],
  ])("keeps %s within its bounds", (variable, below, above, allowed) => {
    for (const value of [below, above])
      expect(refusals({ [variable]: value })).toContainEqual(
        expect.stringMatching(new RegExp(`^${variable}: .*got ${value}$`)),
      );
    for (const value of allowed) expect(refusals({ [variable]: value })).toEqual([]);
  });

  test.each(["1.5", "1e3", "0x10", "+5", "8 080", "NaN"])("takes no %s for an integer", (value) => {
    expect(refusals({ PLINTH_BLOCK_SIZE: value })).toEqual([
      expect.stringMatching(/^PLINTH_BLOCK_SIZE: .*got ".*"$/),
    ]);
  });

  test.each([
    ["true", true],
    [" false ", false],
  ])("takes %p for a setting that is on or off", (value, prefixCaching) => {
    expect(read({ PLINTH_PREFIX_CACHING: value }).prefixCaching).toBe(prefixCaching);
  });

  test.each(["1", "no", "TRUE"])("takes no %p for such a setting", (value) => {
    expect(refusals({ PLINTH_PREFIX_CACHING: value })).toEqual([
      `PLINTH_PREFIX_CACHING: must be true or false, got "${value}"`,
    ]);
  });

  test("refuses more sequences than a step has tokens, since each takes one", () => {
    expect(refusals({ PLINTH_MAX_SEQUENCES: "9", PLINTH_MAX_BATCHED_TOKENS: "8" })).toEqual([
      "PLINTH_MAX_SEQUENCES: must not exceed maxBatchedTokens (8), since each running sequence takes a token of every step, got 9",
    ]);
    expect(refusals({ PLINTH_MAX_SEQUENCES: "8", PLINTH_MAX_BATCHED_TOKENS: "8" })).toEqual([]);
  });

  test("shows the default where it is what does not fit", () => {
    expect(refusals({ PLINTH_MAX_BATCHED_TOKENS: "8" })).toEqual([
      expect.stringMatching(
        /^PLINTH_MAX_SEQUENCES: must not exceed maxBatchedTokens \(8\),.*, got 64 by default$/,
      ),
    ]);
  });

  test("refuses a longest prompt that leaves no room for a completion", () => {
    expect(refusals({ PLINTH_MAX_MODEL_LEN: "100", PLINTH_MAX_PROMPT_TOKENS: "100" })).toEqual([
      "PLINTH_MAX_PROMPT_TOKENS: must be below maxModelLen (100), which counts prompt and completion together, got 100",
    ]);
    expect(refusals({ PLINTH_MAX_MODEL_LEN: "100", PLINTH_MAX_PROMPT_TOKENS: "99" })).toEqual([]);
  });

  test("reports every fault at once, whatever its kind", () => {
    const findings = findingsOf(() =>
      runtimeConfigFromEnvironment({
        PLINTH_PORT: "eighty",
        PLINTH_BLOCK_SIZE: "0",
        PLINTH_LOG_LEVEL: "loud",
        PLINTH_PROT: "80",
        PLINTH_MAX_SEQUENCES: "600",
        PLINTH_MAX_MODEL_LEN: "10",
        PLINTH_MAX_PROMPT_TOKENS: "10",
      }),
    );
    expect(findings.map((finding) => finding.split(":")[0]).sort()).toEqual([
      "PLINTH_BLOCK_SIZE",
      "PLINTH_LOG_LEVEL",
      "PLINTH_MAX_PROMPT_TOKENS",
      "PLINTH_MAX_SEQUENCES",
      "PLINTH_MODEL",
      "PLINTH_PORT",
      "PLINTH_PROT",
    ]);
  });

  test("says nothing about a pair of settings of which one is unreadable", () => {
    expect(refusals({ PLINTH_MAX_SEQUENCES: "600", PLINTH_MAX_BATCHED_TOKENS: "many" })).toEqual([
      expect.stringMatching(/^PLINTH_MAX_BATCHED_TOKENS: /),
    ]);
  });
});

describe("a typed configuration", () => {
  test("is refused under its settings' own names", () => {
    const refuse = () => parseRuntimeConfig({ model: "/model", port: 65_536, prot: 80 });
    expect(refuse).toThrow(RuntimeConfigError);
    expect(
      findingsOf(refuse)
        .map((finding) => finding.split(":")[0])
        .sort(),
    ).toEqual(["port", "prot"]);
  });

  test.each([[undefined], [null], ["a string"], [[]]])("cannot be %p", (input) => {
    expect(() => parseRuntimeConfig(input)).toThrow(RuntimeConfigError);
  });

  test("becomes only the variables that it states", () => {
    expect(runtimeEnvironment({ model: "/model", kvCacheMiB: 64, threads: undefined })).toEqual({
      PLINTH_MODEL: "/model",
      PLINTH_KV_CACHE_MIB: "64",
    });
  });

  test("becomes no variables where it is invalid", () => {
    expect(() => runtimeEnvironment({ model: "/model", port: -1 })).toThrow(RuntimeConfigError);
  });

  test("reaches the runtime through a container's environment unchanged", () => {
    fc.assert(
      fc.property(validInput, (input) => {
        expect(runtimeConfigFromEnvironment(runtimeEnvironment(input))).toEqual(parseRuntimeConfig(input));
      }),
    );
  });
});

const integer = (min: number, max: number) => fc.option(fc.integer({ min, max }), { nil: undefined });
const text = fc.string({ minLength: 1, unit: "grapheme" });

const validInput: fc.Arbitrary<RuntimeConfigInput> = fc
  .record({
    model: text,
    servedModelName: fc.option(text, { nil: undefined }),
    host: fc.option(text, { nil: undefined }),
    port: integer(0, 65_535),
    maxModelLen: integer(2, 1_048_576),
    maxPromptTokens: integer(1, 1_048_576),
    maxSequences: integer(1, 4096),
    maxBatchedTokens: integer(1, 65_536),
    prefillChunkTokens: integer(1, 65_536),
    maxDecodeSlowdown: integer(1, 1_000),
    schedulingPolicy: fc.constantFrom("fcfs", "priority", undefined),
    speculativeTokens: integer(0, 64),
    blockSize: integer(1, 256),
    prefixCaching: fc.option(fc.boolean(), { nil: undefined }),
    kvCacheMiB: integer(1, 4_194_304),
    kvCachePrecision: fc.constantFrom("float32", "float16", undefined),
    maxQueuedRequests: integer(0, 1_000_000),
    maxQueuedTokens: integer(1, 1_000_000_000),
    maxBodyBytes: integer(1_024, 1_073_741_824),
    threads: integer(1, 1_024),
    gracePeriodSeconds: integer(0, 3_600),
    logLevel: fc.constantFrom("fatal", "error", "warn", "info", "debug", "trace", "silent", undefined),
  })
  .filter(
    ({ maxSequences = 64, maxBatchedTokens = 512, maxModelLen, maxPromptTokens }) =>
      maxSequences <= maxBatchedTokens &&
      (maxModelLen === undefined || maxPromptTokens === undefined || maxPromptTokens < maxModelLen),
  );
