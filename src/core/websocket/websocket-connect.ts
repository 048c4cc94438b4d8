/** Connects to a WebSocket of a server: Tornado's `websocket_connect`. */

import { readFile } from "node:fs/promises";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import { TornadoError } from "../errors.js";
import { HTTPHeaders } from "../http/headers.js";
import { toClientError } from "../httpclient/failure.js";
import { HTTPRequest, type HTTPRequestOptions } from "../httpclient/http-request.js";
import { HTTPClientError, HTTPResponse, HTTPTimeoutError } from "../httpclient/http-response.js";
import { type MessageCallback, WebSocketClientConnection } from "./client-connection.js";
import { closeTimeoutMs } from "./close-codes.js";
import { deflateOptions, type WebSocketCompressionOptions } from "./compression.js";
import { WebSocketError } from "./errors.js";
import { OrderlyWebSocket } from "./orderly-websocket.js";

/** The fields of an `HTTPRequest` that a handshake has a use for. */
const requestFields = [
  "headers",
  "authUsername",
  "authPassword",
  "authMode",
  "connectTimeout",
  "requestTimeout",
  "userAgent",
  "networkInterface",
  "validateCert",
  "caCerts",
  "clientKey",
  "clientCert",
  "sslOptions",
  "allowIpv6",
  "signal",
  "unixSocket",
] as const;

/** What the handshake asks with; all of these have their meaning from `HTTPRequest`. */
export type WebSocketRequest = Pick<HTTPRequestOptions, (typeof requestFields)[number]>;

/** How a WebSocket is opened and used. */
export interface WebSocketConnectOptions extends WebSocketRequest {
  /** Takes each message, and `null` at the end, in place of `readMessage`. The next waits for a promise that it returns. */
  readonly onMessageCallback?: MessageCallback;
  /** Offers compression; `null`, the default, offers none. */
  readonly compressionOptions?: WebSocketCompressionOptions | null;
  /** Seconds between pings. Default: none. */
  readonly pingInterval?: number;
  /** Seconds to wait for the answer to a ping. Default: the interval. */
  readonly pingTimeout?: number;
  /** Largest message that is taken, in bytes. Default 10 MiB, as in Tornado. */
  readonly maxMessageSize?: number;
  /** Most bytes that may wait to be sent when one more message comes; the connection is closed then. Default 64 MiB. */
  readonly maxQueuedBytes?: number;
  /** Names of subprotocols, the one that is liked most first. */
  readonly subprotocols?: readonly string[];
}

const defaultConnectTimeoutSeconds = 20;
const maxErrorBodyBytes = 64 * 1024;

/**
 * Opens a WebSocket.
 *
 * ```ts
 * const connection = await websocketConnect("wss://example.com/feed", { subprotocols: ["v2"] });
 * await connection.writeMessage({ subscribe: "news" });
 * console.log(await connection.readMessage());
 * ```
 *
 * Redirects are not followed, and there is no `Origin` unless `headers` has one.
 *
 * @param target - A `ws:`, `wss:`, `http:` or `https:` URL, or an `HTTPRequest`, of which the fields of {@link WebSocketRequest} count.
 * @throws HTTPClientError with the status, when the server refuses, or 599 when there was no answer.
 * @throws WebSocketError for an answer that is no WebSocket's.
 */
export async function websocketConnect(
  target: string | URL | HTTPRequest,
  options: WebSocketConnectOptions = {},
): Promise<WebSocketClientConnection> {
  const request = target instanceof HTTPRequest ? target : new HTTPRequest(target);
  const asked: WebSocketConnectOptions = { ...usableFields(request), ...withoutUndefined(options) };
  asked.signal?.throwIfAborted();
  const url = webSocketUrl(request.url);
  const { pingInterval = 0, pingTimeout = pingInterval } = asked;
  const maxMessageSize = asked.maxMessageSize ?? 10 * 2 ** 20;
  const maxQueuedBytes = asked.maxQueuedBytes ?? 64 * 2 ** 20;
  checkSizes({ maxMessageSize, maxQueuedBytes });
  checkSeconds({ pingInterval, pingTimeout });
  const websocket = new OrderlyWebSocket(url, [...(asked.subprotocols ?? [])], {
    ...(await connectionOptions(asked, url)),
    maxPayload: maxMessageSize,
  });
  const headers = await handshake(websocket, request, asked);
  const limits = { pingInterval, pingTimeout, maxMessageSize, maxQueuedBytes };
  const connection = new WebSocketClientConnection(websocket, headers, limits, asked.onMessageCallback);
  websocket.resume();
  return connection;
}

/** Waits for the answer. The socket is held then: no message may come before somebody listens. */
function handshake(
  websocket: OrderlyWebSocket,
  request: HTTPRequest,
  asked: WebSocketConnectOptions,
): Promise<HTTPHeaders> {
  const { signal } = asked;
  return new Promise((resolve, reject) => {
    let headers = new HTTPHeaders();
    let failure: unknown;
    const fail = (error: unknown) => {
      failure ??= error;
      websocket.terminate();
    };
    const giveUp = () => fail(signal!.reason);
    signal?.addEventListener("abort", giveUp, { once: true });
    const settled = () => signal?.removeEventListener("abort", giveUp);
    websocket.on("upgrade", (response) => {
      headers = HTTPHeaders.fromRaw([...response.rawHeaders]);
    });
    websocket.on("unexpected-response", (outgoing, incoming) => {
      void refusal(request, outgoing, incoming).then(fail, fail);
    });
    websocket.once("open", () => {
      settled();
      websocket.off("error", onError);
      websocket.pause();
      resolve(headers);
    });
    const onError = (error: Error) => {
      settled();
      reject(failure ?? clientError(error, request));
    };
    websocket.on("error", onError);
  });
}

