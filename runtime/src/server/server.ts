import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  LogController,
} from "fastify";
import type { RuntimeConfig } from "../config";
import type { EngineClient } from "../engine/engine-client";
import { RuntimeError } from "../errors";
import { registerChatCompletions } from "./chat-completions";
import { registerCompletions } from "./completions";
import type { EngineMetrics } from "./metrics";
import { registerModels } from "./models";
import { registerOperations } from "./operations";
import type { ServedModel } from "./served-model";

export type ServerParts = Readonly<{
  config: RuntimeConfig;
  model: ServedModel;
  engine: EngineClient;
  metrics: EngineMetrics;
  logger: FastifyBaseLogger;
  /** The server is shutting down: new work is refused while what runs is finished. */
  isDraining: () => boolean;
}>;

/** Google Cloud's load balancers keep idle connections for 600 s; the backend must keep them longer. */
const KEEP_ALIVE_MS = 620_000;

/** Builds the HTTP server without listening, so that tests can inject requests. */
export function buildServer({
  config,
  model,
  engine,
  metrics,
  logger,
  isDraining,
}: ServerParts): FastifyInstance {
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.maxBodyBytes,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: "idle",
  });
  app.removeContentTypeParser("text/plain");
  app.setErrorHandler<Error>(async (error, request, reply) => {
    const refused = asRuntimeError(error, config);
    const { status, retryAfterSeconds } = refused.kind;
    if (status >= 500) request.log.error({ err: error, url: request.url }, "request failed");
    if (retryAfterSeconds) reply.header("retry-after", retryAfterSeconds);
    return reply.code(status).send(refused.body);
  });
  app.setNotFoundHandler(async (request) => {
    throw new RuntimeError("route_not_found", `there is no ${request.method} ${request.url} here`);
  });
  app.addHook("onRequest", async (request, reply) => {
    if (request.method !== "POST" || !isDraining()) return;
    reply.header("connection", "close");
    throw new RuntimeError(
      "shutting_down",
      "the server is shutting down; try again, another replica will answer",
    );
  });
  app.addHook("onResponse", async (request) => {
    // A connection whose response began before the drain was promised to be kept; the server could not close.
    if (isDraining()) request.raw.socket.end();
  });
  registerCompletions(app, model);
  registerChatCompletions(app, model);
  registerModels(app, model);
  registerOperations(app, engine, metrics.registry, isDraining);
  return app;
}

function asRuntimeError(error: Error, config: RuntimeConfig): RuntimeError {
  if (error instanceof RuntimeError) return error;
  const { code, statusCode = 500 } = error as FastifyError;
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return new RuntimeError("body_too_large", `the body exceeds ${config.maxBodyBytes} bytes: send less`);
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE")
    return new RuntimeError(
      "unsupported_media_type",
      "the body must be JSON: send content-type: application/json",
    );
  if (statusCode < 500) return new RuntimeError("invalid_request", error.message);
  return new RuntimeError("engine_error", "internal error");
}
