import type { FastifyBaseLogger } from "fastify";
import type { EngineObserver } from "./engine/engine-observer";
import type { EngineLoss } from "./engine/engine-supervisor";

/** Logs why the engine failed: clients are told that it did, and no more. */
export class EngineLog implements EngineObserver {
  constructor(private readonly logger: FastifyBaseLogger) {}

  faulted(cause: string, sequences: number): void {
    this.logger.error({ cause, sequences }, "a step of the engine failed");
  }

  lost({ reason, cause, delayMs }: EngineLoss): void {
    // Without one it is dead, which whoever waits for that logs.
    if (delayMs === undefined) return;
    const { findings } = cause as Error & { findings?: readonly string[] };
    const why = findings ? { findings } : { err: cause };
    this.logger.error({ ...why, reason, delayMs }, "the engine is lost and will be rebuilt");
  }

  rebuilt(): void {
    this.logger.info("the engine is rebuilt and serves again");
  }
}
