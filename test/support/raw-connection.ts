import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A connection to a local port, for what no client library would send. */
export async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

/** All that comes until the server closes the connection. */
export async function received(socket: Socket): Promise<string> {
  let text = "";
  for await (const piece of socket.setEncoding("utf8")) text += piece;
  return text;
}

/** Sends bytes and returns all that comes until the server closes the connection. */
export async function exchange(port: number, bytes: string): Promise<string> {
  const socket = await open(port);
  socket.write(bytes);
  return received(socket);
}

/** The bytes of a POST of JSON, in two parts: the head, and the body. */
export function postBytes(path: string, body: object, headers = ""): [head: string, body: string] {
  const text = JSON.stringify(body);
  const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n${headers}\r\n`;
  return [head, text];
}
