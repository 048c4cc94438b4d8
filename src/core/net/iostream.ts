/** The streams of Tornado: plain, encrypted, and those of pipes. */

import { Socket, type SocketConnectOpts } from "node:net";
import { TLSSocket } from "node:tls";
import { TimeoutError } from "../async/timeout-error.js";
import { Timer } from "../async/timer.js";
import { TornadoError, toError } from "../errors.js";
import { BaseIOStream } from "./base-iostream.js";
import type { StreamSSLOptions } from "./ssl-options.js";
import { StreamClosedError } from "./stream-errors.js";
import type { IOStreamOptions } from "./stream-limits.js";
import { acceptTls, handshakeOf, startClientTls } from "./tls-upgrade.js";

/** What {@link IOStream.startTls} takes. */
export interface StartTlsOptions {
  /** Certificate and key of a server; what a client believes. */
  readonly sslOptions?: StreamSSLOptions;
  /** The name that the server's certificate must be for. */
  readonly serverHostname?: string;
  /** Seconds for the handshake. Default 120. */
  readonly timeout?: number;
}

/** As long as servers of Node wait. */
const HANDSHAKE_SECONDS = 120;

/**
 * A stream over a socket.
 *
 * @example
 * const stream = new IOStream();
 * await stream.connect({ host: "127.0.0.1", port: 8888 });
 * await stream.write("ping\n");
 * const line = await stream.readUntil("\n");
 */
export class IOStream extends BaseIOStream {
  readonly #options: IOStreamOptions;

  /** @param socket - Connected, or not yet. Default: a new one. */
  constructor(socket: Socket = new Socket({ allowHalfOpen: true }), options: IOStreamOptions = {}) {
    super(socket, options);
    this.#options = options;
  }

  /**
   * Connects to a host and port, or to the `path` of a unix socket. Reads and writes may begin before.
   *
   * @param _options - Of use to an {@link SSLIOStream} alone, which is connected in the same way.
   * @throws StreamClosedError with the system's error as its `realError`.
   */
  async connect(address: SocketConnectOpts, _options: { readonly serverHostname?: string } = {}): Promise<this> {
    await connectSocket(this, address);
    return this;
  }

  /**
   * Goes on encrypted, as STARTTLS of mail protocols does. This stream cannot be used afterwards.
   *
   * @param serverSide - Whether this end is the server.
   * @returns The encrypted stream, when the handshake is done.
   * @throws TornadoError `STREAM_BUSY` unless all reads and writes are done; StreamClosedError when the handshake fails;
   * TimeoutError when it is not done in time. The connection is closed then.
   */
  async startTls(serverSide: boolean, options: StartTlsOptions = {}): Promise<SSLIOStream> {
    const { sslOptions = {}, serverHostname, timeout = HANDSHAKE_SECONDS } = options;
    const socket = this.detach();
    let isLate = false;
    const limit = new Timer(timeout, () => {
      isLate = true;
      socket.destroy();
    });
    try {
      const encrypted = new SSLIOStream(
        serverSide ? await acceptTls(socket, sslOptions) : startClientTls(socket, sslOptions, serverHostname),
        this.#options,
      );
      this.moveCloseCallback(encrypted);
      return await encrypted.waitForHandshake();
    } catch (error) {
      socket.destroy();
      if (isLate) throw new TimeoutError(`The TLS handshake was not done within ${timeout} s.`, { cause: error });
      if (error instanceof TornadoError || error instanceof StreamClosedError) throw error;
      throw new StreamClosedError(toError(error));
    } finally {
      limit.clear();
    }
  }
}

/** What an {@link SSLIOStream} takes. */
export interface SSLIOStreamOptions extends IOStreamOptions {
  /** For a stream that connects itself: what it believes, and its own certificate if it has one. */
  readonly sslOptions?: StreamSSLOptions;
}

/**
 * A stream over TLS.
 *
 * @example
 * const stream = new SSLIOStream();
 * await stream.connect({ host: "example.org", port: 443 });
 */
export class SSLIOStream extends IOStream {
  readonly #sslOptions: StreamSSLOptions;

  /** @param socket - An encrypted socket; or, for {@link connect}, none or a plain one that is not connected. */
  constructor(socket?: Socket, options: SSLIOStreamOptions = {}) {
    super(socket, options);
    this.#sslOptions = options.sslOptions ?? {};
  }

  /**
   * Connects and does the handshake.
   *
   * @param options - `serverHostname` is the name that the certificate must be for; default: the host.
   */
  override async connect(
    address: SocketConnectOpts,
    options: { readonly serverHostname?: string } = {},
  ): Promise<this> {
    await connectSocket(this, address);
    const hostname = options.serverHostname ?? ("host" in address ? address.host : undefined);
    this.reattach((socket) => startClientTls(socket, this.#sslOptions, hostname));
    return await this.waitForHandshake();
  }

  /**
   * Waits until the connection is encrypted and the other end's certificate is checked.
   *
   * @throws StreamClosedError with the reason when it fails.
   */
  async waitForHandshake(): Promise<this> {
    const { socket } = this;
    if (this.closed()) throw new StreamClosedError(this.error);
    if (!(socket instanceof TLSSocket)) {
      throw new TornadoError("BAD_ARGUMENT", "An SSLIOStream over a plain socket has no handshake. Call connect().");
    }
    // Those that a server hands out have done it.
    if (!("secureConnecting" in socket) || socket.secureConnecting !== true) return this;
    await handshakeOf(socket).catch((error: unknown) => {
      this.close(toError(error));
      throw new StreamClosedError(this.error);
    });
    return this;
  }
}

/** A stream over a pipe that the process has inherited or opened, by its descriptor; not over a file. */
export class PipeIOStream extends BaseIOStream {
  constructor(fd: number, options: IOStreamOptions = {}) {
    super(new Socket({ fd, readable: true, writable: true, allowHalfOpen: true }), options);
  }
}

async function connectSocket(stream: BaseIOStream, address: SocketConnectOpts): Promise<void> {
  const { socket } = stream;
  if (stream.closed()) throw new StreamClosedError(stream.error);
  await new Promise<void>((resolve, reject) => {
    const closed = () => reject(new StreamClosedError(stream.error));
    socket.once("close", closed);
    socket.connect(address, () => {
      socket.off("close", closed);
      resolve();
    });
  });
}
