/** A server for tests whose application is one function, or one delegate; closed when the test is over. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type {
  HTTPConnection,
  HTTPMessageDelegate,
  HTTPServerConnectionDelegate,
  RequestStartLine,
} from "../../../src/core/http/connection.js";
import { HTTPHeaders, type HTTPHeadersInit } from "../../../src/core/http/headers.js";
import { reasonPhrase } from "../../../src/core/http/reasons.js";
import type { HTTPServerRequest } from "../../../src/core/http/request.js";
import { HTTPServer, type HTTPServerOptions } from "../../../src/core/http/server.js";
import { openSocket } from "../../support/raw-http.js";

let chosenTransport: NonNullable<HTTPServerOptions["transport"]> = "sockets";

/** The transport that the tests of this file run over. */
export function transport(): typeof chosenTransport {
  return chosenTransport;
}

/** Runs what is imported next over another transport. */
export function useTransport(name: typeof chosenTransport): void {
  chosenTransport = name;
}

/** Makes a server that listens nowhere yet. */
export function createServer(
  application: HTTPServerConnectionDelegate | ((request: HTTPServerRequest) => void),
  options?: HTTPServerOptions,
): HTTPServer {
  return new HTTPServer(application, { transport: chosenTransport, ...options });
}

/** Listens on a free port of the loopback. */
export async function serve(
  application: HTTPServerConnectionDelegate | ((request: HTTPServerRequest) => void),
  options?: HTTPServerOptions,
): Promise<HTTPServer> {
  const server = createServer(application, options);
  await server.listen(0, "127.0.0.1");
  onTestFinished(async () => {
    server.stop();
    await server.closeAllConnections();
  });
  return server;
}

/** Answers with a known length. */
export function answer(connection: HTTPConnection, body: string, headers: HTTPHeadersInit = {}, code = 200): void {
  const fields = new HTTPHeaders(headers);
  fields.set("Content-Length", String(Buffer.byteLength(body)));
  connection.writeHeaders({ code, reason: reasonPhrase(code) }, fields, body);
  connection.finish();
}

/** An application that answers `hello`, and counts how often it was asked. */
export function counting(): { asked: number; application: (request: HTTPServerRequest) => void } {
  const counter = {
    asked: 0,
    application(request: HTTPServerRequest) {
      counter.asked++;
      answer(request.connection, `hello ${request.uri}`);
    },
  };
  return counter;
}

/** A delegate that records what it is called with; override what a test is about. */
export class RecordingDelegate implements HTTPServerConnectionDelegate, HTTPMessageDelegate {
  readonly calls: string[] = [];
  connection!: HTTPConnection;
  startLine!: RequestStartLine;
  headers!: HTTPHeaders;
  readonly closed: Promise<void>;
  #close!: () => void;

  constructor(overrides: Partial<HTTPMessageDelegate> = {}) {
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
    this.overrides = overrides;
  }

  readonly overrides: Partial<HTTPMessageDelegate>;

  startRequest(connection: HTTPConnection): HTTPMessageDelegate {
    this.connection = connection;
    return this;
  }

  headersReceived(startLine: RequestStartLine, headers: HTTPHeaders): void | Promise<void> {
    this.calls.push(`headersReceived ${startLine.method} ${startLine.path}`);
    this.startLine = startLine;
    this.headers = headers;
    return this.overrides.headersReceived?.(startLine, headers);
  }

  dataReceived(chunk: Buffer): void | Promise<void> {
    this.calls.push(`dataReceived ${chunk.length}`);
    return this.overrides.dataReceived?.(chunk);
  }

  finish(): void {
    this.calls.push("finish");
    if (this.overrides.finish) this.overrides.finish();
    else answer(this.connection, "done");
  }

  onConnectionClose(): void {
    this.calls.push("onConnectionClose");
    this.overrides.onConnectionClose?.();
    this.#close();
  }
}

/** Collects what arrives on a socket, and waits for a text in it. */
export class Conversation {
  readonly socket: Socket;
  received = "";
  isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      this.received += chunk.toString("latin1");
    });
    socket.on("close", () => {
      this.isClosed = true;
    });
    onTestFinished(() => {
      socket.destroy();
    });
  }

  static async open(server: HTTPServer): Promise<Conversation> {
    return new Conversation(await openSocket(server.port));
  }

  /** Opens a connection whose own side stays open when the server has ended its side. */
  static async openHalfOpen(server: HTTPServer): Promise<Conversation> {
    const socket = connect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true });
    await once(socket, "connect");
    return new Conversation(socket);
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Resolves with everything received once it holds the text. */
  async until(text: string): Promise<string> {
    while (!this.received.includes(text)) {
      if (this.isClosed) throw new Error(`Closed before ${JSON.stringify(text)}: ${JSON.stringify(this.received)}`);
      await Promise.race([once(this.socket, "data"), new Promise((resolve) => this.socket.once("close", resolve))]);
    }
    return this.received;
  }

  /** Resolves with everything received once the server has closed. */
  async end(): Promise<string> {
    if (!this.isClosed) await new Promise((resolve) => this.socket.once("close", resolve));
    return this.received;
  }
}
