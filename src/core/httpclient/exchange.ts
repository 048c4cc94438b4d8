/** One request and its response on a connection of a pool. */

import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { HTTPHeaders } from "../http/headers.js";
import { proxyOrigin } from "./connection-pools.js";
import { HTTPClientError } from "./http-response.js";
import { producedBody } from "./produced-body.js";
import { headerFields, type WireRequest } from "./wire-request.js";

/** A response whose headers have arrived. Ending the body before its end ends the connection. */
export interface WireResponse {
  readonly code: number;
  readonly reason: string;
  readonly headers: HTTPHeaders;
  readonly body: Readable;
}

/** As many interim responses are waited through; a server can send them without end. */
export const maxInterimResponses = 10;
/** As much of a body is taken ahead of its reader; with less, a connection is paused at every piece. */
const bufferedBytes = 262_144;

/**
 * Sends a request; resolves with the headers of the response.
 *
 * @param onConnected - Called when a connection is ready, right before the request is sent.
 * @param signal - Ends it at any time; the body then fails with the signal's reason.
 */
export function exchange(
  dispatcher: Dispatcher,
  request: WireRequest,
  onConnected: () => void,
  signal: AbortSignal,
): Promise<WireResponse> {
  return new Promise((resolve, reject) => {
    const response = new IncomingResponse(onConnected, signal, resolve, reject);
    const { body } = request;
    dispatcher.dispatch(
      { ...targetOf(request), method: request.method, body: typeof body === "function" ? producedBody(body) : body },
      response,
    );
  });
}

/** Ends a request that gets one interim response after the other. */
export function endlessInterim(): HTTPClientError {
  return new HTTPClientError(599, "The server sends interim responses without end", { kind: "malformed" });
}

/** Ends a request that the server takes for a wish to leave HTTP. */
export function anotherProtocol(): HTTPClientError {
  return new HTTPClientError(599, "The server changes to another protocol", { kind: "malformed" });
}

function targetOf(request: WireRequest): {
  origin: string;
  path: string;
  headers: string[] | Record<string, string[]>;
} {
  const { url, proxy, headers } = request;
  const path = url.pathname + url.search;
  if (proxy === null) return { origin: url.origin, path, headers: headerFields(headers) };
  if (url.protocol === "https:") return { origin: url.origin, path, headers: fieldsByName(headerFields(headers)) };
  const proxied = headers.copy();
  proxied.setDefault("Host", url.host);
  if (proxy.authorization !== null) proxied.set("Proxy-Authorization", proxy.authorization);
  // RFC 9112, section 3.2.2: a proxy gets the whole address.
  return { origin: proxyOrigin(proxy.host, proxy.port), path: url.origin + path, headers: headerFields(proxied) };
}

/** For undici's ProxyAgent, which keeps only the last field of a name from a flat list. */
function fieldsByName(headers: readonly string[]): Record<string, string[]> {
  const fields: Record<string, string[]> = Object.create(null);
  for (let i = 0; i < headers.length; i += 2) {
    const values = fields[headers[i]!] ?? [];
    values.push(headers[i + 1]!);
    fields[headers[i]!] = values;
  }
  return fields;
}

/** Listens to undici, and makes of what it hears a response with a body that can be read at the reader's pace. */
class IncomingResponse implements Dispatcher.DispatchHandler {
  readonly #onConnected: () => void;
  readonly #signal: AbortSignal;
  readonly #resolve: (response: WireResponse) => void;
  readonly #reject: (error: unknown) => void;
  readonly #onAbort: () => void;
  #controller: Dispatcher.DispatchController | undefined;
  #body: Readable | undefined;
  #interimResponses = 0;
  #isOver = false;

  constructor(
    onConnected: () => void,
    signal: AbortSignal,
    resolve: (response: WireResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#onConnected = onConnected;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#onAbort = () => this.#abort(signal.reason);
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // The connection may be ready when nobody waits for it any more.
    if (this.#signal.aborted) controller.abort(this.#signal.reason);
    else this.#onConnected();
  }

  onResponseStart(controller: Dispatcher.DispatchController, code: number, _: unknown, reason = ""): void {
    if (code < 200) {
      if (++this.#interimResponses > maxInterimResponses) {
        this.#abort(endlessInterim());
      }
      return;
    }
    const body = new Readable({
      highWaterMark: bufferedBytes,
      read: () => controller.resume(),
      destroy: (error, done) => {
        if (!this.#isOver) this.#abort(error ?? new Error("The rest of the response is not wanted."));
        done(error);
      },
    });
    // Whoever reads it gets the error as well.
    body.on("error", () => {});
    this.#body = body;
    const headers = HTTPHeaders.fromRaw((controller.rawHeaders as Buffer[]).map((field) => field.toString("latin1")));
    this.#resolve({ code, reason, headers, body });
    // undici waits for as many bytes as they announce, which never come (RFC 9112, section 6.3).
    if (code === 204 || code === 304) this.onResponseEnd();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#body?.push(chunk) === false) controller.pause();
  }

  onResponseEnd(): void {
    this.#end();
    this.#body?.push(null);
  }

  onResponseError(_: unknown, error: Error): void {
    if (this.#isOver) return;
    this.#end();
    this.#reject(error);
    this.#body?.destroy(error);
  }

  onRequestUpgrade(controller: Dispatcher.DispatchController): void {
    controller.abort(anotherProtocol());
  }

  #abort(reason: unknown): void {
    this.#end();
    this.#reject(reason);
    this.#controller?.abort(reason as Error);
    this.#body?.destroy(reason as Error);
  }

  #end(): void {
    this.#isOver = true;
    this.#signal.removeEventListener("abort", this.#onAbort);
  }
}
