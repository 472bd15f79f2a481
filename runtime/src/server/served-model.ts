import { randomInt } from "node:crypto";
import { abridged } from "../abridged";
import type { EngineClient, GenerationRequest } from "../engine/engine-client";
import type { EnginePlan } from "../engine/engine-plan";
import type { Generation } from "../engine/generation";
import { RuntimeError } from "../errors";
import type { Checkpoint } from "../model/checkpoint";
import type { SamplingParams } from "../sampling/sampling-params";
import type { ChatMessage, TextCodec } from "../text/text-codec";
import { type TextDelta, type TextEnd, textStream } from "../text/text-stream";
import type { TokenText } from "../text/token-texts";
import type { SharedFields } from "./request-fields";

/** Prompts at fault that an error names. */
const SHOWN_FAULTS_MAX = 16;

/** One choice of a response: its prompt, and its completion as it comes. */
export type Choice = Readonly<{
  promptTokenIds: readonly number[];
  /** Choices of one prompt follow each other; usage counts the prompt with the first. */
  isFirstOfPrompt: boolean;
  /** Tokens of the prompt that were found in the prefix cache; known with the first delta. */
  cachedTokens(): number;
  deltas: AsyncIterable<TextDelta>;
  abort(): void;
}>;

/** What a route asks the model for. */
export type Asked = Readonly<{
  /** Tokens of each prompt. */
  prompts: readonly (readonly number[])[];
  /** The field that holds the prompts. */
  param: string;
  fields: SharedFields;
  /** Most likely tokens to report with each token; undefined reports nothing. */
  logprobs: number | undefined;
  /** Tokens to generate where the request states no number. */
  defaultMaxTokens: number;
  /** The prompts as they were sent, where their text goes before each completion. */
  echoed?: readonly (string | readonly number[])[];
  /** Seconds on the process's monotonic clock. */
  arrivedAt: number;
}>;

/** The model behind the routes: checks what only the model can check, and turns requests into choices. */
export class ServedModel {
  constructor(
    readonly name: string,
    readonly plan: EnginePlan,
    private readonly checkpoint: Checkpoint,
    private readonly codec: TextCodec | undefined,
    private readonly engine: EngineClient,
    /** Time that a request gets which states none; undefined is without end. */
    private readonly requestTimeoutSeconds?: number,
  ) {}

  /** A token's text and bytes; undefined where the checkpoint has no tokenizer. */
  readonly tokenText = (tokenId: number): TokenText | undefined => this.codec?.tokenTexts.of(tokenId);

  /** @throws RuntimeError model_not_found */
  expectName(name: string | null | undefined): void {
    if (name && name !== this.name)
      throw new RuntimeError(
        "model_not_found",
        `the model ${JSON.stringify(name)} is not served here; use ${JSON.stringify(this.name)}`,
        "model",
      );
  }

  /**
   * Looks at the fields that only the model can judge.
   * @throws RuntimeError invalid_request that names every field at fault
   */
  expectServable({ n, logit_bias, stop_token_ids }: SharedFields): void {
    const { maxSequences } = this.plan.limits;
    const { vocabSize } = this.checkpoint.config;
    const findings: { param: string; text: string }[] = [];
    if (n && n > maxSequences)
      findings.push({
        param: "n",
        text: `must not exceed the ${maxSequences} sequences that run at the same time, got ${n}`,
      });
    const expectTokens = (param: string, tokenIds: readonly number[]) => {
      const outside = tokenIds.filter((tokenId) => tokenId >= vocabSize);
      if (outside.length > 0)
        findings.push({
          param,
          text: `token ids must lie in 0 to ${vocabSize - 1}, got ${abridged(outside)}`,
        });
    };
    expectTokens("logit_bias", Object.keys(logit_bias ?? {}).map(Number));
    expectTokens("stop_token_ids", stop_token_ids ?? []);
    if (findings.length === 0) return;
    const message = findings.map(({ param, text }) => `${param}: ${text}`).join("; ");
    throw new RuntimeError("invalid_request", message, findings[0].param);
  }

  /**
   * Is asked before prompts are tokenised, which costs more than anything else that a refused request would.
   * @throws RuntimeError as `EngineClient.expectRoomFor`
   */
  expectRoomFor(sequences: number): void {
    this.engine.expectRoomFor(sequences);
  }

  /** The token ids of a prompt given as text or as ids. */
  tokenize(prompt: string | readonly number[]): readonly number[] {
    if (typeof prompt !== "string") return prompt;
    const codec = this.text("prompt");
    this.refuseHopeless(prompt.length, codec, "prompt");
    return codec.encode(prompt);
  }

