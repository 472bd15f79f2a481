import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { RuntimeError } from "../errors";
import { monotonicSeconds } from "./clock";
import type { EnginePlan } from "./engine-plan";
import { Generation } from "./generation";
import type { EngineMessage, EngineRequest, EngineStats, SequenceRequest, StepReport } from "./protocol";
import type { WorkerData } from "./worker";

export type GenerationRequest = Omit<SequenceRequest, "id" | "forks"> &
  Readonly<{
    /** Seeds of further completions of the same prompt. */
    forkSeeds: readonly number[];
  }>;

/** Is told what happens, for metrics. */
export type EngineObserver = Readonly<{
  stepped(report: StepReport): void;
  /** The generation has its first token. */
  started(generation: Generation): void;
  ended(generation: Generation): void;
}>;

export type EngineClientOptions = Readonly<{
  directory: string;
  plan: EnginePlan;
  /** Sequences that may wait beyond those that run. */
  maxQueuedRequests: number;
  observer?: EngineObserver;
  /** Is told why sequences of a step failed: for the log, since it may name what clients need not know. */
  reportFault?: (cause: string, sequences: number) => void;
}>;

const IDLE: EngineStats = {
  running: 0,
  waiting: 0,
  waitingTokens: 0,
  usedBlocks: 0,
  cachedBlocks: 0,
  unusedSlots: 0,
};

/** The server's side of the engine: starts its thread, hands it sequences and gives back their tokens. */
export class EngineClient {
  /** Resolves with the cause when the engine's thread ends without having been asked to. */
  readonly died: Promise<Error>;
  private reportDeath = (_cause: Error) => {};
  private thread: Worker | undefined;
  private readonly generations = new Map<number, Generation>();
  private state: "new" | "loading" | "ready" | "dead" = "new";
  private latest = IDLE;
  private nextId = 1;
  private stopping = false;

  constructor(private readonly options: EngineClientOptions) {
    this.died = new Promise((resolve) => {
      this.reportDeath = resolve;
    });
  }

  /**
   * Starts the engine's thread and resolves when the model is loaded.
   * @throws what keeps it from loading
   */
  async start(): Promise<void> {
    const thread = startThread({ directory: this.options.directory, plan: this.options.plan });
    this.thread = thread;
    this.state = "loading";
    thread.once("error", (cause) => this.die(cause));
    thread.once("exit", (code) => this.die(new Error(`the engine's thread ended with code ${code}`)));
    await new Promise<void>((resolve, reject) => {
      void this.died.then(reject);
      thread.on("message", (message: EngineMessage) => {
        if (message.type === "ready") {
          this.state = "ready";
          resolve();
        } else if (message.type === "stats") this.latest = message.stats;
        else this.deliver(message.report);
      });
    });
  }

  get isReady(): boolean {
    return this.state === "ready";
  }

  /** The model is being loaded, which nothing can interrupt. */
  get isLoading(): boolean {
    return this.state === "loading";
  }

  get isDead(): boolean {
    return this.state === "dead";
  }

  /** What the engine last said of itself. */
  get stats(): EngineStats {
    return this.latest;
  }

  /** Generations that have not ended. */
  get inFlight(): number {
    return this.generations.size;
  }

  /**
   * @throws RuntimeError not_ready, engine_error, queue_full, or invalid_request where so many could never be held
   */
  expectRoomFor(sequences: number): void {
    if (this.state === "new" || this.state === "loading")
      throw new RuntimeError("not_ready", "the model is still loading; try again shortly");
    if (this.state === "dead") throw stoppedError();
    const capacity = this.options.plan.limits.maxSequences + this.options.maxQueuedRequests;
    if (sequences > capacity)
      throw new RuntimeError(
        "invalid_request",
        `must hold at most ${capacity} prompts, got ${sequences}`,
        "prompt",
      );
    if (this.generations.size + sequences > capacity)
      throw new RuntimeError(
        "queue_full",
        `${this.generations.size} of ${capacity} places are taken and ${sequences} are wanted; try again later`,
      );
  }

  /**
   * Hands sequences to the engine, all or none. Returns for each request its completion and those of its forks.
   * @throws RuntimeError as `expectRoomFor`
   */
  submit(requests: readonly GenerationRequest[]): Generation[] {
    this.expectRoomFor(requests.reduce((sum, { forkSeeds }) => sum + 1 + forkSeeds.length, 0));
    const arrivedAt = monotonicSeconds();
    const sequences = requests.map(
      ({ forkSeeds, ...request }): SequenceRequest => ({
        ...request,
        id: this.nextId++,
        forks: forkSeeds.map((seed) => ({ id: this.nextId++, seed })),
      }),
    );
    this.post({ type: "add", sequences });
    return sequences.flatMap(({ id, forks, promptTokenIds }) =>
      [id, ...forks.map((fork) => fork.id)].map((each) => this.generation(each, arrivedAt, promptTokenIds)),
    );
  }

  private generation(id: number, arrivedAt: number, promptTokenIds: readonly number[]): Generation {
    const generation = new Generation(arrivedAt, promptTokenIds, () => {
      this.post({ type: "abort", ids: [id] });
      this.end(id, generation);
    });
    this.generations.set(id, generation);
    return generation;
  }

  /** Ends every generation that still runs with this error. */
  failAll(cause: Error): void {
    for (const [id, generation] of this.generations) {
      generation.fail(cause);
      if (this.state === "ready") this.post({ type: "abort", ids: [id] });
      this.end(id, generation);
    }
  }

  /**
   * Ends the engine's thread after its present step, or after loading: to terminate it within either would crash the
   * process.
   */
  async stop(): Promise<void> {
    if (!this.thread || this.isDead) return;
    this.stopping = true;
    const exited = once(this.thread, "exit");
    this.post({ type: "stop" });
    await exited;
  }

  private die(cause: Error): void {
    this.state = "dead";
    this.latest = IDLE;
    this.failAll(stoppedError());
    if (!this.stopping) this.reportDeath(cause);
  }

  private deliver(report: StepReport): void {
    this.latest = report.stats;
    this.options.observer?.stepped(report);
    this.reportFaults(report);
    for (const output of report.outputs) {
      const generation = this.generations.get(output.id);
      if (!generation) continue;
      const isFirst = generation.tokenTimes.length === 0;
      generation.deliver(output);
      if (isFirst && generation.tokenTimes.length > 0) this.options.observer?.started(generation);
      if (generation.hasEnded) this.end(output.id, generation);
    }
  }

  private reportFaults({ outputs }: StepReport): void {
    const causes = outputs.flatMap((output) => ("error" in output ? [output.error] : []));
    for (const cause of new Set(causes))
      this.options.reportFault?.(cause, causes.filter((other) => other === cause).length);
  }

  private end(id: number, generation: Generation): void {
    if (this.generations.delete(id)) this.options.observer?.ended(generation);
  }

  private post(request: EngineRequest): void {
    this.thread?.postMessage(request);
  }
}

function stoppedError(): RuntimeError {
  return new RuntimeError("engine_error", "the engine has stopped; the server must be restarted");
}

function startThread(workerData: WorkerData): Worker {
  if (!__filename.endsWith(".ts")) return new Worker(join(__dirname, "worker.js"), { workerData });
  // From source (tests, `npm start`) the thread needs the loader that turns TypeScript into JavaScript.
  const load = `require("tsx/cjs"); require(${JSON.stringify(join(__dirname, "worker.ts"))});`;
  return new Worker(load, { eval: true, workerData, execArgv: [] });
}
