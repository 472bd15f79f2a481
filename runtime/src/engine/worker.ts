import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { BlockPool } from "../kv/block-pool";
import { openCheckpoint } from "../model/checkpoint";
import { ModelRunner } from "../model/model-runner";
import { Engine } from "./engine";
import type { EnginePlan } from "./engine-plan";
import type { EngineMessage, EngineRequest } from "./protocol";
import { Scheduler } from "./scheduler";

/**
 * The engine's thread. A run of a session blocks its thread for as long as it takes, so nothing else lives here: HTTP,
 * tokenising and detokenising stay with the server.
 */
export type WorkerData = Readonly<{ directory: string; plan: EnginePlan }>;

async function serve(port: MessagePort, { directory, plan }: WorkerData): Promise<void> {
  const post = (message: EngineMessage) => port.postMessage(message);
  const runner = await ModelRunner.create(openCheckpoint(directory), { ...plan, blocks: plan.blocks + 1 });
  const pool = new BlockPool(plan.blocks);
  const engine = new Engine(runner, new Scheduler(pool, plan.limits), pool, plan.blockSize);
  const inbox = new Inbox(port);
  post({ type: "ready" });
  for (;;) {
    for (const request of inbox.drain()) {
      if (request.type === "stop") {
        await runner.release();
        port.close();
        return;
      }
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
