import { randomInt } from "node:crypto";
import type { EngineClient, GenerationRequest } from "../engine/engine-client";
import type { EnginePlan } from "../engine/engine-plan";
import type { Generation } from "../engine/generation";
import { RuntimeError } from "../errors";
import type { Checkpoint } from "../model/checkpoint";
import type { SamplingParams } from "../sampling/sampling-params";
import type { ChatMessage, TextCodec } from "../text/text-codec";
import { type TextDelta, textStream } from "../text/text-stream";
import type { SharedFields } from "./request-fields";

/** One choice of a response: its prompt, and its completion as it comes. */
export type Choice = Readonly<{
  promptTokenIds: readonly number[];
  deltas: AsyncIterable<TextDelta>;
  abort(): void;
}>;

/** The model behind the routes: checks what only the model can check, and turns requests into choices. */
export class ServedModel {
  constructor(
    readonly name: string,
    readonly plan: EnginePlan,
    private readonly checkpoint: Checkpoint,
    private readonly codec: TextCodec | undefined,
    private readonly engine: EngineClient,
  ) {}

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
   * Is asked before prompts are tokenised, which costs more than anything else that a refused request would.
   * @throws RuntimeError as `EngineClient.expectRoomFor`
   */
  expectRoomFor(prompts: number): void {
    this.engine.expectRoomFor(prompts);
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
   * Submits one choice per prompt, all or none.
   * @param param the field that holds the prompts
   * @param defaultMaxTokens tokens to generate where the request states no number
   */
  generate(
    prompts: readonly (readonly number[])[],
    param: string,
    fields: SharedFields,
    defaultMaxTokens: number,
  ): Choice[] {
    const stops = [fields.stop ?? []].flat();
    if (stops.length > 0) this.text("stop");
    const requests = prompts.map((promptTokenIds): GenerationRequest => {
      this.expectFit(promptTokenIds, param);
      const maxTokens = this.maxTokens(promptTokenIds.length, fields.max_tokens, defaultMaxTokens);
      return { promptTokenIds, params: { ...this.sampling(fields), maxTokens }, priority: 0, forkSeeds: [] };
    });
    return this.engine.submit(requests).map((generation: Generation) => ({
      promptTokenIds: generation.promptTokenIds,
      deltas: textStream(
        generation,
        this.codec && ((tokenIds) => (this.codec as TextCodec).decode(tokenIds)),
        stops,
      ),
      abort: () => generation.abort(),
    }));
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

  private sampling(fields: SharedFields): Omit<SamplingParams, "maxTokens"> {
    const defaults = this.checkpoint.samplingDefaults;
    const eos = fields.ignore_eos ? [] : this.checkpoint.eosTokenIds;
    return {
      temperature: fields.temperature ?? defaults.temperature ?? 1,
      topP: fields.top_p ?? defaults.topP ?? 1,
      topK: Math.max(0, fields.top_k ?? defaults.topK ?? 0),
      minP: 0,
      repetitionPenalty: 1,
      frequencyPenalty: 0,
      presencePenalty: 0,
      logitBias: [],
      minTokens: 0,
      seed: fields.seed ?? randomInt(2 ** 32),
      stopTokenIds: [...eos, ...(fields.stop_token_ids ?? [])],
    };
  }
}
