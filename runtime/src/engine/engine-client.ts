import type { Worker } from "node:worker_threads";
import { RuntimeError } from "../errors";
import { monotonicSeconds } from "./clock";
import type { EngineObserver } from "./engine-observer";
import type { EnginePlan } from "./engine-plan";
import { type EngineLoss, EngineSupervisor } from "./engine-supervisor";
import { startEngineThread } from "./engine-thread";
import { Generation } from "./generation";
import type { EngineMessage, EngineStats, SequenceOutput, SequenceRequest, StepReport } from "./protocol";
import { RESTART_LIMITS, type RestartLimits } from "./restart-budget";
import { Siblings } from "./siblings";
import type { WorkerData } from "./worker";

export type GenerationRequest = Omit<SequenceRequest, "id" | "forks"> &
  Readonly<{
    /** Seeds of further completions of the same prompt. */
    forkSeeds: readonly number[];
  }>;

export type EngineClientOptions = Readonly<{
  directory: string;
  plan: EnginePlan;
  /** Sequences that may wait beyond those that run. */
  maxQueuedRequests: number;
  observers: readonly EngineObserver[];
}>;

/** What the engine's thread is made with; tests put one in its place that fails when they say so. */
export type EngineThreads = Readonly<{
  start(workerData: WorkerData): Worker;
  restartLimits: RestartLimits;
}>;

/**
 * Steps in a row in which every sequence failed before the session is made anew. A session that threw can be trusted
 * again, since a run changes nothing but what it returns; one that keeps throwing is broken.
 */
const FAILED_STEPS_MAX = 3;

const IDLE: EngineStats = {
  running: 0,
  waiting: 0,
  waitingTokens: 0,
  usedBlocks: 0,
  cachedBlocks: 0,
  unusedSlots: 0,
};

/** The server's side of the engine: hands its thread sequences, gives back their tokens and survives its failures. */
export class EngineClient {
  private readonly supervisor: EngineSupervisor;
  private readonly generations = new Map<number, Generation>();
  private latest = IDLE;
  private nextId = 1;
  /** Prompt tokens of generations that have no token yet. */
  private queuedTokens = 0;
  private failedSteps = 0;
  private bandwidth: number | undefined;

  constructor(
    private readonly options: EngineClientOptions,
    threads: EngineThreads = { start: startEngineThread, restartLimits: RESTART_LIMITS },
  ) {
    const { directory, plan } = options;
    this.supervisor = new EngineSupervisor(() => threads.start({ directory, plan }), threads.restartLimits, {
      receive: (message) => this.receive(message),
      lost: (loss) => this.lose(loss),
    });
  }

  /** Resolves with the cause when the engine's thread has ended for good without having been asked to. */
  get died(): Promise<Error> {
    return this.supervisor.died;
  }

  /**
   * Starts the engine's thread and resolves when the model is loaded.
   * @throws what keeps it from loading
   */
  start(): Promise<void> {
    return this.supervisor.start();
  }

  get isReady(): boolean {
    return this.supervisor.isReady;
  }

  /** The model is being loaded, which nothing can interrupt. */
  get isLoading(): boolean {
    return this.supervisor.isLoading;
  }

  get isDead(): boolean {
    return this.supervisor.isDead;
  }

  /** What the engine last said of itself. */
  get stats(): EngineStats {
    return this.latest;
  }

  /** Generations that have not ended. */
  get inFlight(): number {
    return this.generations.size;
  }

  /** Bytes per second that the engine's thread copied when it started; undefined before that. */
  get memoryBytesPerSecond(): number | undefined {
    return this.bandwidth;
  }

  /** @throws RuntimeError engine_error where the engine has ended for good */
  expectAlive(): void {
    if (this.isDead) throw stoppedError();
  }

  /** @throws RuntimeError not_ready or engine_error where a request would not be served */
  expectReady(): void {
    if (this.isReady) return;
    this.expectAlive();
    throw new RuntimeError(
      "not_ready",
      this.supervisor.isRebuilding
        ? "the engine failed and is being rebuilt; try again shortly"
        : "the model is still loading; try again shortly",
    );
  }

  /**
   * @param promptTokens of all sequences, where they are known
   * @throws RuntimeError as `expectReady`, queue_full, or invalid_request where so many could never be held
   */
  expectRoomFor(sequences: number, promptTokens = 0): void {
    this.expectReady();
    const { plan, maxQueuedRequests } = this.options;
    const { maxQueuedTokens, limits } = plan;
    const { maxSequences } = limits;
    const capacity = maxSequences + maxQueuedRequests;
    if (sequences > capacity)
      throw new RuntimeError(
        "invalid_request",
        `prompt: at most ${capacity} completions, prompts times n, can be asked for at a time, got ${sequences}`,
        "prompt",
      );
    if (this.generations.size + sequences > capacity)
      throw new RuntimeError(
        "queue_full",
        `${this.generations.size} of ${capacity} places (maxSequences ${maxSequences} and maxQueuedRequests ${maxQueuedRequests}) are taken and ${sequences} are wanted; try again later`,
      );
    // What comes while nothing waits does not wait for others, however long it is.
    if (this.queuedTokens > 0 && this.queuedTokens + promptTokens > maxQueuedTokens)
      throw new RuntimeError(
        "queue_full",
        `prompts of ${this.queuedTokens} tokens wait and ${promptTokens} more would exceed maxQueuedTokens ${maxQueuedTokens}; try again later`,
      );
  }

