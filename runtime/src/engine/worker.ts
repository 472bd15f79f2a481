import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { servedDirectory } from "../artifacts/served-weights";
import { openCheckpoint } from "../model/checkpoint";
import { ModelRunner } from "../model/model-runner";
import { Engine } from "./engine";
import type { EnginePlan } from "./engine-plan";
import { memoryBytesPerSecond } from "./memory-bandwidth";
import type { EngineMessage, EngineRequest } from "./protocol";

/**
 * The engine's thread. A run of a session blocks its thread for as long as it takes, so nothing else lives here: HTTP,
 * tokenising and detokenising stay with the server.
 */
export type WorkerData = Readonly<{ directory: string; plan: EnginePlan }>;

async function serve(port: MessagePort, { directory, plan }: WorkerData): Promise<void> {
  // Before the model is there, so that the two are not in memory together.
  const bandwidth = memoryBytesPerSecond();
  const served = await servedDirectory(directory, plan.weights);
  const runner = await ModelRunner.create(openCheckpoint(served), { ...plan, blocks: plan.blocks + 1 });
  try {
    await work(port, new Engine(runner, plan), { type: "ready", memoryBytesPerSecond: bandwidth });
  } finally {
    // Another thread may take this one's place, and what the session holds lies outside of what ends with a thread.
    await runner.release();
  }
  port.close();
}

/** Step after step until told to stop. */
async function work(port: MessagePort, engine: Engine, ready: EngineMessage): Promise<void> {
  const post = (message: EngineMessage) => port.postMessage(message);
  const inbox = new Inbox(port);
  post(ready);
  for (;;) {
    for (const request of inbox.drain()) {
      if (request.type === "stop") return;
      apply(engine, request);
    }
    if (engine.isIdle) {
      post({ type: "stats", stats: engine.stats() });
      await inbox.arrival();
    } else post({ type: "step", report: await engine.step() });
  }
}

function apply(engine: Engine, request: Exclude<EngineRequest, { type: "stop" }>): void {
  if (request.type === "add") for (const sequence of request.sequences) engine.add(sequence);
  else for (const id of request.ids) engine.abort(id);
}

/** Requests that arrived. Between two steps no event is delivered, so the port is also asked directly. */
class Inbox {
  private readonly requests: EngineRequest[] = [];
  private wake = () => {};

  constructor(private readonly port: MessagePort) {
    port.on("message", (request: EngineRequest) => {
      this.requests.push(request);
      this.wake();
    });
  }

  drain(): EngineRequest[] {
    for (let next = receiveMessageOnPort(this.port); next; next = receiveMessageOnPort(this.port))
      this.requests.push(next.message);
    return this.requests.splice(0);
  }

  arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}

if (parentPort) void serve(parentPort, workerData);
