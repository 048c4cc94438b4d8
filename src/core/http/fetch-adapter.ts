/** A transport without a socket: a `Request` of the Fetch standard in, a `Response` out, behind the same seam. */

import { type Duplex, PassThrough } from "node:stream";
import { TornadoError } from "../errors.js";
import { generalLog } from "../log.js";
import type {
  HTTPConnection,
  HTTPMessageDelegate,
  HTTPServerConnectionDelegate,
  ResponseStartLine,
  WriteCallback,
} from "./connection.js";
import { goneError } from "./gone-error.js";
import { HTTPHeaders } from "./headers.js";
import { HTTPInputError, HTTPOutputError } from "./http-input-error.js";
import { makeRefusal } from "./refusal.js";

export interface FetchOptions {
  /** Address of the client, if the caller knows it. Default `0.0.0.0`. */
  readonly remoteIp?: string;
  /** Largest request body in bytes, unless the delegate sets its own. Default 100 MB. */
  readonly maxBodySize?: number;
}

/**
 * Serves one request to a delegate. The response's body streams as it is written, with back-pressure. Rejects with the reason of
 * the request's signal when that is aborted before there is a response.
 *
 * @example
 * const response = await fetchFromDelegate(app, new Request("http://localhost/stories/1"));
 */
export function fetchFromDelegate(
  delegate: HTTPServerConnectionDelegate,
  request: Request,
  options: FetchOptions = {},
): Promise<Response> {
  return new Promise((resolve, reject) => {
    request.signal.throwIfAborted();
    void new FetchConnection(request, options, resolve, reject).serve(delegate);
  });
}

/** Statuses whose `Response` may not have a body. */
const bodiless: ReadonlySet<number> = new Set([101, 204, 205, 304]);

class FetchConnection implements HTTPConnection {
  readonly remoteIp: string;
  readonly protocol: string;
  readonly #request: Request;
  readonly #url: URL;
  readonly #respond: (response: Response) => void;
  readonly #abandon: (reason: unknown) => void;
  #maxBodyBytes: number;
  #bodyTimer: NodeJS.Timeout | undefined;
  #delegate: HTTPMessageDelegate | undefined;
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  #hasHeaders = false;
  #isFinished = false;
  #isClosed = false;
  /** Callbacks of pieces that the reader has not asked for yet. */
  #waiting: WriteCallback[] = [];
  #socket: PassThrough | undefined;

  constructor(
    request: Request,
    options: FetchOptions,
    respond: (response: Response) => void,
    abandon: (reason: unknown) => void,
  ) {
    this.#abandon = abandon;
    this.#request = request;
    this.#url = new URL(request.url);
    this.#respond = respond;
    this.#maxBodyBytes = options.maxBodySize ?? 100 * 1024 * 1024;
    this.remoteIp = options.remoteIp ?? "0.0.0.0";
    this.protocol = this.#url.protocol.slice(0, -1);
  }

  /** There is none: what is written to this one goes nowhere. To destroy it breaks the response off, as `cut` does. */
  get socket(): Duplex {
    if (this.#socket === undefined) {
      this.#socket = new PassThrough();
      this.#socket.once("close", () => this.#close());
    }
    return this.#socket;
  }