  /**
   * Hands sequences to the engine, all or none. Returns for each request its completion and those of its forks.
   * @throws RuntimeError as `expectRoomFor`
   */
  submit(requests: readonly GenerationRequest[]): Generation[] {
    const choices = ({ forkSeeds }: GenerationRequest) => 1 + forkSeeds.length;
    this.expectRoomFor(
      requests.reduce((sum, request) => sum + choices(request), 0),
      requests.reduce((sum, request) => sum + request.promptTokenIds.length * choices(request), 0),
    );
    const arrivedAt = monotonicSeconds();
    const sequences = requests.map(
      ({ forkSeeds, ...request }): SequenceRequest => ({
        ...request,
        id: this.nextId++,
        forks: forkSeeds.map((seed) => ({ id: this.nextId++, seed })),
      }),
    );
    this.supervisor.post({ type: "add", sequences });
    return sequences.flatMap((sequence) => this.generationsOf(sequence, arrivedAt));
  }

  /** Ends every generation that still runs with this error. */
  failAll(cause: Error): void {
    for (const [id, generation] of this.generations) {
      generation.fail(cause);
      this.supervisor.post({ type: "abort", ids: [id] });
      this.end(id, generation);
    }
  }

  /**
   * Ends the engine's thread after its present step, or after loading: to terminate it within either would crash the
   * process.
   */
  async stop(): Promise<void> {
    await this.supervisor.stop();
    this.latest = IDLE;
    this.failAll(stoppedError());
  }

  private generationsOf({ id, forks, promptTokenIds, params }: SequenceRequest, arrivedAt: number) {
    const siblings = new Siblings(1 + forks.length, params.maxTokens);
    return [id, ...forks.map((fork) => fork.id)].map((each) => {
      const generation = new Generation(
        arrivedAt,
        promptTokenIds,
        () => {
          this.supervisor.post({ type: "abort", ids: [each] });
          this.end(each, generation);
        },
        siblings,
      );
      this.generations.set(each, generation);
      this.queuedTokens += promptTokenIds.length;
      return generation;
    });
  }

  private receive(message: EngineMessage): void {
    if (message.type === "ready") {
      if (this.bandwidth !== undefined) for (const observer of this.options.observers) observer.rebuilt?.();
      this.bandwidth = message.memoryBytesPerSecond;
    } else if (message.type === "stats") this.latest = message.stats;
    else this.deliver(message.report);
  }

  private deliver(report: StepReport): void {
    this.latest = report.stats;
    for (const observer of this.options.observers) observer.stepped?.(report);
    for (const output of report.outputs) this.advance(output);
    this.reportFaults(report);
  }

  private advance(output: SequenceOutput): void {
    const generation = this.generations.get(output.id);
    if (!generation) return;
    const { tokens, lastTokenAt } = generation;
    generation.deliver(output);
    if (generation.tokens > tokens) {
      if (tokens === 0) this.queuedTokens -= generation.promptTokenIds.length;
      const sinceLast =
        lastTokenAt === undefined ? undefined : (generation.lastTokenAt as number) - lastTokenAt;
      for (const observer of this.options.observers) observer.advanced?.(generation, sinceLast);
    }
    if (generation.hasEnded) this.end(output.id, generation);
  }

  private reportFaults({ outputs, sequences }: StepReport): void {
    const causes: string[] = [];
    for (const output of outputs)
      if ("error" in output && output.code === "engine_error") causes.push(output.error);
    if (causes.length === 0) {
      if (sequences > 0) this.failedSteps = 0;
      return;
    }
    for (const cause of new Set(causes))
      for (const observer of this.options.observers)
        observer.faulted?.(cause, causes.filter((other) => other === cause).length);
    this.failedSteps = causes.length < sequences ? 0 : this.failedSteps + 1;
    if (this.failedSteps === FAILED_STEPS_MAX)
      this.supervisor.restart(new Error(`${FAILED_STEPS_MAX} steps in a row failed, the last: ${causes[0]}`));
  }

  private lose(loss: EngineLoss): void {
    this.latest = IDLE;
    this.failedSteps = 0;
    for (const observer of this.options.observers) observer.lost?.(loss);
    this.failAll(loss.delayMs === undefined ? stoppedError() : rebuildError());
  }

  private end(id: number, generation: Generation): void {
    if (!this.generations.delete(id)) return;
    if (generation.tokens === 0) this.queuedTokens -= generation.promptTokenIds.length;
    for (const observer of this.options.observers) observer.ended?.(generation);
  }
}

function stoppedError(): RuntimeError {
  return new RuntimeError("engine_error", "the engine has stopped; the server must be restarted");
}

function rebuildError(): RuntimeError {
  return new RuntimeError(
    "engine_error",
    "the engine failed while this request ran; it is being rebuilt: send it again",
  );
}
