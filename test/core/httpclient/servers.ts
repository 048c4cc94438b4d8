/** Servers that a client is tested against: Node's own, and one that sends any bytes. */

import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { AsyncHTTPClient, type HTTPClientOptions } from "../../../src/core/httpclient/http-client.js";

/** A client of the test's own. */
export function makeClient(options: HTTPClientOptions = {}): AsyncHTTPClient {
  const client = new AsyncHTTPClient({ forceInstance: true, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** Listens on a free port of the loopback; gives the URL without a path. */
export async function listen(server: Server, protocol = "http"): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server whose application is one function. */
export function serve(listener: RequestListener): Promise<string> {
  return listen(createServer(listener));
}

/** A server that sends these bytes to everyone who has sent something, and ends the connection unless told otherwise. */
export function serveBytes(bytes: string | Uint8Array, { end = true } = {}): Promise<string> {
  return listen(
    createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => (end ? socket.end(bytes) : socket.write(bytes)));
    }),
  );
}

/** Answers with what was asked, as JSON. */
export async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  response.setHeader("Content-Type", "application/json");
  const { method, url, headers } = request;
  response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString("latin1") }));
}

export interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** The error that a promise rejects with. */
export async function failure<Failure = Error>(promise: Promise<unknown>): Promise<Failure> {
  return promise.then(
    () => {
      throw new Error("It did not fail.");
    },
    (error: unknown) => error as Failure,
  );
}
