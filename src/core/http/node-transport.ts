/** Reads and writes HTTP by node:http, for everything above the seam of connection.ts. */

import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type ListenOptions, Server as NetServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { toError } from "../errors.js";
import { generalLog } from "../log.js";
import { NodeIncomingMessage } from "./node-incoming-message.js";
import { NodeSession, type SessionHost } from "./node-session.js";
import { refusalBytes } from "./refusal.js";
import { noteRefusal } from "./refusal-log.js";
import type { Origin } from "./trusted-downstream.js";

const sessionOf = Symbol("session");

/** A socket that carries its session: faster than a map, and gone with the socket. */
type SessionSocket = Socket & { [sessionOf]?: NodeSession };

/** One server of node:http or node:https, and the sessions of its sockets. */
export class NodeTransport {
  readonly #host: SessionHost & { sessionStarted(session: NodeSession): void };
  readonly #server: Server;
  /** What node:http listens to for a socket that is ready for HTTP. */
  readonly #socketEvent: "connection" | "secureConnection";

  constructor(host: SessionHost & { sessionStarted(session: NodeSession): void }) {
    this.#host = host;
    const { options } = host;
    const settings: ServerOptions<typeof NodeIncomingMessage> = {
      IncomingMessage: NodeIncomingMessage,
      maxHeaderSize: options.maxHeaderBytes,
      // Checked by us, together with everything else about a host.
      requireHostHeader: false,
      insecureHTTPParser: false,
      headersTimeout: options.headerTimeoutMs,
      // The body has its own limit, and so has the time between requests.
      requestTimeout: 0,
      keepAliveTimeout: 0,
      connectionsCheckingInterval: 1000,
      noDelay: true,
    };
    this.#server =
      options.tls === undefined ? createServer(settings) : createTlsServer({ ...options.tls, ...settings });
    this.#socketEvent = options.tls === undefined ? "connection" : "secureConnection";
    // node:http drops the fields over its own limit without a word; we count them all and refuse.
    this.#server.maxHeadersCount = 0;
    this.#wire();
  }

  /** Opens a port or a path; rejects with Node's own error. */
  listen(where: ListenOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(where, () => {
        this.#server.removeListener("error", reject);
        this.#server.on("error", (error) => generalLog.error("The server's socket had an error", error));
        resolve();
      });
    });
  }

  address(): ReturnType<Server["address"]> {
    return this.#server.address();
  }

  /** Serves a socket that somebody else accepted, and decrypted if need be. */
  addSocket(socket: Socket, peer: Origin): void {
    (socket as SessionSocket)[sessionOf] = this.#start(socket, peer);
    this.#server.emit(this.#socketEvent, socket);
  }

  /** Stops accepting; connections stay. */
  stop(): void {
    // The close of node:http itself would cut kept-alive connections whose next request is on its way.
    if (this.#server.listening) NetServer.prototype.close.call(this.#server);
  }

  /** Ends what node:http still runs when no connection is left. */
  dispose(): void {
    this.#server.close(() => {});
  }

  #wire(): void {
    const server = this.#server;
    // First in line: node:http must find the session when it reads.
    server.prependListener(this.#socketEvent, (socket: SessionSocket) => {
      socket[sessionOf] ??= this.#start(socket, undefined);
    });
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      (request.socket as SessionSocket)[sessionOf]!.take(request, response, false);
    });
    server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
      (request.socket as SessionSocket)[sessionOf]!.take(request, response, true);
    });
    // Expectations that nobody knows are ignored, as in Tornado; node:http would answer 417.
    server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
      (request.socket as SessionSocket)[sessionOf]!.take(request, response, false);
    });
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      (socket as SessionSocket)[sessionOf]!.takeUpgrade(request, head);
    });
    server.on("connect", (_request: IncomingMessage, socket: Duplex) => refuseTunnel(socket as Socket));
    server.on("clientError", (error: Error, socket: Duplex) => {
      const session = (socket as SessionSocket)[sessionOf];
      if (session === undefined) socket.destroy();
      else session.takeError(error);
    });
    server.on("tlsClientError", (error: Error, socket: Socket) => {
      noteRefusal(`TLS handshake failed: ${toError(error).message}`);
      socket.destroy();
    });
  }

  #start(socket: SessionSocket, peer: Origin | undefined): NodeSession {
    const session = new NodeSession(this.#host, socket, peer);
    socket.once("close", () => session.closed());
    this.#host.sessionStarted(session);
    return session;
  }
}

/** A tunnel is for proxies, which no application of ours is (RFC 9110, section 9.3.6). */
function refuseTunnel(socket: Socket): void {
  socket.on("error", () => {});
  socket.write(refusalBytes(405), "latin1");
  socket.destroySoon();
}
