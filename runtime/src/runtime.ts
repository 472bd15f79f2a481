import { once } from "node:events";
import { availableParallelism } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { FastifyBaseLogger } from "fastify";
import type { Registry } from "prom-client";
import { environmentVariable, type RuntimeConfig, RuntimeConfigError } from "./config";
import { EngineClient, type EngineThreads } from "./engine/engine-client";
import type { EngineObserver } from "./engine/engine-observer";
import { type EnginePlan, planEngine } from "./engine/engine-plan";
import { StepTrace } from "./engine/step-trace";
import { StepWindow } from "./engine/step-window";
import { EngineLog } from "./engine-log";
import { RuntimeError } from "./errors";
import { type Checkpoint, openCheckpoint } from "./model/checkpoint";
import { CheckpointFindings } from "./model/checkpoint-error";
import { type StepWeights, stepWeights } from "./model/step-weights";
import { type Diagnosis, diagnose } from "./server/diagnosis";
import { EngineMetrics } from "./server/metrics";
import { ServedModel } from "./server/served-model";
import { buildServer, type Server } from "./server/server";
import { TextCodec } from "./text/text-codec";

const DRAIN_POLL_MS = 20;
/** Time for clients to take what was written to them before their connections are cut. */
const FLUSH_MS = 1000;

/** A model behind a server: everything that one process runs. */
export class Runtime {
  readonly engine: EngineClient;
  readonly plan: EnginePlan;
  readonly checkpoint: Checkpoint;
  /** What is served of its weights. */
  readonly weights: StepWeights;
  /** The model's name in the API. */
  readonly servedName: string;
  /** The checkpoint has a tokenizer; without one it is served in token ids alone. */
  readonly speaksText: boolean;
  readonly metrics: Registry;
  private readonly server: Server;
  private readonly observers: EngineObserver[] = [];
  private readonly steps = new StepWindow();
  private trace: StepTrace | undefined;
  private draining = false;

  /**
   * Verifies the checkpoint and builds the server; nothing runs yet.
   * @param threads what the engine's thread is made with, where it is not the usual
   * @throws CheckpointError with every finding
   */
  constructor(
    private readonly config: RuntimeConfig,
    private readonly logger: FastifyBaseLogger,
    threads?: EngineThreads,
  ) {
    this.checkpoint = openCheckpoint(config.model);
    const found = new CheckpointFindings();
    const plan = found.attempt(() => planEngine(this.checkpoint, config));
    const codec = found.attempt(() => TextCodec.open(this.checkpoint.directory));
    found.throwIfAny();
    this.plan = plan as EnginePlan;
    const { precision } = this.plan.weights;
    this.weights = stepWeights(this.checkpoint, precision === "stored" ? undefined : precision);
    for (const warning of this.checkpoint.warnings) logger.warn(warning);
    this.speaksText = codec !== undefined;
    this.servedName = config.servedModelName ?? this.checkpoint.name;
    const metrics = new EngineMetrics(this.servedName, this.plan, () => this.engine.stats);
    this.metrics = metrics.registry;
    this.observers.push(metrics, this.steps, new EngineLog(logger));
    this.engine = new EngineClient(
      {
        directory: this.checkpoint.directory,
        plan: this.plan,
        maxQueuedRequests: config.maxQueuedRequests,
        observers: this.observers,
      },
      threads,
    );
    const model = new ServedModel(
      this.servedName,
      this.plan,
      this.checkpoint,
      codec,
      this.engine,
      config.requestTimeoutSeconds,
    );
    const { engine } = this;
    this.server = buildServer({
      config,
      model,
      engine,
      metrics,
      diagnose: () => this.diagnose(),
      logger,
      isDraining: () => this.draining,
    });
  }

  get isDraining(): boolean {
    return this.draining;
  }

  /**
   * Listens first, so that a platform's probes are answered while the model loads, and resolves with the address when
   * it is loaded.
   * @throws what listening or loading throws; nothing keeps running then
   */
  async start(): Promise<string> {
    try {
      await this.openTrace();
      const address = await this.server.app.listen({ host: this.config.host, port: this.config.port });
      await this.engine.start();
      return address;
    } catch (cause) {
      await this.drain(AbortSignal.abort());
      throw cause;
    }
  }

  /**
   * Refuses new work, lets what runs finish and clients take their responses within the grace period, ends the rest
   * with an error and closes.
   *
   * @param hurry ends the grace period early
   * @returns false where the engine still loads its model when the grace period ends: that cannot be interrupted
   */
  async drain(hurry: AbortSignal): Promise<boolean> {
    this.draining = true;
    const { app, openResponses } = this.server;
    openResponses.closeWhenDone();
    const deadline = AbortSignal.any([hurry, AbortSignal.timeout(this.config.gracePeriodSeconds * 1000)]);
    const isBusy = () => this.engine.inFlight + openResponses.count > 0;
    while (isBusy() && !deadline.aborted) await delay(DRAIN_POLL_MS);
    if (isBusy()) {
      this.logger.warn({ unfinished: openResponses.count }, "the grace period is over");
      this.engine.failAll(
        new RuntimeError("shutting_down", "the server shut down before the completion was finished"),
      );
    }
    const cut = setTimeout(() => app.server.closeAllConnections(), FLUSH_MS);
    await app.close();
    clearTimeout(cut);
    const stopped = this.stopEngine().then(() => true);
    if (!this.engine.isLoading) return stopped;
    const late = (deadline.aborted ? Promise.resolve() : once(deadline, "abort")).then(() => false);
    return Promise.race([stopped, late]);
  }

  /** What bounds the engine now. */
  private diagnose(): Diagnosis {
    const { config, plan, steps } = this;
    const recent = steps.recent();
    return diagnose(recent, steps.spanOf(recent), {
      settings: {
        ...config,
        maxModelLen: plan.maxModelLen,
        maxPromptTokens: plan.maxPromptTokens,
        threads: plan.threads,
      },
      plan,
      weights: this.weights,
      copiedBytesPerSecond: this.engine.memoryBytesPerSecond ?? 0,
      bestTokensPerSecond: steps.bestTokensPerSecond,
      processors: availableParallelism(),
    });
  }

  private async openTrace(): Promise<void> {
    const { stepTraceFile } = this.config;
    if (stepTraceFile === undefined) return;
    const reportFailure = (cause: Error) =>
      this.logger.error({ err: cause, stepTraceFile }, "the step trace ends here");
    try {
      this.trace = await StepTrace.open(stepTraceFile, this.plan, reportFailure);
    } catch (cause) {
      const rule = `must be a file that can be appended to (${(cause as Error).message})`;
      const setting = environmentVariable("stepTraceFile");
      throw new RuntimeConfigError([{ setting, rule, got: JSON.stringify(stepTraceFile) }]);
    }
    this.observers.push(this.trace);
  }

  private async stopEngine(): Promise<void> {
    await this.engine.stop();
    await this.trace?.close();
  }
}
