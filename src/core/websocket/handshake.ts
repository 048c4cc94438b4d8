/** The opening handshake (RFC 6455, section 4): what a request must say, and how a connection becomes a WebSocket. */

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type ServerOptions, WebSocketServer } from "ws";
import { TornadoError } from "../errors.js";
import type { HTTPHeaders } from "../http/headers.js";
import type { HTTPServerRequest } from "../http/request.js";
import { expectedError } from "../web/expected-error.js";
import { closeTimeoutMs } from "./close-codes.js";
import { acceptableDeflateOffer, deflateOptions, type WebSocketCompressionOptions } from "./compression.js";
import { OrderlyWebSocket } from "./orderly-websocket.js";

/** Versions that are understood: those that browsers and tools have sent since 2011, the same on the wire. */
export const supportedVersions: readonly string[] = ["13", "8", "7"];

const validKey = /^[+/0-9A-Za-z]{22}==$/;
/** What the handshake says itself, or what would promise a body. */
const framingHeader = /^(?:connection|upgrade|sec-websocket-.*|content-(?:type|length)|transfer-encoding)$/i;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Checks that a request is a WebSocket's handshake, up to its origin.
 *
 * @throws HTTPError 400, with what is wrong for the log; 426 for a version that is not understood.
 */
export function checkHandshake({ headers, version, body }: HTTPServerRequest): void {
  if (headers.get("Upgrade")?.toLowerCase() !== "websocket") {
    throw expectedError(400, "A WebSocket was expected, and the request has no Upgrade: websocket");
  }
  if (!listed(headers.get("Connection")).some((option) => option.toLowerCase() === "upgrade")) {
    throw expectedError(400, "The Connection header of a WebSocket's handshake has no Upgrade");
  }
  if (version !== "HTTP/1.1") throw expectedError(400, `A WebSocket's handshake came by ${version}`);
  if (body.length > 0) throw expectedError(400, "A WebSocket's handshake came with a body");
  if (!validKey.test(headers.get("Sec-WebSocket-Key") ?? "")) {
    throw expectedError(400, "The Sec-WebSocket-Key is missing, or is no 16 bytes");
  }
  if (!supportedVersions.includes(headers.get("Sec-WebSocket-Version") ?? "")) {
    throw expectedError(426, "The Sec-WebSocket-Version is not one of those that are understood");
  }
}

/**
 * Reads which subprotocols a client offers, the one it likes most first.
 *
 * @throws HTTPError 400 for a name that is none.
 */
export function offeredSubprotocols(headers: HTTPHeaders): string[] {
  const offered = listed(headers.get("Sec-WebSocket-Protocol"));
  const wrong = offered.find((name, index) => !token.test(name) || offered.indexOf(name) !== index);
  if (wrong !== undefined) throw expectedError(400, `The subprotocol ${JSON.stringify(wrong)} cannot be offered`);
  return offered;
}

/**
 * Whether a page of this origin is one of the host's own.
 *
 * The scheme counts in one direction only: a page that came without TLS may be anybody's work, and gets no way in by TLS; a
 * proxy in front may have taken TLS off, so that the other direction proves nothing.
 */
export function isSameOrigin(
  origin: string,
  { host, protocol }: Pick<HTTPServerRequest, "host" | "protocol">,
): boolean {
  const [, scheme = "", authority] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#@]+)$/i.exec(origin.toLowerCase()) ?? [];
  if (authority === undefined || (scheme === "http" && protocol === "https")) return false;
  return withPort(authority, scheme) === withPort(host.toLowerCase(), scheme);
}

/** Browsers leave out the usual port, and some proxies write it. */
function withPort(authority: string, scheme: string): string {
  const usualPort = scheme === "https" ? 443 : scheme === "http" ? 80 : null;
  return usualPort === null || /:\d+$/.test(authority) ? authority : `${authority}:${usualPort}`;
}

/** What was agreed to about messages. */
export interface Agreement {
  readonly acceptor: WebSocketServer;
  /** The offer of compression that is taken, or `null`. */
  readonly offer: string | null;
}

