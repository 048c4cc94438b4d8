/** Handlers that need no code of an app's own. */

import { type IncomingMessage, METHODS, type ServerResponse } from "node:http";
import { TornadoError, toError } from "../errors.js";
import type { HTTPServerRequest } from "../http/request.js";
import { isSafeRedirectTarget, urlConcat } from "../http/urls.js";
import { expectedError } from "./expected-error.js";
import { HTTPError } from "./http-error.js";
import { fillTarget } from "./redirect-target.js";
import { giveAway, RequestHandler } from "./request-handler.js";
import { runUnawaited } from "./run-unawaited.js";

/** Answers every method with an error page. A form is not checked for its token: a wrong address is a 404, not a 403. */
export class ErrorHandler extends RequestHandler<{ statusCode: number }> {
  static override readonly usesSession: boolean = false;

  #statusCode = 404;

  override initialize({ statusCode }: { statusCode: number }): void {
    this.#statusCode = statusCode;
  }

  override prepare(): void {
    throw expectedError(this.#statusCode);
  }

  override checkXsrfCookie(): void {}
}

/** What a `RedirectHandler` needs. */
export interface RedirectKwargs {
  /**
   * The target. `{0}` and `{name}` stand for the groups of the route, percent-encoded. In the host they may stand before a
   * fixed domain, as in `https://{0}.example.com/`: elsewhere the request would choose the site, and the answer is 404.
   */
  readonly url: string;
  /** 301, or 302 when false. Default true. */
  readonly permanent?: boolean;
}

/**
 * Redirects GET requests; the arguments of the query go along.
 *
 * ```ts
 * ["/pictures/(.*)", RedirectHandler, { url: "/photos/{0}" }]
 * ```
 */
export class RedirectHandler extends RequestHandler<RedirectKwargs> {
  static override readonly usesSession: boolean = false;

  #url = "";
  #permanent = true;

  override initialize({ url, permanent = true }: RedirectKwargs): void {
    this.#url = url;
    this.#permanent = permanent;
  }

  get(): Promise<void> {
    const filled = fillTarget(this.#url, (key) =>
      /^\d+$/.test(key) ? this.pathArgs[Number(key)] : this.pathKwargs[key],
    );
    // A group must not turn a path of ours into another site: "/{0}" with "/evil.test" would be "//evil.test".
    if (!filled.isExternal && !isSafeRedirectTarget(filled.url, this.request.fullUrl())) throw expectedError(404);
    return this.redirect(urlConcat(filled.url, this.#queryArguments()), {
      permanent: this.#permanent,
      external: filled.isExternal,
    });
  }

  #queryArguments(): [string, string][] {
    const pairs: [string, string][] = [];
    for (const name of this.request.queryArguments.keys()) {
      for (const value of this.getQueryArguments(name, { strip: false })) pairs.push([name, value]);
    }
    return pairs;
  }
}

/** What a `FallbackHandler` needs: one of the three. */
export interface FallbackKwargs {
  /** Answers the request through `request.connection`; its body has been read. */
  readonly fallback?: (request: HTTPServerRequest) => void | Promise<void>;
  /** Answers a `Request` of the Fetch standard, as the handlers of Hono and others do. */
  readonly fetch?: (request: Request) => Response | Promise<Response>;
  /** Answers as a listener of `node:http` does: an application of Express, Connect or Koa. It reads the body itself. */
  readonly listener?: (request: IncomingMessage, response: ServerResponse) => unknown;
}

/**
 * Hands a request to another framework.
 *
 * What a `fetch` function answers is sent as any other response. A `fallback` and a `listener` answer by themselves: the
 * access log does not see it. A `listener` reads the body itself, of which it gets no more than the limit of the route or the server.
 *
 * ```ts
 * ["/old/.*", FallbackHandler, { listener: expressApp }]
 * ```
 */
export class FallbackHandler extends RequestHandler<FallbackKwargs> {
  static override readonly usesSession: boolean = false;
  /** Which methods there are is for the other framework to say. */
  static override readonly SUPPORTED_METHODS: readonly string[] = METHODS;

  static override streamsRequestBodyWith({ listener }: FallbackKwargs): boolean {
    return listener !== undefined;
  }

  #kwargs: FallbackKwargs = {};

  override initialize(kwargs: FallbackKwargs): void {
    this.#kwargs = kwargs;
  }

  override prepare(): void | Promise<void> {
    const { fallback, fetch, listener } = this.#kwargs;
    if (listener !== undefined) return this.#answerByListener(listener);
    if (fetch !== undefined) return this.#answerByFetch(fetch);
    if (fallback === undefined) {
      throw new TornadoError(
        "BAD_ROUTE",
        'FallbackHandler needs "fallback", "fetch" or "listener". Give one in the route.',
      );
    }
    const answering = fallback(this.request);
    // Not before: until it has returned without an error, the answer may have to be given here.
    if (answering instanceof Promise) return answering.then(() => this[giveAway]());
    this[giveAway]();
    return undefined;
  }

  override checkXsrfCookie(): void {}

  #answerByListener(listener: NonNullable<FallbackKwargs["listener"]>): void {
    const messages = this.request.connection.takeNodeMessages?.();
    if (messages === undefined) {
      throw new TornadoError(
        "NO_NODE_MESSAGES",
        "The listener of a FallbackHandler needs a request that came through a server. Application.fetch() has none.",
      );
    }
    const { request, response } = messages;
    this[giveAway]((name, value) => response.setHeader(name, value));
    const fail = (thrown: unknown) => {
      runUnawaited(() => this.logException(toError(thrown)), "logException");
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    };
    try {
      const result = listener(request, response);
      if (result instanceof Promise) result.catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  async #answerByFetch(fetch: NonNullable<FallbackKwargs["fetch"]>): Promise<void> {
    const { method, headers, body, signal } = this.request;
    const hasBody = method !== "GET" && method !== "HEAD" && body.length > 0;
    const request = makeRequest(this.request.fullUrl(), {
      method,
      headers: [...headers],
      signal,
      ...(hasBody ? { body: new Uint8Array(body) } : {}),
    });
    const response = await fetch(request);
    this.setStatus(response.status, response.statusText || null);
    this.clearHeader("Content-Type");
    const names = new Set<string>();
    for (const [name, value] of response.headers) {
      if (names.has(name)) this.addHeader(name, value);
      else this.setHeader(name, value);
      names.add(name);
    }
    for await (const chunk of response.body ?? []) {
      this.write(chunk);
      await this.flush();
    }
    if (!this.isFinished) await this.finish();
  }
}

/** A `Request` is pickier than HTTP: it has no TRACE, and no host with a percent sign. That is the client's fault, not ours. */
function makeRequest(url: string, init: RequestInit): Request {
  if (init.method === "TRACE") throw expectedError(405);
  try {
    return new Request(url, init);
  } catch (error) {
    throw new HTTPError(400, "not a request of the Fetch standard", { cause: error });
  }
}
