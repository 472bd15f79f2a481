import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import { runtimePaths } from "../config";
import type { EngineClient } from "../engine/engine-client";
import { RuntimeError } from "../errors";
import type { Diagnosis } from "./diagnosis";

export type OperationsParts = Readonly<{
  engine: EngineClient;
  metrics: Registry;
  diagnose: () => Diagnosis;
  isDraining: () => boolean;
}>;

/** Probes, metrics and diagnosis. Live: the process need not be restarted. Ready: a request would be served. */
export function registerOperations(
  app: FastifyInstance,
  { engine, metrics, diagnose, isDraining }: OperationsParts,
): void {
  app.get(runtimePaths.live, async () => {
    engine.expectAlive();
    return { status: "live" };
  });
  app.get(runtimePaths.ready, async () => {
    if (isDraining()) throw new RuntimeError("shutting_down", "the server is shutting down");
    engine.expectReady();
    return { status: "ready" };
  });
  app.get(runtimePaths.metrics, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.metrics()),
  );
  app.get(runtimePaths.diagnosis, async () => diagnose());
}
