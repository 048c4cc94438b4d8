/** The entry point `tornado/tcpserver`: a server that gives each connection as a stream. */

import type { Server, Socket } from "node:net";
import type { TLSSocket, Server as TlsServer } from "node:tls";
import { TornadoError, toError } from "../errors.js";
import { applicationLog, generalLog } from "../log.js";
import { type BindOptions, bindSockets } from "./bind-sockets.js";
import { IOStream, SSLIOStream } from "./iostream.js";
import type { StreamSSLOptions } from "./ssl-options.js";
import { StreamClosedError } from "./stream-errors.js";
import type { IOStreamOptions } from "./stream-limits.js";
import { createTlsAcceptor, handToAcceptor } from "./tls-upgrade.js";

/** What a {@link TCPServer} takes. */
export interface TCPServerOptions extends IOStreamOptions {
  /** Speaks TLS. */
  readonly sslOptions?: StreamSSLOptions;
}

/** Who has connected. */
export interface StreamAddress {
  /** IP address; empty on a unix socket. */
  readonly host: string;
  readonly port: number;
}

/**
 * A server of any protocol over TCP: override {@link handleStream}.
 *
 * @example
 * class EchoServer extends TCPServer {
 *   override async handleStream(stream: IOStream) {
 *     for (;;) await stream.write(await stream.readUntil("\n"));
 *   }
 * }
 * await new EchoServer().listen(8888);
 */
export abstract class TCPServer {
  readonly #options: TCPServerOptions;
  readonly #servers: Server[] = [];
  readonly #bound: [port: number, address: string | null | undefined, options: BindOptions][] = [];
  readonly #tls: TlsServer | undefined;
  #isStopped = false;

  /** @throws TornadoError `BAD_SSL_OPTIONS` when the TLS options cannot be used. */
  constructor(options: TCPServerOptions = {}) {
    this.#options = options;
    if (options.sslOptions !== undefined) {
      this.#tls = createTlsAcceptor(options.sslOptions);
      this.#tls.on("secureConnection", (socket: TLSSocket) => this.#handle(new SSLIOStream(socket, options)));
      this.#tls.on("tlsClientError", (error: Error, socket: TLSSocket) => {
        generalLog.warn(`TLS handshake with ${socket.remoteAddress ?? "a client"} failed: ${error.message}`);
        socket.destroy();
      });
    }
  }

  /**
   * Serves one connection. What it throws is logged, and closes the stream; that the other end has gone is no error.
   * When it returns, the stream stays open.
   */
  abstract handleStream(stream: IOStream, address: StreamAddress): void | Promise<void>;

  /** The first port that the server listens on. */
  get port(): number {
    for (const server of this.#servers) {
      const address = server.address();
      if (typeof address === "object" && address !== null) return address.port;
    }
    throw new TornadoError(
      "NOT_LISTENING",
      "The server has no port, since it does not listen on one. Call listen() first.",
    );
  }

  /**
   * Listens on a port of every address of a host. May be called several times.
   *
   * @param port - 0 is any free one; `port` then tells which.
   * @param address - Name or address; without it, all interfaces.
   */
  async listen(port: number, address?: string | null, options: BindOptions = {}): Promise<this> {
    this.addSockets(await bindSockets(port, address, options));
    return this;
  }

  /** Notes where to listen; {@link start} does it. */
  bind(port: number, address?: string | null, options: BindOptions = {}): void {
    this.#bound.push([port, address, options]);
  }

  /**
   * Listens wherever {@link bind} said.
   *
   * @param processes - Only 1: Node cannot fork. `forkProcesses()` of `tornado/process`, called before, makes several.
   */
  async start(processes = 1): Promise<this> {
    if (processes !== 1) {
      throw new TornadoError(
        "BAD_ARGUMENT",
        `start(${String(processes)}) would have to fork. Call forkProcesses(${String(processes)}) of tornado/process first, then start().`,
      );
    }
    for (const place of this.#bound.splice(0)) await this.listen(...place);
    return this;
  }

  /** Accepts connections of servers that listen already. */
  addSockets(servers: Iterable<Server>): void {
    for (const server of servers) this.addSocket(server);
  }

  /** Accepts connections of a server that listens already. */
  addSocket(server: Server): void {
    this.#isStopped = false;
    this.#servers.push(server);
    server.on("connection", (socket: Socket) => this.#accept(socket));
  }

  /** Stops accepting connections; streams that are open stay so. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    for (const server of this.#servers.splice(0)) server.close();
  }

  #accept(socket: Socket): void {
    if (this.#tls !== undefined) handToAcceptor(this.#tls, socket);
    else this.#handle(new IOStream(socket, this.#options));
  }

  async #handle(stream: IOStream): Promise<void> {
    const { remoteAddress, remotePort } = stream.socket;
    try {
      await this.handleStream(stream, { host: remoteAddress ?? "", port: remotePort ?? 0 });
    } catch (error) {
      if (!(error instanceof StreamClosedError))
        applicationLog.error("Uncaught exception in handleStream()", toError(error));
      stream.close();
    }
  }
}