  tokenizeChat(messages: readonly ChatMessage[]): readonly number[] {
    const codec = this.text("messages");
    if (!codec.canChat)
      throw new RuntimeError(
        "invalid_request",
        "this checkpoint has no chat template; use /v1/completions",
        "messages",
      );
    if (messages.length > this.plan.maxPromptTokens)
      throw new RuntimeError(
        "context_length_exceeded",
        `the conversation has ${messages.length} messages and thus more than the ${this.plan.maxPromptTokens} tokens that are served: shorten it`,
        "messages",
      );
    const characters = messages.reduce((sum, { content }) => sum + content.length, 0);
    this.refuseHopeless(characters, codec, "messages");
    try {
      return codec.encodeChat(messages);
    } catch (cause) {
      throw new RuntimeError(
        "invalid_request",
        `messages: the chat template refuses them: ${(cause as Error).message}`,
        "messages",
      );
    }
  }

  /**
   * Submits `n` choices per prompt, all or none, and returns those of the first prompt first.
   * @throws RuntimeError where a prompt or what is asked of it does not fit the model, or as `EngineClient.submit`
   */
  generate({ prompts, param, fields, logprobs, defaultMaxTokens, echoed, arrivedAt }: Asked): Choice[] {
    const n = fields.n ?? 1;
    const stops = [fields.stop ?? []].flat();
    if (stops.length > 0) this.text("stop");
    const sampling = { ...this.sampling(fields), logprobs };
    const forkSeeds = Array.from({ length: n - 1 }, (_, index) => choiceSeed(sampling.seed, index + 1));
    const requests = forEachPrompt(prompts, (promptTokenIds): GenerationRequest => {
      this.expectFit(promptTokenIds, param);
      const maxTokens = this.maxTokens(promptTokenIds.length, fields.max_tokens, defaultMaxTokens);
      expectMinTokens(sampling.minTokens, maxTokens);
      return {
        promptTokenIds,
        params: { ...sampling, maxTokens },
        priority: fields.priority ?? 0,
        deadline: this.deadline(arrivedAt, fields.timeout_ms),
        cacheSalt: fields.cache_salt ?? undefined,
        forkSeeds,
      };
    });
    const end: TextEnd = {
      stops,
      includesStop: fields.include_stop_str_in_output ?? false,
      minTokens: sampling.minTokens,
    };
    const skipsSpecialTokens = fields.skip_special_tokens ?? true;
    const echoes = echoed?.map((prompt) => this.textOf(prompt, skipsSpecialTokens));
    return this.engine.submit(requests).map((generation: Generation, index) => {
      const deltas = textStream(
        generation,
        this.codec && ((tokenIds) => (this.codec as TextCodec).decode(tokenIds, skipsSpecialTokens)),
        end,
      );
      const echo = echoes?.[Math.floor(index / n)];
      return {
        promptTokenIds: generation.promptTokenIds,
        isFirstOfPrompt: index % n === 0,
        cachedTokens: () => generation.cachedTokens,
        deltas: echo === undefined ? deltas : afterEcho(echo, deltas),
        abort: () => generation.abort(),
      };
    });
  }

  /** A prompt as text, whichever way it was given. */
  private textOf(prompt: string | readonly number[], skipsSpecialTokens: boolean): string {
    return typeof prompt === "string" ? prompt : this.text("echo").decode([...prompt], skipsSpecialTokens);
  }

  private text(param: string): TextCodec {
    if (this.codec) return this.codec;
    throw new RuntimeError(
      "invalid_request",
      `${param}: this checkpoint has no tokenizer and is served in token ids alone: send the prompt as token ids to /v1/completions with "return_token_ids": true`,
      param,
    );
  }

  /** Refuses a text that cannot fit before it is tokenised, since that would hold up everybody else's. */
  private refuseHopeless(characters: number, codec: TextCodec, param: string): void {
    const { maxPromptTokens } = this.plan;
    if (characters > maxPromptTokens * codec.longestToken)
      throw new RuntimeError(
        "context_length_exceeded",
        `the prompt has ${characters} characters and thus more than the ${maxPromptTokens} tokens that are served: shorten it`,
        param,
      );
  }

