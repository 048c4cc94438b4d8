/** Our own HTTP/1.1, over the sockets of node:net and node:tls. */

import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { toError } from "../../errors.js";
import { generalLog } from "../../log.js";
import { noteRefusal } from "../refusal-log.js";
import type { ListenPlace, Transport, TransportHost } from "../transport.js";
import type { Origin } from "../trusted-downstream.js";
import { HTTP1Session } from "./http1-session.js";

/** One listening socket, and the sessions of those it accepts. */
export class HTTP1Transport implements Transport {
  readonly #host: TransportHost;
  #server: Server | undefined = undefined;

  constructor(host: TransportHost) {
    this.#host = host;
  }

  listen(where: ListenPlace): Promise<void> {
    const server = this.#createServer();
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(where, () => {
        server.removeListener("error", reject);
        server.on("error", (error) => generalLog.error("The server's socket had an error", error));
        resolve();
      });
    });
  }

  address(): ReturnType<Server["address"]> {
    return this.#server?.address() ?? null;
  }

  addSocket(socket: Socket, peer: Origin): void {
    this.#host.sessionStarted(new HTTP1Session(this.#host, socket, peer));
  }

  stop(): void {
    if (this.#server?.listening) this.#server.close();
  }

  dispose(): void {}

  #createServer(): Server {
    const { tls, headerTimeoutMs } = this.#host.options;
    const accept = (socket: Socket) => this.#host.sessionStarted(new HTTP1Session(this.#host, socket));
    const common = { allowHalfOpen: true, noDelay: true };
    if (tls === undefined) return createServer(common, accept);
    const server = createTlsServer(
      { ALPNProtocols: ["http/1.1"], handshakeTimeout: headerTimeoutMs, ...tls, ...common },
      accept,
    );
    server.on("tlsClientError", (error, socket) => {
      noteRefusal(`TLS handshake failed: ${toError(error).message}`);
      socket.destroy();
    });
    return server;
  }
}
