/** Tornado's `HTTPServer`: ports and sockets in, requests for an application out; and an end that loses none. */

import cluster from "node:cluster";
import { chmod } from "node:fs/promises";
import type { AddressInfo, Socket } from "node:net";
import { TornadoError, toError } from "../errors.js";
import { generalLog } from "../log.js";
import { callableDelegate, type RequestCallback } from "./callable-delegate.js";
import type { HTTPServerConnectionDelegate } from "./connection.js";
import { HTTP1Transport } from "./http1/http1-transport.js";
import { listenError } from "./listen-error.js";
import { NodeTransport } from "./node-transport.js";
import { type HTTPServerOptions, type ResolvedServerOptions, resolveServerOptions } from "./server-options.js";
import type { ListenPlace, Session, Transport, TransportHost } from "./transport.js";
import { plainAddress } from "./trusted-downstream.js";
import { removeStaleSocket } from "./unix-socket.js";

export type { RequestCallback } from "./callable-delegate.js";
export type { HTTPServerOptions, SSLOptions } from "./server-options.js";

/** Where a server listens: a port, a unix socket, or a socket that the process inherited. */
export type ListenTarget =
  | number
  | { readonly port: number; readonly host?: string; readonly backlog?: number }
  | {
      /** Path of a unix socket. */
      readonly path: string;
      /** Permissions of its file. Default 0o600. */
      readonly mode?: number;
      readonly backlog?: number;
    }
  | {
      /** Descriptor of a socket that is bound already. */
      readonly fd: number;
    }
  | {
      /** A bound socket as net.Server takes one; the way to listen on its own one in a worker of node:cluster. */
      readonly handle: object;
    };

/** By the `transport` option. */
const transports = { sockets: HTTP1Transport, node: NodeTransport };

/** How long a sweep over the sessions may keep all others waiting. */
const maxSweepMs = 5;
/** After so many of them it looks at the time. */
const sweptBetweenLooks = 16;

export interface DrainOptions {
  /** How long kept-alive connections may still bring a request, in milliseconds. Default 3000. */
  readonly lingerMs?: number;
  /** When the connections that are left are cut, in milliseconds from now. Default 30000. */
  readonly deadlineMs?: number;
}

/**
 * Serves HTTP/1.1 to a delegate: an `Application`, a `Router`, or a function that takes requests.
 *
 * @example
 * const server = new HTTPServer(app, { xheaders: ["127.0.0.1"] });
 * await server.listen(8888);
 */
export class HTTPServer implements TransportHost {
  readonly delegate: HTTPServerConnectionDelegate;
  readonly options: ResolvedServerOptions;
  readonly #sessions = new Set<Session>();
  readonly #transports: Transport[] = [];
  /** Serves the sockets of `addSocket`. */
  #acceptor: Transport | undefined;
  #clock: NodeJS.Timeout | undefined;
  /** What a sweep that goes on in later turns has still to look at. */
  #unswept: Iterator<Session, undefined> | undefined;
  #seconds = 0;
  #isDraining = false;
  #hasLingered = false;
  #isStopped = false;
  #whenEmpty: (() => void)[] = [];

  /** @throws TornadoError that names the option, if one is unknown or not valid. */
  constructor(delegate: HTTPServerConnectionDelegate | RequestCallback, options: HTTPServerOptions = {}) {
    this.delegate = typeof delegate === "function" ? callableDelegate(delegate) : delegate;
    this.options = resolveServerOptions(options);
  }

  /** Seconds this server has had connections for; its timeouts are measured in them. */
  get seconds(): number {
    return this.#seconds;
  }

  /** Whether the server is ending: every answer closes its connection. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** How many connections are open, idle ones included. */
  get connectionCount(): number {
    return this.#sessions.size;
  }

  /**
   * Listens on a port or a unix socket. May be called several times, for several of them.
   *
   * @param target - Port 0 is any free one; `port` then tells which.
   * @param host - Address of the interface; without it, all of them.
   * @throws TornadoError `PORT_IN_USE`, `PORT_NOT_ALLOWED`, `ADDRESS_NOT_AVAILABLE` or `LISTEN_FAILED`, with Node's error as its cause.
   */
  async listen(target: ListenTarget, host?: string): Promise<this> {
    const where: ListenPlace = typeof target === "number" ? { port: target } : { ...target };
    if (host !== undefined) where.host = host;
    // A null host means all interfaces in Tornado; node:net would take it for a name.
    if (where.host == null || where.host === "") delete where.host;
    // The workers of a cluster share the socket of their primary process: to remove it is not theirs.
    if (where.path !== undefined && !cluster.isWorker) await removeStaleSocket(where.path);
    const transport = new transports[this.options.transport](this);
    try {
      await transport.listen(where);
    } catch (error) {
      throw listenError(where, toError(error));
    }
    this.#transports.push(transport);
    this.#isStopped = false;
    if (where.path !== undefined && !where.path.startsWith("\0") && process.platform !== "win32") {
      const mode = typeof target === "object" && "path" in target ? target.mode : undefined;
      await chmod(where.path, mode ?? 0o600);
    }
    return this;
  }