  async serve(delegate: HTTPServerConnectionDelegate): Promise<void> {
    const headers = new HTTPHeaders(this.#request.headers);
    headers.setDefault("Host", this.#url.host);
    this.#request.signal.addEventListener("abort", () => this.#close(), { once: true });
    try {
      this.#delegate = delegate.startRequest(this);
      const path = this.#url.pathname + this.#url.search;
      await this.#delegate.headersReceived({ method: this.#request.method, path, version: "HTTP/1.1" }, headers);
      await this.#readBody();
      if (!this.#isFinished && !this.#isClosed) this.#delegate.finish();
    } catch (error) {
      this.#fail(error);
    } finally {
      clearTimeout(this.#bodyTimer);
    }
  }

  setMaxBodySize(maxBodyBytes: number): void {
    this.#maxBodyBytes = maxBodyBytes;
  }

  setBodyTimeout(seconds: number): void {
    clearTimeout(this.#bodyTimer);
    const expire = () => this.#fail(new HTTPInputError("the body took too long", { status: 408 }));
    this.#bodyTimer = setTimeout(expire, seconds * 1000);
  }

  async #readBody(): Promise<void> {
    if (this.#request.body === null) return;
    let received = 0;
    for await (const chunk of this.#request.body as AsyncIterable<Uint8Array>) {
      if (this.#isFinished || this.#isClosed) return;
      received += chunk.byteLength;
      if (received > this.#maxBodyBytes) {
        throw new HTTPInputError(`a body of more than ${this.#maxBodyBytes} bytes`, { status: 413 });
      }
      await this.#delegate!.dataReceived(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    }
  }

  writeHeaders(
    startLine: ResponseStartLine,
    headers: HTTPHeaders,
    chunk?: Uint8Array | string,
    callback?: WriteCallback,
  ): void {
    if (this.#isClosed) {
      if (callback !== undefined) queueMicrotask(() => callback(goneError()));
      return;
    }
    if (this.#hasHeaders) throw new HTTPOutputError("The headers of this response have been written already.");
    if (startLine.code < 200 || startLine.code > 599) {
      throw new HTTPOutputError(`A Response of the Fetch standard cannot have the status ${startLine.code}.`);
    }
    this.#hasHeaders = true;
    const hasBody = this.#request.method !== "HEAD" && !bodiless.has(startLine.code);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#body = controller;
      },
      pull: () => this.#callBack(),
      cancel: () => this.#close(),
    });
    if (!hasBody) this.#body = undefined;
    this.#respond(makeResponse(startLine, headers, hasBody ? body : null));
    if (chunk !== undefined) this.write(chunk, callback);
    else if (callback !== undefined) queueMicrotask(callback);
  }

  write(chunk: Uint8Array | string, callback?: WriteCallback): void {
    if (callback !== undefined) this.#waiting.push(callback);
    if (this.#isClosed) {
      this.#callBack(goneError());
      return;
    }
    if (!this.#hasHeaders || this.#isFinished)
      throw new HTTPOutputError("write() belongs between writeHeaders() and finish().");
    if (this.#body === undefined || chunk.length === 0) {
      queueMicrotask(() => this.#callBack());
    } else {
      this.#body.enqueue(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
    }
  }

  finish(callback?: WriteCallback): void {
    if (!this.#isClosed && (!this.#hasHeaders || this.#isFinished))
      throw new HTTPOutputError("finish() belongs once behind writeHeaders().");
    this.#isFinished = true;
    if (!this.#isClosed) this.#body?.close();
    if (callback !== undefined) queueMicrotask(() => callback(this.#isClosed ? goneError() : null));
  }

  detach(): Duplex {
    throw new TornadoError(
      "NO_SOCKET",
      "detach() needs a socket, and a request made by fetch has none. Listen on a port for it.",
    );
  }

  cut(): void {
    this.#close();
  }

  #callBack(error?: Error): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const callback of waiting) callback(error ?? null);
  }

  #fail(error: unknown): void {
    if (this.#isClosed || this.#isFinished) return;
    const isInput = error instanceof HTTPInputError;
    if (isInput) generalLog.info(`Malformed request: ${error.message}`);
    else generalLog.error("Uncaught exception while a request was served", error);
    if (this.#hasHeaders) {
      this.#body?.error(error);
    } else {
      const { status, reason, headers, body } = makeRefusal(isInput ? error.status : 500);
      this.#respond(makeResponse({ code: status, reason }, HTTPHeaders.fromRaw(headers), body));
    }
    this.#close();
  }

  #close(): void {
    if (this.#isClosed || this.#isFinished) return;
    this.#isClosed = true;
    // Nobody will answer a client that has left; whoever waits for the response, or for its end, must learn it.
    const reason = this.#request.signal.aborted ? this.#request.signal.reason : goneError();
    this.#abandon(reason);
    this.#body?.error(reason);
    this.#callBack(goneError());
    try {
      this.#delegate?.onConnectionClose();
    } catch (error) {
      generalLog.error("Uncaught exception in onConnectionClose()", error);
    }
  }
}

function makeResponse(
  startLine: ResponseStartLine,
  headers: HTTPHeaders,
  body: ReadableStream<Uint8Array> | string | null,
): Response {
  const fields = new Headers();
  for (const [name, value] of headers) {
    // A connection is what a Response has not.
    if (name.toLowerCase() !== "connection")
      fields.append(name, /[^\x00-\xff]/.test(value) ? Buffer.from(value).toString("latin1") : value);
  }
  return new Response(body, { status: startLine.code, statusText: startLine.reason, headers: fields });
}