  private expectFit(promptTokenIds: readonly number[], param: string): void {
    const { maxPromptTokens } = this.plan;
    const { length } = promptTokenIds;
    if (length === 0)
      throw new RuntimeError("invalid_request", `${param}: must hold at least one token, got none`, param);
    if (length > maxPromptTokens)
      throw new RuntimeError(
        "context_length_exceeded",
        `the prompt has ${length} tokens, at most ${maxPromptTokens} are served: shorten it`,
        param,
      );
    // A tokenizer may know tokens that the model has no embedding for; in a batch they would fail everybody's step.
    const { vocabSize } = this.checkpoint.config;
    const outside = promptTokenIds.find((id) => id < 0 || id >= vocabSize);
    if (outside !== undefined)
      throw new RuntimeError(
        "invalid_request",
        `${param}: token ids must lie in 0 to ${vocabSize - 1}, got ${outside}`,
        param,
      );
  }

  private maxTokens(promptLength: number, asked: number | null | undefined, fallback: number): number {
    const { maxModelLen } = this.plan;
    const room = maxModelLen - promptLength;
    if (asked && asked > room)
      throw new RuntimeError(
        "context_length_exceeded",
        `the prompt has ${promptLength} tokens and max_tokens is ${asked}, but the model's context holds ${maxModelLen}: ask for at most ${room}`,
        "max_tokens",
      );
    return asked ?? Math.min(fallback, room);
  }

  /** Seconds on the process's monotonic clock. */
  private deadline(arrivedAt: number, timeoutMs: number | null | undefined): number | undefined {
    const seconds = timeoutMs ? timeoutMs / 1_000 : this.requestTimeoutSeconds;
    return seconds === undefined ? undefined : arrivedAt + seconds;
  }

  private sampling(fields: SharedFields): Omit<SamplingParams, "maxTokens" | "logprobs"> {
    const defaults = this.checkpoint.samplingDefaults;
    const eos = fields.ignore_eos ? [] : this.checkpoint.eosTokenIds;
    return {
      temperature: fields.temperature ?? defaults.temperature ?? 1,
      topP: fields.top_p ?? defaults.topP ?? 1,
      topK: Math.max(0, fields.top_k ?? defaults.topK ?? 0),
      minP: fields.min_p ?? defaults.minP ?? 0,
      repetitionPenalty: fields.repetition_penalty ?? defaults.repetitionPenalty ?? 1,
      frequencyPenalty: fields.frequency_penalty ?? 0,
      presencePenalty: fields.presence_penalty ?? 0,
      logitBias: Object.entries(fields.logit_bias ?? {}).map(([token, bias]) => [Number(token), bias]),
      minTokens: fields.min_tokens ?? 0,
      seed: fields.seed ?? randomInt(2 ** 32),
      stopTokenIds: [...eos, ...(fields.stop_token_ids ?? [])],
    };
  }
}

/** As in vLLM, choice i of n is what a request with the seed + i would get alone. */
function choiceSeed(seed: number, index: number): number {
  // Beyond 2 ** 53 a sum could be rounded to a neighbour's.
  return (seed % 2 ** 52) + index;
}

/**
 * What is asked for of each prompt, all of which are looked at.
 * @throws RuntimeError that names every prompt at fault by its place, or the one of a single prompt as it is
 */
function forEachPrompt(
  prompts: readonly (readonly number[])[],
  ask: (promptTokenIds: readonly number[]) => GenerationRequest,
): GenerationRequest[] {
  const faults: { place: number; error: RuntimeError }[] = [];
  const requests = prompts.flatMap((promptTokenIds, place) => {
    try {
      return [ask(promptTokenIds)];
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      faults.push({ place, error });
      return [];
    }
  });
  if (faults.length === 0) return requests;
  const [{ error }] = faults;
  if (prompts.length === 1) throw error;
  const shown = faults
    .slice(0, SHOWN_FAULTS_MAX)
    .map(({ place, error }) => `prompt ${place}: ${error.message}`);
  if (faults.length > shown.length) shown.push(`and ${faults.length - shown.length} more`);
  throw new RuntimeError(error.code, shown.join("; "), error.param);
}

function expectMinTokens(minTokens: number, maxTokens: number): void {
  if (minTokens > maxTokens)
    throw new RuntimeError(
      "invalid_request",
      `min_tokens: must not exceed the ${maxTokens} tokens that can be generated at most, got ${minTokens}`,
      "min_tokens",
    );
}

async function* afterEcho(text: string, deltas: AsyncIterable<TextDelta>): AsyncGenerator<TextDelta> {
  yield { text, tokenIds: [] };
  yield* deltas;
}
