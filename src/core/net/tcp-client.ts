/** The entry point `tornado/tcpclient`: opens streams to other hosts. */

import type { LookupFunction, TcpSocketConnectOpts } from "node:net";
import { onAbort } from "../async/on-abort.js";
import { TimeoutError } from "../async/timeout-error.js";
import { Timer } from "../async/timer.js";
import { TornadoError, toError } from "../errors.js";
import { IOStream, SSLIOStream } from "./iostream.js";
import { DefaultResolver, type ResolvedAddress, type Resolver } from "./resolver.js";
import type { StreamSSLOptions } from "./ssl-options.js";
import { StreamClosedError } from "./stream-errors.js";

export { TimeoutError } from "../async/timeout-error.js";

/** What {@link TCPClient.connect} takes. */
export interface TCPConnectOptions {
  /** 4 or 6 for addresses of that kind alone. Default 0: both, whichever answers first. */
  readonly family?: 0 | 4 | 6;
  /** Speaks TLS; `{}` for the usual options. */
  readonly sslOptions?: StreamSSLOptions;
  readonly maxBufferSize?: number;
  /** Address of this machine to connect from. */
  readonly sourceIp?: string;
  readonly sourcePort?: number;
  /** Seconds for all of it: name, connection and TLS handshake. Default: no limit but the system's. */
  readonly timeout?: number;
  /** Gives up with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** After so long without an answer the next address is tried as well (RFC 8305). */
const NEXT_ADDRESS_AFTER_MS = 300;

/**
 * Opens connections.
 *
 * @example
 * const stream = await new TCPClient().connect("example.org", 443, { sslOptions: {}, timeout: 5 });
 */
export class TCPClient {
  readonly #resolver: Resolver;

  constructor(options: { readonly resolver?: Resolver } = {}) {
    this.#resolver = options.resolver ?? new DefaultResolver();
  }

  /**
   * Connects to a host, by all of its addresses if need be.
   *
   * @throws TimeoutError after the timeout; StreamClosedError with the reason as its `realError` when no address answers.
   */
  async connect(host: string, port: number, options: TCPConnectOptions = {}): Promise<IOStream> {
    const { maxBufferSize, sslOptions, signal } = options;
    signal?.throwIfAborted();
    const limits = maxBufferSize === undefined ? {} : { maxBufferSize };
    const stream =
      sslOptions === undefined
        ? new IOStream(undefined, limits)
        : new SSLIOStream(undefined, { ...limits, sslOptions });
    const limit = new ConnectLimit(`${host}:${port}`, options);
    try {
      return await Promise.race([this.#connect(stream, host, port, options), limit.reached]);
    } catch (error) {
      const reason = toError(error);
      stream.close(reason);
      if (limit.isReached || error instanceof TornadoError || error instanceof StreamClosedError) throw error;
      throw new StreamClosedError(reason);
    } finally {
      limit.clear();
    }
  }

  async #connect(stream: IOStream, host: string, port: number, options: TCPConnectOptions): Promise<IOStream> {
    const { family = 0, sourceIp, sourcePort } = options;
    const addresses = await this.#resolver.resolve(host, port, family);
    if (addresses.length === 0) throw new Error(`${JSON.stringify(host)} has no address.`);
    const place: TcpSocketConnectOpts & { autoSelectFamilyAttemptTimeout: number } = {
      port: addresses[0]?.port ?? port,
      host: addresses.length === 1 ? addresses[0]!.address : host,
      lookup: answerWith(addresses),
      autoSelectFamily: addresses.length > 1,
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER_MS,
      ...(sourceIp === undefined ? undefined : { localAddress: sourceIp }),
      ...(sourcePort === undefined ? undefined : { localPort: sourcePort }),
    };
    return await stream.connect(place, { serverHostname: host });
  }
}

/** What ends the waiting for a connection: a time, or a signal. */
class ConnectLimit {
  readonly reached: Promise<never>;
  isReached = false;
  readonly #timer: Timer | undefined;
  readonly #forgetSignal: () => void = () => {};

  constructor(place: string, { timeout, signal }: TCPConnectOptions) {
    let reach: (reason: unknown) => void = () => {};
    this.reached = new Promise((_, reject) => {
      reach = (reason) => {
        this.isReached = true;
        reject(reason);
      };
    });
    this.reached.catch(() => {});
    if (timeout !== undefined) {
      const message = `${place} could not be connected to within ${timeout} s.`;
      this.#timer = new Timer(timeout, () => reach(new TimeoutError(message)));
    }
    if (signal !== undefined) this.#forgetSignal = onAbort(signal, () => reach(signal.reason));
  }

  clear(): void {
    this.#timer?.clear();
    this.#forgetSignal();
  }
}

/** Node looks names up by itself; the resolver has done it. */
function answerWith(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_host, options, callback) => {
    const found = addresses.map(({ address, family }) => ({ address, family }));
    if (options.all === true) callback(null, found);
    else callback(null, found[0]?.address ?? "", found[0]?.family);
  };
}
