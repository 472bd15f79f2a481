import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import { runtimePaths } from "../config";
import type { EngineClient } from "../engine/engine-client";
import { RuntimeError } from "../errors";

/** Probes and metrics. Live: the process need not be restarted. Ready: a request would be served. */
export function registerOperations(
  app: FastifyInstance,
  engine: EngineClient,
  metrics: Registry,
  isDraining: () => boolean,
): void {
  app.get(runtimePaths.live, async () => {
    if (engine.isDead)
      throw new RuntimeError("engine_error", "the engine has stopped; the server must be restarted");
    return { status: "live" };
  });
  app.get(runtimePaths.ready, async () => {
    if (isDraining()) throw new RuntimeError("shutting_down", "the server is shutting down");
    if (!engine.isReady) throw new RuntimeError("not_ready", "the model is not loaded");
    return { status: "ready" };
  });
  app.get(runtimePaths.metrics, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.metrics()),
  );
}
