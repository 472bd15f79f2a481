import type { Socket } from "node:net";
import { RuntimeError } from "../errors";

/** Answers what is no HTTP request, in the form of every other error. Node calls it before there is a request. */
export function answerUnparsed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const message =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "the request's headers are too large"
      : "this is not an HTTP/1.1 request";
  const { kind, body } = new RuntimeError("invalid_request", message);
  const text = JSON.stringify(body);
  socket.end(
    [
      `HTTP/1.1 ${kind.status} Bad Request`,
      "content-type: application/json; charset=utf-8",
      `content-length: ${Buffer.byteLength(text)}`,
      "connection: close",
      "",
      text,
    ].join("\r\n"),
  );
}
