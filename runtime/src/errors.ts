/**
 * Everything a client can be told, in OpenAI's terms. docs/reference/errors.md holds the same table; a test compares.
 */
export const errorTable = {
  invalid_request: { status: 400, type: "invalid_request_error" },
  context_length_exceeded: { status: 400, type: "invalid_request_error" },
  model_not_found: { status: 404, type: "invalid_request_error" },
  route_not_found: { status: 404, type: "invalid_request_error" },
  body_too_large: { status: 413, type: "invalid_request_error" },
  unsupported_media_type: { status: 415, type: "invalid_request_error" },
  queue_full: { status: 429, type: "rate_limit_error", retryAfterSeconds: 1 },
  engine_error: { status: 500, type: "server_error" },
  deadline_exceeded: { status: 504, type: "server_error" },
  not_ready: { status: 503, type: "server_error", retryAfterSeconds: 5 },
  shutting_down: { status: 503, type: "server_error", retryAfterSeconds: 1 },
} as const satisfies Readonly<Record<string, ErrorKind>>;

type ErrorKind = Readonly<{ status: number; type: string; retryAfterSeconds?: number }>;

export type ErrorCode = keyof typeof errorTable;

/** An error with a code from the table. */
export class RuntimeError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    /** The request's field that is at fault. */
    readonly param?: string,
  ) {
    super(message);
    this.name = "RuntimeError";
  }

  get kind(): ErrorKind {
    return errorTable[this.code];
  }

  /** The body of an error response as OpenAI's clients read it. */
  get body() {
    return {
      error: { message: this.message, type: this.kind.type, param: this.param ?? null, code: this.code },
    };
  }
}

/** What a client is told of an error that is not for clients; it may name paths or what others asked. */
export function internalError(): RuntimeError {
  return new RuntimeError("engine_error", "internal error");
}