  /** Address of the first socket that the server listens on; `null` if there is none. */
  address(): AddressInfo | string | null {
    return this.#transports[0]?.address() ?? null;
  }

  /** The first port that the server listens on. */
  get port(): number {
    for (const transport of this.#transports) {
      const address = transport.address();
      if (address !== null && typeof address === "object") return address.port;
    }
    throw new TornadoError(
      "NOT_LISTENING",
      "The server has no port, since it does not listen on one. Call listen() first.",
    );
  }

  /**
   * Serves a connection that was accepted elsewhere, and decrypted if it had to be.
   *
   * @param peer - Who the client is, if the socket itself does not know.
   */
  addSocket(socket: Socket, peer: { readonly remoteIp?: string; readonly protocol?: string } = {}): void {
    // Its client has left meanwhile. Its end has been told already, and a session would wait for that for ever.
    if (socket.destroyed) return;
    this.#acceptor ??= new transports[this.options.transport](this);
    // As those that it accepts itself: small pieces of an answer do not wait for each other.
    socket.setNoDelay(true);
    this.#acceptor.addSocket(socket, {
      remoteIp: peer.remoteIp ?? plainAddress(socket.remoteAddress),
      protocol: this.options.protocol ?? peer.protocol ?? "http",
    });
    // Whoever has read its first bytes, and put them back, has paused it.
    if (socket.isPaused()) socket.resume();
  }

  /** Stops accepting connections; those that are open are served on. Calling it again does nothing. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    for (const transport of this.#transports) transport.stop();
    if (this.#sessions.size === 0) this.#ended();
  }

  /** Cuts every connection, answered or not; those that were detached are not the server's any more. */
  async closeAllConnections(): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    await this.#empty();
  }

  /**
   * Ends the server without losing a request.
   *
   * It stops accepting, answers what still comes with `Connection: close`, and closes kept-alive connections only after
   * `lingerMs`: a client may have sent its next request the moment before.
   *
   * @returns How many connections had to be cut at the deadline.
   */
  async drain(options: DrainOptions = {}): Promise<{ cut: number }> {
    const { lingerMs = 3000, deadlineMs = 30_000 } = options;
    this.#isDraining = true;
    this.stop();
    const idle = setTimeout(() => {
      this.#hasLingered = true;
      this.#sweep();
    }, lingerMs);
    let cut = 0;
    const deadline = setTimeout(() => {
      cut = this.#sessions.size;
      for (const session of this.#sessions) session.destroy();
    }, deadlineMs);
    const served = this.#empty();
    const [detached] = await Promise.all([this.delegate.drain?.(deadlineMs, served), served]);
    clearTimeout(idle);
    clearTimeout(deadline);
    return { cut: cut + (detached?.cut ?? 0) };
  }

  /** Called by transports. */
  sessionStarted(session: Session): void {
    this.#sessions.add(session);
    if (this.#clock === undefined) {
      // One coarse timer for all connections, instead of a timer each that every request would set anew.
      this.#clock = setInterval(() => this.#tick(), 1000);
      this.#clock.unref();
    }
  }

  /** Called by sessions. */
  sessionEnded(session: Session): void {
    this.#sessions.delete(session);
    try {
      this.delegate.onClose?.(session.socket);
    } catch (error) {
      generalLog.error("Uncaught exception in onClose()", error);
    }
    if (this.#sessions.size === 0) this.#ended();
  }

  #tick(): void {
    this.#seconds++;
    this.#sweep();
  }

  #sweep(): void {
    // One that is under way goes on: begun anew each second, it might never come to the last.
    if (this.#unswept !== undefined) return;
    this.#unswept = this.#sessions.values();
    this.#sweepOn();
  }

  /** Sweeps for a few milliseconds, and then lets others have their turn: to shed a thousand slow clients at once takes forty. */
  #sweepOn(): void {
    const deadlineMs = performance.now() + maxSweepMs;
    const unswept = this.#unswept!;
    // Set again only where it goes on: should something be thrown, the next one must not wait for this one.
    this.#unswept = undefined;
    for (let count = 1; ; count++) {
      const { done, value: session } = unswept.next();
      if (done === true) return;
      session.sweep();
      // A response that had begun before the end could not announce it; its connection is idle only now.
      if (this.#hasLingered) session.closeIfIdle();
      if (count % sweptBetweenLooks !== 0 || performance.now() < deadlineMs) continue;
      this.#unswept = unswept;
      setImmediate(() => this.#sweepOn());
      return;
    }
  }

  #empty(): Promise<void> {
    if (this.#sessions.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  /** No connection is left. */
  #ended(): void {
    if (this.#isStopped) {
      clearInterval(this.#clock);
      this.#clock = undefined;
      for (const transport of this.#transports) transport.dispose();
      this.#acceptor?.dispose();
    }
    const waiting = this.#whenEmpty;
    this.#whenEmpty = [];
    for (const resolve of waiting) resolve();
  }
}
