/**
 * The seam between bytes and handlers: what a transport offers to the framework, and what it calls.
 *
 * Nothing above this file knows a socket or how a message is framed; `node:http` shows only in what a connection may hand
 * over to code that is written for it. The shape is Tornado's own
 * (`HTTPServerConnectionDelegate`, `HTTPMessageDelegate`, `HTTPConnection`), so that a second transport fits
 * without a line changed above.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { HTTPHeaders } from "./headers.js";

/** First line of a request, RFC 9112 section 3. The target is as sent: not decoded, query included. */
export interface RequestStartLine {
  readonly method: string;
  readonly path: string;
  /** `HTTP/1.0` or `HTTP/1.1`. */
  readonly version: string;
}

/** First line of a response, RFC 9112 section 4. */
export interface ResponseStartLine {
  readonly code: number;
  readonly reason: string;
}

/** Called when a chunk has been handed to the operating system, or with an error when the peer is gone. */
export type WriteCallback = (error?: Error | null) => void;

/** One exchange as `node:http` knows it. */
export interface NodeMessages {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** One request and its response, as the transport sees them. It lives from the request line to the last byte answered. */
export interface HTTPConnection {
  /** Address of the peer, or the one `xheaders` gives; `0.0.0.0` for a unix socket, as in Tornado. */
  readonly remoteIp: string;
  /** `http` or `https`, or what `xheaders` or the server's `protocol` option says. */
  readonly protocol: string;
  /** The server's own certificate exchange, for `HTTPServerRequest.getSslCertificate`. */
  readonly socket: Duplex;

  /**
   * Sends the status line and the headers, with the first piece of the body if there is one.
   *
   * The transport decides the framing (`Content-Length` given: that; otherwise chunked for HTTP/1.1, or close) and adds
   * `Connection` where the protocol needs it. It sends nothing else that the headers do not say. The transport may hold
   * these bytes until `write`, `finish` or the end of the turn, so that a short response is one write.
   *
   * @param isWhole - `finish` is called next, without anything in between: the transport need not watch the end of the turn.
   */
  writeHeaders(
    startLine: ResponseStartLine,
    headers: HTTPHeaders,
    chunk?: Uint8Array | string,
    callback?: WriteCallback,
    isWhole?: boolean,
  ): void;
  /** Sends a piece of the body. */
  write(chunk: Uint8Array | string, callback?: WriteCallback): void;
  /** Ends the response. When the request's body has not been read to its end, the connection is closed after it. */
  finish(callback?: WriteCallback): void;

  /** Changes the largest body accepted for this request, in bytes; effective when called in `headersReceived`. */
  setMaxBodySize(maxBodyBytes: number): void;
  /** Limits the time in which the body must have arrived, in seconds. */
  setBodyTimeout(seconds: number): void;
  /** Ends HTTP on this connection and hands over its socket; bytes already received come first. */
  detach(): Duplex;
  /**
   * Breaks off a response that cannot be completed, in a way that its client cannot take for its end, whatever the framing. A response
   * that is finished is left alone. The delegate is told as of a client that has left.
   */
  cut(): void;
  /**
   * Leaves the exchange to code that speaks `node:http`: the body is unread, and nothing of it goes to the delegate. To be
   * called before `headersReceived` is done. A transport that does not stand on `node:http` lacks it.
   *
   * @throws HTTPInputError 413 for a body that is larger than it may be, 501 for a method that `node:http` does not know.
   */
  takeNodeMessages?(): NodeMessages;
}

/** Takes one request message. Every method is called at most as often, and in the order, that it is listed here. */
export interface HTTPMessageDelegate {
  /** A returned promise holds back the body until it resolves. */
  headersReceived(startLine: RequestStartLine, headers: HTTPHeaders): void | Promise<void>;
  /** A piece of the body. A returned promise holds back the next one: this is the back-pressure of uploads. */
  dataReceived(chunk: Buffer): void | Promise<void>;
  /** The request has arrived to its end. */
  finish(): void;
  /** The peer left before the response was finished; nothing else is called afterwards. */
  onConnectionClose(): void;
}

/** Takes the requests of a server. An `Application` is one, and so is a `Router`. */
export interface HTTPServerConnectionDelegate {
  startRequest(connection: HTTPConnection): HTTPMessageDelegate;
  /**
   * The server drains: ends what was detached from it, by the deadline.
   *
   * @param served - Resolves when no request can come any more.
   * @returns How many connections had to be cut.
   */
  drain?(deadlineMs: number, served: Promise<void>): Promise<{ readonly cut: number }>;
  /** A socket of an `HTTPServer` has closed, or was detached: what is kept for it is not needed any more. */
  onClose?(socket: Duplex): void;
}
