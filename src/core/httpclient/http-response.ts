/** A response that has arrived, and the errors of a request that got none, or one of failure. */

import { STATUS_CODES } from "node:http";
import { Readable } from "node:stream";
import type { HTTPHeaders } from "../http/headers.js";
import type { HTTPRequest } from "./http-request.js";

/** Where the time of a request went, in seconds from its start. */
export interface TimeInfo {
  /** How long it waited for a place among `maxClients`. */
  readonly queue: number;
  /** When the last connection was ready; the same as `queue` if it was open already. */
  readonly connect: number;
  /** When the headers of the response had arrived. */
  readonly starttransfer: number;
  /** How long redirects took before the last request was sent. */
  readonly redirect: number;
  readonly total: number;
}

/** What a response is made from. */
export interface HTTPResponseInit {
  readonly code: number;
  readonly reason?: string;
  readonly headers: HTTPHeaders;
  readonly body?: Buffer;
  readonly effectiveUrl?: string;
  readonly requestTime?: number;
  readonly startTime?: number;
  readonly timeInfo?: TimeInfo;
  /** Why the redirect that this response is was not followed. */
  readonly redirectProblem?: string;
}

/** A response that has arrived to its end. */
export class HTTPResponse {
  /** The request as it was asked for; redirects do not change it. */
  readonly request: HTTPRequest;
  readonly code: number;
  readonly reason: string;
  readonly headers: HTTPHeaders;
  /** The body, inflated; empty when a `streamingCallback` has taken it. */
  readonly body: Buffer;
  /** The address that answered, which redirects may have changed; without credentials. */
  readonly effectiveUrl: string;
  /** The error that this response is; `null` for a status from 200 to 299. */
  readonly error: HTTPClientError | null;
  /** Seconds from the start of the request to the end of the response. */
  readonly requestTime: number;
  /** When the request was started, in seconds since 1970. */
  readonly startTime: number;
  readonly timeInfo: TimeInfo;

  constructor(request: HTTPRequest, init: HTTPResponseInit) {
    this.request = request;
    this.code = init.code;
    this.reason = init.reason || (STATUS_CODES[init.code] ?? "Unknown");
    this.headers = init.headers;
    this.body = init.body ?? Buffer.alloc(0);
    this.effectiveUrl = init.effectiveUrl ?? request.url;
    this.requestTime = init.requestTime ?? 0;
    this.startTime = init.startTime ?? 0;
    this.timeInfo = init.timeInfo ?? { queue: 0, connect: 0, starttransfer: 0, redirect: 0, total: 0 };
    this.error = this.#makeError(init.redirectProblem);
  }

  /** The body as a stream, from its beginning. */
  get buffer(): Readable {
    return Readable.from(this.body.length === 0 ? [] : [this.body], { objectMode: false });
  }

  /** Throws the error that this response is, if it is one. */
  rethrow(): void {
    if (this.error !== null) throw this.error;
  }

  #makeError(redirectProblem: string | undefined): HTTPClientError | null {
    if (redirectProblem !== undefined) {
      const message = `${this.reason}. This redirect ${redirectProblem}`;
      return new HTTPClientError(this.code, message, { kind: "too-many-redirects", response: this });
    }
    const isSuccess = this.code >= 200 && this.code < 300;
    return isSuccess ? null : new HTTPClientError(this.code, this.reason, { response: this });
  }

  /** The body as UTF-8. */
  text(): string {
    return this.body.toString("utf8");
  }

  /**
   * The body read as JSON.
   *
   * @throws SyntaxError that names the address when it is not JSON; the body is not shown, since it may hold secrets.
   */
  json<Value = unknown>(): Value {
    try {
      return JSON.parse(this.text()) as Value;
    } catch {
      const { host } = new URL(this.effectiveUrl);
      const type = this.headers.get("Content-Type") ?? "no Content-Type";
      throw new SyntaxError(`The response ${this.code} of ${host} is not JSON (${type}, ${this.body.length} bytes).`);
    }
  }
}

/** What went wrong. With `status` and `too-many-redirects` there is a response. */
export type HTTPClientErrorKind =
  | "status"
  | "too-many-redirects"
  | "queue-timeout"
  | "connect-timeout"
  | "request-timeout"
  | "host-not-found"
  | "refused"
  | "unreachable"
  | "tls"
  | "proxy"
  | "closed"
  | "too-large"
  | "malformed"
  | "request-body";

export interface HTTPClientErrorOptions extends ErrorOptions {
  readonly kind?: HTTPClientErrorKind;
  readonly response?: HTTPResponse | null;
}

/**
 * A request that did not succeed. Tornado's `HTTPError` of the client.
 *
 * Neither the message nor what a log prints of it holds credentials, a path or a query.
 */
export class HTTPClientError extends Error {
  /** The status of the response; 599 when there was none. */
  readonly code: number;
  readonly kind: HTTPClientErrorKind;
  /** The response, if one has arrived. Not enumerable: its body belongs in no log. */
  declare readonly response: HTTPResponse | null;

  constructor(code: number, message?: string | null, options: HTTPClientErrorOptions = {}) {
    const { kind = "status", response = null, ...errorOptions } = options;
    super(`HTTP ${code}: ${message ?? STATUS_CODES[code] ?? "Unknown"}`, errorOptions);
    this.name = new.target.name;
    this.code = code;
    this.kind = kind;
    Object.defineProperty(this, "response", { value: response, enumerable: false });
  }
}

/** Something took longer than the request allows; `kind` says what. */
export class HTTPTimeoutError extends HTTPClientError {
  constructor(message: string, options: HTTPClientErrorOptions = {}) {
    super(599, message, { kind: "request-timeout", ...options });
  }
}

/** The connection ended before the response did. */
export class HTTPStreamClosedError extends HTTPClientError {
  constructor(message: string, options: HTTPClientErrorOptions = {}) {
    super(599, message, { kind: "closed", ...options });
  }
}
