import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * The requests whose response is not complete, by connection. A response that waits behind another one of its
 * connection never hears that the client has left, so the connection itself is listened to, once.
 */
export class OpenResponses {
  private readonly bySocket = new Map<Socket, Set<AbortController>>();
  private closing = false;

  get count(): number {
    let sum = 0;
    for (const open of this.bySocket.values()) sum += open.size;
    return sum;
  }

  /** Returns a signal that fires when the client leaves before its response is complete. */
  track({ socket }: IncomingMessage, response: ServerResponse): AbortSignal {
    const open = this.ofSocket(socket);
    const departure = new AbortController();
    open.add(departure);
    response.once("finish", () => {
      open.delete(departure);
      if (this.closing && open.size === 0) socket.end();
    });
    return departure.signal;
  }

  /** From now on ends each connection after its last response, which may have promised to keep it. */
  closeWhenDone(): void {
    this.closing = true;
  }

  private ofSocket(socket: Socket): Set<AbortController> {
    const known = this.bySocket.get(socket);
    if (known) return known;
    const open = new Set<AbortController>();
    this.bySocket.set(socket, open);
    socket.once("close", () => {
      this.bySocket.delete(socket);
      for (const departure of open) departure.abort();
    });
    return open;
  }
}
