/** The client: who sends requests, how many at once, and with which defaults. */

import { ConnectionPools } from "./connection-pools.js";
import { HTTPRequest, type HTTPRequestOptions, knownRequestOptions } from "./http-request.js";
import { type HTTPResponse, HTTPStreamClosedError } from "./http-response.js";
import { RequestJourney } from "./request-journey.js";
import { RequestQueue } from "./request-queue.js";
import { prepareRequest } from "./wire-request.js";

/** How a client works. */
export interface HTTPClientOptions {
  /** So many requests run at once; the others wait. Default 10. */
  readonly maxClients?: number;
  /** Fields of every request that does not set them. */
  readonly defaults?: Omit<HTTPRequestOptions, "method" | "body" | "bodyProducer" | "signal">;
  /** Most bytes of a response's body, unless its request says otherwise. Default 100 MB. */
  readonly maxBodySize?: number;
  /** Most bytes of a response's headers. Default 64 kB. */
  readonly maxHeaderSize?: number;
  /** Hosts, or `host:port`, to connect to in place of those of a URL; certificates must still be the URL's. */
  readonly hostnameMapping?: Readonly<Record<string, string>>;
}

/** How a response is asked for. */
export interface FetchOptions extends HTTPRequestOptions {
  /** Rejects for a status outside 200 to 299. Without it, look at `response.error`. Default true. */
  readonly raiseError?: boolean;
}

const optionNames: ReadonlySet<string> = new Set([
  "maxClients",
  "defaults",
  "maxBodySize",
  "maxHeaderSize",
  "hostnameMapping",
]);

/** What stands behind one or many `AsyncHTTPClient`. */
class Engine {
  readonly #closing = new AbortController();
  readonly #options: HTTPClientOptions;
  readonly #pools: ConnectionPools;
  readonly #queue: RequestQueue;
  readonly #maxHeaderBytes: number;

  constructor(options: HTTPClientOptions) {
    checkOptions(options);
    this.#options = options;
    this.#maxHeaderBytes = options.maxHeaderSize ?? 65_536;
    this.#queue = new RequestQueue(options.maxClients ?? 10);
    this.#pools = new ConnectionPools({
      maxHeaderBytes: this.#maxHeaderBytes,
      hostnameMapping: options.hostnameMapping ?? {},
    });
  }

  fetch(request: HTTPRequest): Promise<HTTPResponse> {
    const { defaults = {}, maxBodySize = 100 * 1024 * 1024 } = this.#options;
    const { wire, plan } = prepareRequest(request, defaults, maxBodySize);
    const means = {
      pools: this.#pools,
      queue: this.#queue,
      maxHeaderBytes: this.#maxHeaderBytes,
      closing: this.#closing.signal,
    };
    return new RequestJourney(means, wire, plan).run(request);
  }

  close(): Promise<void> {
    this.#closing.abort(new HTTPStreamClosedError("The client was closed"));
    return this.#pools.destroy();
  }
}

let sharedOptions: HTTPClientOptions = {};
let shared: Engine | null = null;

/**
 * Sends requests without waiting for one before the next.
 *
 * Every `new AsyncHTTPClient()` stands for one client of the process, which keeps its connections; `forceInstance` makes one of its own.
 *
 * @example
 * const http = new AsyncHTTPClient();
 * const response = await http.fetch("https://example.com/items");
 * const items = response.json<Item[]>();
 */
export class AsyncHTTPClient implements AsyncDisposable {
  /** `null` for the one that is shared. */
  readonly #own: Engine | null;
  #isClosed = false;

  /** @throws TypeError for options without `forceInstance`: the shared client is set up by `configure`. */
  constructor(options: HTTPClientOptions & { readonly forceInstance?: boolean } = {}) {
    const { forceInstance = false, ...clientOptions } = options;
    if (!forceInstance && Object.keys(clientOptions).length > 0) {
      throw new TypeError(
        "The client of the process is shared. Call AsyncHTTPClient.configure(), or set forceInstance for one with options of its own.",
      );
    }
    this.#own = forceInstance ? new Engine({ ...sharedOptions, ...clientOptions }) : null;
  }

  /** Sets up the shared client, and the defaults of those with `forceInstance`. What it sent before goes on to its end. */
  static configure(options: HTTPClientOptions): void {
    checkOptions(options);
    sharedOptions = options;
    // Not closed: its requests are somebody's, and idle connections end by themselves.
    shared = null;
  }

  /**
   * Sends a request and waits for the whole response.
   *
   * @throws HTTPClientError when there is no response, or one of failure and `raiseError` is on; TypeError for a request
   *   that cannot be meant; the reason of `signal`.
   */
  async fetch(request: string | URL | HTTPRequest, options: FetchOptions = {}): Promise<HTTPResponse> {
    if (this.#isClosed) throw new TypeError("fetch() of a client that was closed. Make a new one.");
    const { raiseError = true, ...fields } = options;
    if (request instanceof HTTPRequest && Object.keys(fields).length > 0) {
      throw new TypeError("fetch() takes a URL with options, or an HTTPRequest. Put the options into the request.");
    }
    const asked = request instanceof HTTPRequest ? request : new HTTPRequest(request, fields);
    const response = await this.#engine().fetch(asked);
    if (raiseError) response.rethrow();
    return response;
  }

  /** Ends all connections; requests under way fail. Of the shared client, a `new AsyncHTTPClient()` begins anew. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const engine = this.#own ?? shared;
    if (this.#own === null) shared = null;
    await engine?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #engine(): Engine {
    if (this.#own !== null) return this.#own;
    shared ??= new Engine(sharedOptions);
    return shared;
  }
}

function checkOptions(options: HTTPClientOptions): void {
  for (const name of Object.keys(options)) {
    if (!optionNames.has(name)) {
      throw new TypeError(`AsyncHTTPClient has no option "${name}". Fields of requests go into "defaults".`);
    }
  }
  knownRequestOptions(options.defaults ?? {});
  for (const name of ["maxClients", "maxBodySize", "maxHeaderSize"] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      throw new TypeError(`${name} is ${String(value)}. Give a whole number above 0.`);
    }
  }
}
