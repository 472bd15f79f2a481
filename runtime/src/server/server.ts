import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  LogController,
} from "fastify";
import type { RuntimeConfig } from "../config";
import type { EngineClient } from "../engine/engine-client";
import { internalError, RuntimeError } from "../errors";
import { expectBoundedBody } from "./body-bounds";
import { registerChatCompletions } from "./chat-completions";
import { registerCompletions } from "./completions";
import type { Diagnosis } from "./diagnosis";
import { registerHttpMetrics } from "./http-metrics";
import type { EngineMetrics } from "./metrics";
import { registerModels } from "./models";
import { OpenResponses } from "./open-responses";
import { registerOperations } from "./operations";
import type { ServedModel } from "./served-model";
import { answerUnparsed } from "./unparsed-request";

declare module "fastify" {
  interface FastifyRequest {
    /** Fires when the client leaves before its response is complete. */
    departure: AbortSignal;
  }
}

export type ServerParts = Readonly<{
  config: RuntimeConfig;
  model: ServedModel;
  engine: EngineClient;
  metrics: EngineMetrics;
  /** Names what bounds the engine now. */
  diagnose: () => Diagnosis;
  logger: FastifyBaseLogger;
  /** The server is shutting down: new work is refused while what runs is finished. */
  isDraining: () => boolean;
}>;

/** Google Cloud's load balancers keep idle connections for 600 s; the backend must keep them longer. */
const KEEP_ALIVE_MS = 620_000;
/** Time that a client may take to send a request. */
const REQUEST_MS = 120_000;
/** Values of a body besides its prompts' tokens, and the prompts of full length that are reckoned with. */
const BODY_VALUES_MAX = 16_384;
const FULL_PROMPTS_MAX = 64;

export type Server = Readonly<{ app: FastifyInstance; openResponses: OpenResponses }>;

/** Builds the HTTP server without listening, so that tests can inject requests. */
export function buildServer({
  config,
  model,
  engine,
  metrics,
  diagnose,
  logger,
  isDraining,
}: ServerParts): Server {
  const openResponses = new OpenResponses();
  const valuesMax = BODY_VALUES_MAX + FULL_PROMPTS_MAX * model.plan.maxPromptTokens;
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.maxBodyBytes,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_MS,
    forceCloseConnections: "idle",
    // While the server closes it answers as it does while it drains.
    return503OnClosing: false,
    frameworkErrors: (error, _request, reply) => {
      const refused = new RuntimeError("invalid_request", error.message);
      void (reply as FastifyReply).code(refused.kind.status).send(refused.body);
    },
    clientErrorHandler: answerUnparsed,
  });
  app.removeContentTypeParser("text/plain");
  app.decorateRequest("departure");
  app.addHook("onRequest", async (request, reply) => {
    request.departure = openResponses.track(request.raw, reply.raw);
  });
  app.addHook("preValidation", async (request) => expectBoundedBody(request.body, valuesMax));
  app.setErrorHandler<Error>(async (error, request, reply) => {
    const refused = asRuntimeError(error, config);
    const { status, retryAfterSeconds } = refused.kind;
    // Loading and draining refuse with a 503 as a matter of course, and a client may leave; only the rest is a fault.
    if (status === 500 && !request.departure.aborted)
      request.log.error({ err: error, url: request.url }, "request failed");
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
  registerHttpMetrics(app, metrics.registry);
  registerCompletions(app, model);
  registerChatCompletions(app, model);
  registerModels(app, model);
  registerOperations(app, { engine, metrics: metrics.registry, diagnose, isDraining });
  return { app, openResponses };
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
  return internalError();
}