/**
 * Chooses how messages are compressed and how large they may be.
 *
 * @throws TornadoError and RangeError for options that are none: while the request can still be answered.
 */
export function agree(
  headers: HTTPHeaders,
  compression: WebSocketCompressionOptions | null,
  maxMessageSize: number,
): Agreement {
  const offer = compression === null ? null : acceptableDeflateOffer(headers.get("Sec-WebSocket-Extensions"));
  return { acceptor: acceptorFor(maxMessageSize, offer === null ? null : compression), offer };
}

/** What an upgrade depends on. */
export interface UpgradeOptions extends Agreement {
  readonly subprotocol: string | null;
  /** What the answer carries besides the handshake's own. */
  readonly headers: HTTPHeaders;
}

/** The little of a request that the ws library looks at, all of it checked before: it would answer a bad one by itself. */
interface UpgradeRequest {
  readonly method: "GET";
  readonly headers: Readonly<Record<string, string>>;
  readonly subprotocol: string | null;
  readonly answerLines: readonly string[];
}

/**
 * Answers 101, and gives the WebSocket.
 *
 * @param socket - The connection, which nobody reads any more.
 * @returns `null` when the client has left.
 */
export function upgrade(request: HTTPServerRequest, socket: Duplex, options: UpgradeOptions): OrderlyWebSocket | null {
  const { acceptor, offer } = options;
  const upgradeRequest: UpgradeRequest = {
    method: "GET",
    headers: {
      upgrade: "websocket",
      "sec-websocket-key": request.headers.get("Sec-WebSocket-Key")!,
      // Checked before; the library knows fewer of them, and does nothing different.
      "sec-websocket-version": "13",
      ...(options.subprotocol === null ? {} : { "sec-websocket-protocol": options.subprotocol }),
      ...(offer === null ? {} : { "sec-websocket-extensions": offer }),
    },
    subprotocol: options.subprotocol,
    answerLines: [...options.headers]
      .filter(([name]) => !framingHeader.test(name))
      .map(([name, value]) => `${name}: ${value}`),
  };
  let opened: OrderlyWebSocket | null = null;
  acceptor.handleUpgrade(upgradeRequest as unknown as IncomingMessage, socket, Buffer.alloc(0), (websocket) => {
    opened = websocket as OrderlyWebSocket;
  });
  return opened;
}

const largestMessageSize = 2 ** 31 - 1;
const acceptors = new Map<string, WebSocketServer>();
/** Options that a handler computes anew for each connection must not fill the memory. */
const maxAcceptors = 100;

/** Servers of the ws library hold nothing but options; those with the same share one. */
function acceptorFor(maxMessageSize: number, compression: WebSocketCompressionOptions | null): WebSocketServer {
  const key = `${maxMessageSize} ${JSON.stringify(compression)}`;
  let acceptor = acceptors.get(key);
  if (acceptor === undefined) {
    acceptor = createAcceptor(maxMessageSize, compression);
    if (acceptors.size >= maxAcceptors) acceptors.clear();
    acceptors.set(key, acceptor);
  }
  return acceptor;
}

function createAcceptor(maxMessageSize: number, compression: WebSocketCompressionOptions | null): WebSocketServer {
  // The library would take any other number for no limit.
  if (!Number.isInteger(maxMessageSize) || maxMessageSize < 1 || maxMessageSize > largestMessageSize) {
    throw new TornadoError(
      "BAD_ARGUMENT",
      `maxMessageSize is ${String(maxMessageSize)}. Give a whole number of bytes from 1 to ${largestMessageSize}.`,
    );
  }
  const options: ServerOptions & { closeTimeout: number } = {
    WebSocket: OrderlyWebSocket,
    noServer: true,
    clientTracking: false,
    perMessageDeflate: compression === null ? false : deflateOptions(compression),
    maxPayload: maxMessageSize,
    closeTimeout: closeTimeoutMs,
  };
  const acceptor = new WebSocketServer(options);
  acceptor.on("headers", (lines, request) => {
    lines.push(...(request as unknown as UpgradeRequest).answerLines);
  });
  return acceptor;
}

function listed(header: string | undefined): string[] {
  return header === undefined
    ? []
    : header
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "");
}
