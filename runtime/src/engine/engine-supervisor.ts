import type { Worker } from "node:worker_threads";
import type { EngineMessage, EngineRequest } from "./protocol";
import { RestartBudget, type RestartLimits } from "./restart-budget";

/** Why the engine's thread is started again. */
export type RestartReason = "thread_died" | "steps_failed" | "load_failed";

export type EngineLoss = Readonly<{
  reason: RestartReason;
  cause: Error;
  /** Wait until the thread is started again; undefined where it died too often and stays dead. */
  delayMs?: number;
}>;

export type EngineListener = Readonly<{
  /** A message of the thread that serves now. */
  receive(message: EngineMessage): void;
  /** Everything that the thread knew is gone. */
  lost(loss: EngineLoss): void;
}>;

/** "down" is the time between two threads; "dead" is final. */
type EngineState = "new" | "loading" | "ready" | "down" | "dead";

/**
 * Keeps an engine's thread running: one at a time, since each holds a model and a cache, and the next one starts only
 * when the last one has ended. A thread is never terminated, since that would crash the process within a run of the
 * session or while the model is loaded: it is asked to end, which it does after its present step.
 */
export class EngineSupervisor {
  /** Resolves with the cause when the thread ends for good without having been asked to. */
  readonly died: Promise<Error>;
  private reportDeath = (_cause: Error) => {};
  private reportReady = () => {};
  private abandonStart = (_cause: Error) => {};
  private readonly budget: RestartBudget;
  private state: EngineState = "new";
  private thread: Worker | undefined;
  /** Why the present thread is given up, while it still ends. */
  private loss: EngineLoss | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopping = false;
  private loads = 0;

  constructor(
    private readonly startThread: () => Worker,
    limits: RestartLimits,
    private readonly listener: EngineListener,
  ) {
    this.budget = new RestartBudget(limits);
    this.died = new Promise((resolve) => {
      this.reportDeath = resolve;
    });
  }

  /**
   * Starts the thread and resolves when the model is loaded.
   * @throws what keeps it from loading, a stop among it; only a thread that was ready once is started again
   */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.reportReady = resolve;
      this.abandonStart = reject;
      void this.died.then(reject);
      this.launch();
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

  /** The model was loaded and has to be loaded again. */
  get isRebuilding(): boolean {
    return this.loads > 0 && (this.state === "loading" || this.state === "down");
  }

  /** Hands a message to the thread; one that is no longer there needs none. */
  post(request: EngineRequest): void {
    if (this.state === "ready") this.thread?.postMessage(request);
  }

  /** Gives up a thread whose steps keep failing, and starts another one. */
  restart(cause: Error): void {
    if (this.state !== "ready" || this.stopping) return;
    this.lose("steps_failed", cause);
    this.askToEnd();
  }

  /** Ends the thread after its present step, or after loading, and starts none again. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    const { thread } = this;
    if (thread) {
      const ended = new Promise((resolve) => thread.once("exit", resolve));
      this.askToEnd();
      await ended;
    } else if (this.state === "down") this.state = "dead";
  }

  private launch(): void {
    this.state = "loading";
    this.loss = undefined;
    let thread: Worker;
    try {
      thread = this.startThread();
    } catch (cause) {
      // The system has no memory or no process left for it, perhaps for now.
      this.lose("thread_died", cause as Error);
      this.recover();
      return;
    }
    this.thread = thread;
    thread.on("message", (message: EngineMessage) => {
      if (message.type === "ready") this.becomeReady();
      if (this.state === "ready") this.listener.receive(message);
    });
    thread.once("error", (cause) => this.lose("thread_died", cause));
    thread.once("exit", (code) => {
      this.thread = undefined;
      this.lose("thread_died", new Error(`the engine's thread ended with code ${code}`));
      this.recover();
    });
  }

  private becomeReady(): void {
    this.state = "ready";
    this.loads++;
    this.budget.loaded();
    this.reportReady();
  }

  /** Happens once in a thread's life, and to a thread that was asked to end never. */
  private lose(reason: RestartReason, cause: Error): void {
    if (this.loss || this.stopping) return;
    const failedToLoad = this.state === "loading";
    const delayMs = this.delayAfter(failedToLoad, cause);
    this.loss = { reason: failedToLoad ? "load_failed" : reason, cause, delayMs };
    this.state = delayMs === undefined ? "dead" : "down";
    this.listener.lost(this.loss);
  }

  private delayAfter(failedToLoad: boolean, cause: Error): number | undefined {
    if (this.loads === 0) return undefined;
    return failedToLoad && isAboutFiles(cause) ? this.budget.afterBrokenFiles() : this.budget.afterDeath();
  }

  /** The thread has ended: now there is room for another one. */
  private recover(): void {
    if (this.stopping) {
      this.state = "dead";
      this.abandonStart(new Error("the engine was stopped before its model was loaded"));
    } else if (this.loss?.delayMs !== undefined)
      this.timer = setTimeout(() => this.launch(), this.loss.delayMs);
    else if (this.loss) this.reportDeath(this.loss.cause);
  }

  private askToEnd(): void {
    this.thread?.postMessage({ type: "stop" } satisfies EngineRequest);
  }
}

/** A checkpoint's finding or an error of the file system, as they arrive from the thread: with the class lost. */
function isAboutFiles(cause: Error): boolean {
  return cause.name === "CheckpointError" || "syscall" in cause;
}
