import type { FastifyInstance } from "fastify";
import { Counter, Histogram, type Registry } from "prom-client";
import { runtimePaths } from "../config";

// Names, labels and buckets as vLLM has them from prometheus-fastapi-instrumentator.
const LABELS = ["handler", "method"] as const;
const SECONDS = [0.1, 0.5, 1];
/** Probes and scrapes are not counted, there as here. */
const UNCOUNTED: ReadonlySet<string> = new Set(Object.values(runtimePaths));

/** Counts the requests of clients and their durations, with the streaming of the response. */
export function registerHttpMetrics(app: FastifyInstance, registry: Registry): void {
  const requests = new Counter({
    name: "http_requests_total",
    help: "HTTP requests by handler, status class and method; probes and scrapes aside.",
    labelNames: [...LABELS, "status"],
    registers: [registry],
  });
  const durations = new Histogram({
    name: "http_request_duration_seconds",
    help: "Seconds from a request's headers to its response's end.",
    labelNames: LABELS,
    buckets: SECONDS,
    registers: [registry],
  });
  app.addHook("onResponse", async ({ method, routeOptions }, reply) => {
    const handler = routeOptions.url ?? "none";
    if (UNCOUNTED.has(handler)) return;
    requests.inc({ handler, method, status: `${Math.floor(reply.statusCode / 100)}xx` });
    durations.observe({ handler, method }, reply.elapsedTime / 1000);
  });
}
