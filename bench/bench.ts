import { rmSync } from "node:fs";
import { join } from "node:path";
import { BuiltRuntime } from "./measure/built-runtime";
import { CompletionClient } from "./measure/completion-client";
import { EngineServer, type ServerSettings } from "./measure/engine-server";
import { PeerProcess } from "./measure/peer-process";
import type { Wave } from "./measure/timed-sequence";
import { RESERVED_TOKENS } from "./model/gguf-writer";
import { ModelFiles, type ModelKind } from "./model/model-files";
import { type Random, random, randomPrompt } from "./model/random";
import { BENCH_SHAPE, type LlamaShape, TRIAL_SHAPE } from "./model/random-llama";
import type { PeerOptions } from "./peer/protocol";
import type { Section } from "./report";

export type Scenario = Readonly<{
  name: string;
  run(bench: Bench): Promise<Section>;
}>;

/** Precisions of the engine's weights that can be measured. */
export type Weights = "int8" | "w8a8" | "int4" | "fp16" | "fp32";

/** A server and the client that puts it to work. */
export type Served = Readonly<{ server: EngineServer; client: CompletionClient }>;

/** What scenarios have in common: models, servers, prompts that nobody has seen before. */
export class Bench {
  readonly models: ModelFiles;
  /** Of the models. */
  readonly shape: LlamaShape;
  private readonly folder: string;
  private readonly runtime = new BuiltRuntime();
  private readonly converted = new Set<string>();
  private readonly processes: Readonly<{ stop(): Promise<void> }>[] = [];

  constructor(
    private readonly options: Readonly<{
      cacheFolder: string;
      weights: readonly Weights[];
      /** A small model and few repetitions, to try the benchmarks themselves. */
      isTrial: boolean;
      seed: number;
      /** Is told what is being measured. */
      log: (line: string) => void;
    }>,
  ) {
    this.shape = options.isTrial ? TRIAL_SHAPE : BENCH_SHAPE;
    this.folder = join(options.cacheFolder, `${this.shape.hiddenSize}-wide`);
    this.models = new ModelFiles(this.folder, this.shape);
    this.next = random(options.seed);
  }

  /** The seed's numbers, one after the other: for prompts and arrivals. */
  readonly next: Random;

  get weights(): readonly Weights[] {
    return this.options.weights;
  }

  /** One of two numbers: the second where this is but a trial. */
  pick(measurement: number, trial: number): number {
    return this.options.isTrial ? trial : measurement;
  }

  log(line: string): void {
    this.options.log(line);
  }

  /** The directory that the engine serves: the checkpoint itself or an artifact, converted once per run. */
  model(weights: Weights, kind: ModelKind = "random"): string {
    const checkpoint = this.models.checkpoint(kind);
    if (weights === "fp32") return checkpoint;
    const artifact = join(this.folder, `${kind}-${weights}`);
    if (this.converted.has(artifact)) return artifact;
    // The converter is one of the things that a commit changes.
    rmSync(artifact, { recursive: true, force: true });
    this.runtime.convert(checkpoint, artifact, weights);
    this.converted.add(artifact);
    return artifact;
  }

  /** Serves a model until `stopProcesses`. */
  async serve(model: string, settings: ServerSettings = {}): Promise<Served> {
    const server = await EngineServer.start(this.runtime, model, settings);
    const client = new CompletionClient(server.address);
    this.processes.push({
      stop: () => {
        client.close();
        return server.stop();
      },
    });
    return { server, client };
  }

  /** Starts the peer, which runs until `stopProcesses`. */
  async startPeer(options: PeerOptions): Promise<PeerProcess> {
    const peer = await PeerProcess.start(options);
    this.processes.push(peer);
    return peer;
  }

  async stopProcesses(): Promise<void> {
    for (const started of this.processes.splice(0)) await started.stop();
  }

  prompt(tokens: number): number[] {
    return randomPrompt(this.next, tokens, this.shape.vocabSize, RESERVED_TOKENS);
  }

  wave(sequences: number, promptTokens: number, outputTokens: number): Wave {
    return { prompts: Array.from({ length: sequences }, () => this.prompt(promptTokens)), outputTokens };
  }
}
