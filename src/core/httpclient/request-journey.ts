/** The way of one request: its turn, a connection, redirects, the body. */

import { onAbort } from "../async/on-abort.js";
import type { ConnectionPools } from "./connection-pools.js";
import { exchange, type WireResponse } from "./exchange.js";
import { exchangeExpectingConsent } from "./expect-continue.js";
import { toClientError } from "./failure.js";
import type { HTTPRequest } from "./http-request.js";
import { HTTPResponse, HTTPStreamClosedError, HTTPTimeoutError } from "./http-response.js";
import { isRedirect, redirectedRequest } from "./redirect.js";
import type { RequestQueue } from "./request-queue.js";
import { CallbackError, consumeContentEncoding, readBody, refuseAnnouncedLength } from "./response-body.js";
import { type FetchPlan, peerOf, type WireRequest } from "./wire-request.js";

/** What requests of one client share. */
export interface JourneyMeans {
  readonly pools: ConnectionPools;
  readonly queue: RequestQueue;
  readonly maxHeaderBytes: number;
  /** Aborted when the client is closed. */
  readonly closing: AbortSignal;
}

/** What a redirect says besides where to is read so far, so that its connection can be used again. */
const maxRedirectBodyBytes = 65_536;
const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/** Sends one request, and follows it until there is a response that is not to be followed any more. */
export class RequestJourney {
  readonly #means: JourneyMeans;
  readonly #plan: FetchPlan;
  readonly #ending = new AbortController();
  readonly #startMs = performance.now();
  readonly #startTime = Date.now() / 1000;
  #request: WireRequest;
  #phase: "queue" | "connect" | "request" = "queue";
  #isReused = false;
  #redirects = 0;
  readonly #times = { queue: 0, connect: 0, starttransfer: 0, redirect: 0 };

  constructor(means: JourneyMeans, wire: WireRequest, plan: FetchPlan) {
    this.#means = means;
    this.#request = wire;
    this.#plan = plan;
  }