/** Turns an answer that is no upgrade into an error. */
async function refusal(request: HTTPRequest, outgoing: ClientRequest, incoming: IncomingMessage): Promise<Error> {
  const code = incoming.statusCode!;
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of incoming) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length > maxErrorBodyBytes) break;
    }
  } catch {
    // The status says enough; of the page, there is what has come.
  }
  outgoing.destroy();
  if (code >= 200 && code < 300) {
    return new WebSocketError(`The server answered ${code}, as to a plain request. Is there a WebSocket at this path?`);
  }
  const response = new HTTPResponse(request, {
    code,
    reason: incoming.statusMessage ?? "",
    headers: HTTPHeaders.fromRaw([...incoming.rawHeaders]),
    body: Buffer.concat(chunks).subarray(0, maxErrorBodyBytes),
  });
  return response.error ?? new HTTPClientError(code, response.reason, { response });
}

function clientError(error: Error, request: HTTPRequest): unknown {
  const peer = new URL(request.url).host;
  if (error.message === "Opening handshake has timed out") {
    return new HTTPTimeoutError(`Timeout while connecting to ${peer}`, { kind: "connect-timeout" });
  }
  const converted = toClientError(error, peer, false);
  return converted instanceof HTTPClientError ? converted : new WebSocketError(error.message, { cause: error });
}

async function connectionOptions(asked: WebSocketConnectOptions, url: URL): Promise<object> {
  const { compressionOptions = null, connectTimeout, requestTimeout, unixSocket, networkInterface } = asked;
  const limits = [connectTimeout ?? defaultConnectTimeoutSeconds, requestTimeout ?? 0].filter((seconds) => seconds > 0);
  const headers = new HTTPHeaders(asked.headers);
  if (!headers.has("User-Agent")) headers.set("User-Agent", asked.userAgent ?? "Tornado");
  // The types of the library lag behind it.
  return {
    headers: Object.fromEntries([...headers]),
    perMessageDeflate: compressionOptions === null ? false : deflateOptions(compressionOptions),
    closeTimeout: closeTimeoutMs,
    ...(limits.length === 0 ? {} : { handshakeTimeout: Math.min(...limits) * 1000 }),
    ...(asked.authUsername === undefined || url.username !== ""
      ? {}
      : { auth: `${asked.authUsername}:${asked.authPassword ?? ""}` }),
    ...(unixSocket === undefined ? {} : { socketPath: unixSocket }),
    ...(networkInterface === undefined ? {} : { localAddress: networkInterface }),
    ...(asked.allowIpv6 === false ? { family: 4 } : {}),
    ...(url.protocol === "wss:" ? await tlsOptions(asked) : {}),
  };
}

async function tlsOptions(asked: WebSocketConnectOptions): Promise<TlsOptions> {
  const { sslOptions, validateCert = true, caCerts, clientCert, clientKey } = asked;
  if (sslOptions !== undefined) return sslOptions;
  return {
    rejectUnauthorized: validateCert,
    ...(caCerts === undefined ? {} : { ca: await readFile(caCerts) }),
    ...(clientCert === undefined ? {} : { cert: await readFile(clientCert) }),
    ...(clientCert === undefined ? {} : { key: await readFile(clientKey ?? clientCert) }),
  };
}

function webSocketUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const protocol = url === null ? undefined : protocols[url.protocol];
  if (url === null || protocol === undefined) {
    // The URL may hold a password: only its beginning is shown.
    throw new TornadoError(
      "BAD_ARGUMENT",
      `websocketConnect() cannot connect to ${JSON.stringify(text.split(/[/?#@]/, 1)[0])}… Give a URL that begins with ws:// or wss://.`,
    );
  }
  // By the text: a URL does not let its protocol change from one kind to another.
  return new URL(protocol + url.href.slice(url.protocol.length).split("#", 1)[0]);
}

const protocols: Readonly<Record<string, string>> = { "ws:": "ws:", "wss:": "wss:", "http:": "ws:", "https:": "wss:" };

/** Takes what a handshake can use. */
function usableFields(request: HTTPRequest): WebSocketRequest {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(request.options())) {
    if (name === "method" && value === "GET") continue;
    if (!(requestFields as readonly string[]).includes(name)) {
      throw new TypeError(`websocketConnect() cannot use the field "${name}" of an HTTPRequest. Leave it out.`);
    }
    fields[name] = value;
  }
  return fields;
}

function withoutUndefined(options: WebSocketConnectOptions): WebSocketConnectOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function checkSizes(sizes: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (Number.isSafeInteger(size) && size > 0) continue;
    throw new TornadoError(
      "BAD_ARGUMENT",
      `websocketConnect() was given ${String(size)} as "${name}". Give a whole number of bytes above 0.`,
    );
  }
}

function checkSeconds(times: Readonly<Record<string, number>>): void {
  for (const [name, seconds] of Object.entries(times)) {
    if (typeof seconds === "number" && seconds >= 0) continue;
    throw new TornadoError(
      "BAD_ARGUMENT",
      `websocketConnect() was given ${String(seconds)} as "${name}". Give a number of seconds.`,
    );
  }
}