  /**
   * Goes the whole way, once.
   *
   * @throws HTTPClientError without a response, the signal's reason, or what a callback has thrown.
   */
  async run(request: HTTPRequest): Promise<HTTPResponse> {
    const stopWatching = this.#watch();
    const { signal } = this.#ending;
    let release = () => {};
    try {
      signal.throwIfAborted();
      release = await this.#means.queue.enter(this.#plan.connectTimeoutMs, signal);
      this.#times.queue = this.#elapsed();
      // Raced: a callback that never returns must not outlive the time that the request has.
      return await Promise.race([this.#travel(request), rejection(signal)]);
    } catch (error) {
      const failure = signal.aborted ? signal.reason : this.#failure(error);
      this.#ending.abort(failure);
      throw failure;
    } finally {
      release();
      stopWatching();
    }
  }

  /** The reasons that end a request from outside. */
  #watch(): () => void {
    const { signal, requestTimeoutMs } = this.#plan;
    const { closing } = this.#means;
    const expire = () => this.#ending.abort(this.#timeout());
    const timer = requestTimeoutMs === 0 ? undefined : setTimeout(expire, requestTimeoutMs);
    const cancel = () => this.#ending.abort(signal!.reason);
    const close = () => this.#ending.abort(closing.reason);
    if (signal?.aborted) cancel();
    const forgetSignal = signal === null ? undefined : onAbort(signal, cancel);
    const forgetClosing = onAbort(closing, close);
    return () => {
      clearTimeout(timer);
      forgetSignal?.();
      forgetClosing();
    };
  }

  async #travel(request: HTTPRequest): Promise<HTTPResponse> {
    for (;;) {
      const response = await this.#send();
      const location = response.headers.get("Location");
      const { maxRedirects } = this.#plan;
      if (!isRedirect(response.code, location) || maxRedirects === -1) return this.#read(request, response);
      const next = redirectedRequest(this.#request, response.code, location);
      if (next === null || this.#redirects >= maxRedirects) {
        const why = next === null ? "leads to no address of http or https" : "is one more than maxRedirects allows";
        return this.#read(request, response, why);
      }
      await discard(response);
      this.#redirects++;
      this.#times.redirect = this.#elapsed();
      this.#request = next;
    }
  }

  /**
   * Sends the request, and once more when a connection that was kept open turns out to be closed: the server may have ended it the
   * moment it was used again (RFC 9110, section 9.2.2, for requests that change nothing).
   */
  async #send(): Promise<WireResponse> {
    try {
      return await this.#sendOnce();
    } catch (error) {
      const isStale = this.#isReused && this.#failure(error) instanceof HTTPStreamClosedError;
      if (!isStale || !safeMethods.has(this.#request.method) || this.#ending.signal.aborted) throw error;
      return this.#sendOnce();
    }
  }

  async #sendOnce(): Promise<WireResponse> {
    const { pools } = this.#means;
    const opened = pools.opened;
    this.#isReused = false;
    const { connectTimeoutMs } = this.#plan;
    this.#phase = "connect";
    const expire = () => this.#ending.abort(this.#timeout());
    const timer = connectTimeoutMs === 0 ? undefined : setTimeout(expire, connectTimeoutMs);
    const connected = () => {
      clearTimeout(timer);
      this.#phase = "request";
      // When no connection was begun since, it is one that was there; when one was, it may be another request's.
      this.#isReused = pools.opened === opened;
      this.#times.connect = this.#elapsed();
    };
    try {
      const response = await this.#exchange(connected);
      this.#times.starttransfer = this.#elapsed();
      return response;
    } finally {
      clearTimeout(timer);
    }
  }

  async #exchange(connected: () => void): Promise<WireResponse> {
    const { pools, maxHeaderBytes } = this.#means;
    const { signal } = this.#ending;
    if (this.#request.expect100Continue) {
      const socket = await pools.connect(this.#request);
      connected();
      return exchangeExpectingConsent(socket, this.#request, maxHeaderBytes, signal);
    }
    const dispatcher = await pools.dispatcherFor(this.#request);
    signal.throwIfAborted();
    return exchange(dispatcher, this.#request, connected, signal);
  }

  async #read(request: HTTPRequest, response: WireResponse, redirectProblem?: string): Promise<HTTPResponse> {
    const { decompressResponse, maxBodyBytes, streamingCallback, headerCallback } = this.#plan;
    const { code, reason, headers } = response;
    try {
      if (headerCallback !== null) this.#tellHeaders(response, headerCallback);
      const encoding = decompressResponse ? consumeContentEncoding(headers) : null;
      if (this.#request.method !== "HEAD") refuseAnnouncedLength(headers, maxBodyBytes);
      const chunks: Buffer[] = [];
      const take = streamingCallback ?? ((chunk: Buffer) => void chunks.push(chunk));
      await readBody(response.body, encoding, maxBodyBytes, take);
      const total = this.#elapsed();
      return new HTTPResponse(request, {
        code,
        reason,
        headers,
        body: Buffer.concat(chunks),
        effectiveUrl: this.#request.url.href,
        requestTime: total,
        startTime: this.#startTime,
        timeInfo: { ...this.#times, total },
        ...(redirectProblem === undefined ? {} : { redirectProblem }),
      });
    } finally {
      response.body.destroy();
    }
  }

  #tellHeaders({ code, reason, headers }: WireResponse, tell: (line: string) => void): void {
    try {
      tell(`HTTP/1.1 ${code} ${reason}\r\n`);
      for (const [name, value] of headers) tell(`${name}: ${value}\r\n`);
      tell("\r\n");
    } catch (error) {
      throw new CallbackError(error);
    }
  }

  #elapsed(): number {
    return (performance.now() - this.#startMs) / 1000;
  }

  #failure(error: unknown): unknown {
    return toClientError(error, peerOf(this.#request), this.#phase === "request");
  }

  #timeout(): HTTPTimeoutError {
    const text = { queue: "in request queue, to", connect: "while connecting to", request: "during request to" };
    const message = `Timeout ${text[this.#phase]} ${peerOf(this.#request)}`;
    return new HTTPTimeoutError(message, { kind: `${this.#phase}-timeout` });
  }
}

/** Reads the body of a redirect, so that the connection is free again; a long one ends the connection. */
async function discard({ body }: WireResponse): Promise<void> {
  let received = 0;
  for await (const chunk of body) {
    received += (chunk as Buffer).length;
    if (received > maxRedirectBodyBytes) break;
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
