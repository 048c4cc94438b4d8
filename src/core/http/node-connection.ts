/** One request and its response over node:http, as the seam of connection.ts wants them. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { generalLog } from "../log.js";
import { bodyTooLarge, checkBodyTimeout, checkMaxBodySize } from "./body-limits.js";
import type {
  HTTPConnection,
  HTTPMessageDelegate,
  HTTPServerConnectionDelegate,
  NodeMessages,
  ResponseStartLine,
  WriteCallback,
} from "./connection.js";
import { consumeEncoding } from "./consume-encoding.js";
import { failLater, goneError } from "./gone-error.js";
import type { HTTPHeaders } from "./headers.js";
import { HTTPInputError, HTTPOutputError } from "./http-input-error.js";
import { type BodyTaker, limitUnreadBody, NodeRequestBody } from "./node-request-body.js";
import { appendBody, writeHead } from "./node-response-head.js";
import { makeRefusal } from "./refusal.js";
import { noteMalformed } from "./refusal-log.js";
import type { RequestHead } from "./request-head.js";
import { frameResponse } from "./response-framing.js";
import { outOfPhase, type ResponsePhase } from "./response-phase.js";
import type { ResolvedServerOptions } from "./server-options.js";
import { statusLine } from "./status-line.js";
import { type Origin, originBehindProxy } from "./trusted-downstream.js";

/** What a connection needs of the socket's session, which outlives it. */
export interface ConnectionOwner {
  readonly socket: Duplex;
  readonly delegate: HTTPServerConnectionDelegate;
  readonly options: ResolvedServerOptions;
  readonly peer: Origin;
  /** Whether the response is ours from its first byte, and nobody has set headers on it. */
  readonly ownsResponse: boolean;
  /** Whether the server wants its connections back. */
  readonly isDraining: boolean;
  /** The response has been ended; with `isLast`, nothing more is served on this socket. */
  released(connection: NodeHTTPConnection, isLast: boolean): void;
  /** The callbacks that were owed after the end of the response have been called. */
  delivered(connection: NodeHTTPConnection): void;
  /** Gives up the socket: nothing on it is HTTP any more. */
  detached(): void;
  /** Cuts the socket in a way that nobody takes for an end. */
  cut(): void;
}

const noBytes = Buffer.alloc(0);

/** Implements the transport's side of one exchange. The session creates it, and calls `begin`. */
export class NodeHTTPConnection implements HTTPConnection, BodyTaker {
  readonly remoteIp: string;
  readonly protocol: string;

  readonly #owner: ConnectionOwner;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #head: RequestHead;
  readonly #expectsContinue: boolean;
  readonly #upgradeBytes: Buffer | undefined;
  #delegate: HTTPMessageDelegate | undefined;
  #phase: ResponsePhase = "waiting";
  #isClosed = false;

  #maxBodyBytes: number;
  #bodyTimeoutMs: number | undefined;
  #body: NodeRequestBody | undefined;
  #isGzip = false;
  #isRequestComplete: boolean;

  #startLine: ResponseStartLine | undefined;
  #statusLine = "";
  #headers: HTTPHeaders | undefined;
  #firstChunk: Uint8Array | string | undefined;
  #firstCallback: WriteCallback | undefined;
  /** What `Content-Length` promises, -1 if nothing does. */
  #promisedBytes = -1;
  #sentBytes = 0;
  #isLast = false;
  /** Whether the head was written by us, and waits for the first write of node:http. */
  #hasOwnHead = false;
  #pending: Set<WriteCallback> | undefined;

  constructor(
    owner: ConnectionOwner,
    request: IncomingMessage,
    response: ServerResponse,
    head: RequestHead,
    headers: HTTPHeaders,
    expectsContinue: boolean,
    upgradeBytes: Buffer | undefined,
  ) {
    this.#owner = owner;
    this.#request = request;
    this.#response = response;
    this.#head = head;
    this.#isRequestComplete = head.bodyBytes === 0;
    this.#expectsContinue = expectsContinue;
    this.#upgradeBytes = upgradeBytes;
    const { options, peer } = owner;
    this.#maxBodyBytes = options.maxBodyBytes;
    this.#bodyTimeoutMs = options.bodyTimeoutMs;
    if (options.believesPeer?.(peer.remoteIp) === true) {
      const origin = originBehindProxy(headers, peer, options.isTrustedDownstream);
      this.remoteIp = origin.remoteIp;
      this.protocol = origin.protocol;
    } else {
      this.remoteIp = peer.remoteIp;
      this.protocol = peer.protocol;
    }
  }

  get socket(): Duplex {
    return this.#owner.socket;
  }

  /** The response that carries this exchange's. */
  get nodeResponse(): ServerResponse {
    return this.#response;
  }

  /** Whether callbacks of an ended response are still owed. */
  get hasPendingCallbacks(): boolean {
    return this.#pending !== undefined && this.#pending.size > 0;
  }

  get isRequestComplete(): boolean {
    return this.#isRequestComplete || (this.#phase === "given" && this.#request.complete);
  }

  /** Starts the exchange: chooses the delegate, tells it the headers, and then lets the body in. */
  begin(headers: HTTPHeaders): void {
    if (this.#head.authority !== undefined && headers.get("Host") !== this.#head.authority) {
      headers.set("Host", this.#head.authority);
    }
    const startLine = {
      method: this.#request.method!,
      path: this.#head.path,
      version: this.#request.httpVersionMinor === 0 ? "HTTP/1.0" : "HTTP/1.1",
    };
    try {
      this.#isGzip = this.#owner.options.decompressRequest && this.#head.bodyBytes !== 0 && consumeEncoding(headers);
      this.#delegate = this.#owner.delegate.startRequest(this);
      const held = this.#delegate.headersReceived(startLine, headers);
      if (held === undefined) {
        this.#readBody();
      } else {
        held.then(
          () => this.#readBody(),
          (error: unknown) => this.fail(error),
        );
      }
    } catch (error) {
      this.fail(error);
    }
  }

  setMaxBodySize(maxBodyBytes: number): void {
    checkMaxBodySize(maxBodyBytes);
    this.#maxBodyBytes = maxBodyBytes;
  }

  setBodyTimeout(seconds: number): void {
    checkBodyTimeout(seconds);
    this.#bodyTimeoutMs = seconds * 1000;
    if (!this.isOver && !this.#isRequestComplete) this.#body?.limitTime(this.#bodyTimeoutMs);
  }

  get isOver(): boolean {
    return this.#isClosed || this.#phase === "finished" || this.#phase === "given";
  }

  takeChunk(chunk: Buffer): void | Promise<void> {
    return this.#delegate!.dataReceived(chunk);
  }

  takeEnd(): void {
    this.#isRequestComplete = true;
    try {
      this.#delegate!.finish();
    } catch (error) {
      this.fail(error);
    }
  }

  #readBody(): void {
    if (this.isOver) return;
    const { bodyBytes } = this.#head;
    if (bodyBytes === 0) {
      this.takeEnd();
    } else if (bodyBytes > this.#maxBodyBytes) {
      this.fail(bodyTooLarge(this.#maxBodyBytes));
    } else {
      if (this.#expectsContinue && this.#phase === "waiting") this.#response.writeContinue();
      const { chunkSize } = this.#owner.options;
      const limits = { maxBytes: this.#maxBodyBytes, timeoutMs: this.#bodyTimeoutMs, chunkSize };
      this.#body = new NodeRequestBody(this.#request, this, limits, this.#isGzip);
    }
  }

  writeHeaders(
    startLine: ResponseStartLine,
    headers: HTTPHeaders,
    chunk?: Uint8Array | string,
    callback?: WriteCallback,
    isWhole = false,
  ): void {
    // Made at once, since it may throw while another answer is still possible.
    const line = statusLine(startLine.code, startLine.reason);
    // The client may have left, or been refused, while its body was still expected: that is no fault of the handler.
    if (this.#isClosed) {
      failLater(callback);
      return;
    }
    if (this.#phase !== "waiting") throw outOfPhase("writeHeaders()", this.#phase);
    this.#phase = "held";
    this.#startLine = startLine;
    this.#statusLine = line;
    this.#headers = headers;
    this.#firstChunk = chunk;
    this.#firstCallback = callback;
    if (!isWhole) process.nextTick(flushHeld, this);
  }

  write(chunk: Uint8Array | string, callback?: WriteCallback): void {
    if (this.#isClosed) {
      failLater(callback);
      return;
    }
    if (this.#phase !== "held" && this.#phase !== "sending") throw outOfPhase("write()", this.#phase);
    this.flush();
    this.#send(chunk, callback);
  }

  finish(callback?: WriteCallback): void {
    if (this.#isClosed) {
      failLater(callback);
      return;
    }
    if (this.#phase === "held") {
      this.#finishAtOnce(callback);
    } else if (this.#phase !== "sending") {
      throw outOfPhase("finish()", this.#phase);
    } else {
      if (this.#promisedBytes > this.#sentBytes) throw this.#mismatch("fewer");
      if (callback === undefined) this.#response.end();
      else this.#response.end(this.#track(callback));
    }
    this.#release();
  }

  /** Sends what `writeHeaders` left, if nothing else did in the same turn. */
  flush(): void {
    if (this.#phase !== "held" || this.#isClosed) return;
    this.#phase = "sending";
    const isAscii = this.#sendHead();
    const chunk = this.#firstChunk;
    if (chunk !== undefined && chunk.length > 0) {
      this.#send(isAscii ? chunk : toBytes(chunk), this.#firstCallback);
    } else {
      if (isAscii) this.#response.flushHeaders();
      else this.#response.write(noBytes);
      if (this.#firstCallback !== undefined) process.nextTick(this.#firstCallback);
    }
    this.#firstChunk = undefined;
    this.#firstCallback = undefined;
  }

  /** A response that is complete within one turn leaves in one write. */
  #finishAtOnce(callback: WriteCallback | undefined): void {
    this.#phase = "sending";
    const isAscii = this.#sendHead();
    const chunk = this.#firstChunk;
    if (chunk !== undefined) this.#count(chunk);
    if (this.#promisedBytes > this.#sentBytes) throw this.#mismatch("fewer");
    const done = this.#trackBoth(this.#firstCallback, callback);
    const isSeparate =
      chunk !== undefined && !(this.#hasOwnHead && appendBody(this.#response, chunk, this.#promisedBytes));
    if (isSeparate) this.#response.end(isAscii ? chunk : toBytes(chunk), done);
    else this.#response.end(done);
  }

  #send(chunk: Uint8Array | string, callback: WriteCallback | undefined): void {
    if (chunk.length === 0) {
      if (callback !== undefined) process.nextTick(callback);
      return;
    }
    this.#count(chunk);
    if (callback === undefined) this.#response.write(chunk);
    else this.#response.write(chunk, this.#track(callback));
  }

  /** Gives status line and headers to node:http, which is kept from adding any of its own. Says whether they are ASCII. */
  #sendHead(): boolean {
    const response = this.#response;
    const { code, reason } = this.#startLine!;
    const isHTTP10 = this.#request.httpVersionMinor === 0;
    const mustClose =
      !response.shouldKeepAlive ||
      !this.#isRequestComplete ||
      this.#owner.isDraining ||
      this.#owner.options.noKeepAlive ||
      // node:http drops whatever came in the same packet behind a request that asked for an upgrade, wanted or not.
      this.#head.hasUpgrade;
    try {
      const framing = frameResponse(code, this.#request.method!, isHTTP10, this.#headers!, mustClose);
      this.#promisedBytes = framing.promisedBytes;
      this.#isLast = framing.closes;
      // What a client that still waits for "100 Continue" sends next is not known: that is left to node:http.
      const isSimple = framing.promisedBytes !== -1 && !framing.closes && !isHTTP10 && !this.#expectsContinue;
      if (
        isSimple &&
        this.#owner.ownsResponse &&
        writeHead(response, this.#startLine!, this.#statusLine, framing.fields)
      ) {
        this.#hasOwnHead = true;
        return framing.isAscii;
      }
      response.shouldKeepAlive = !framing.closes;
      response.sendDate = false;
      if (isHTTP10) response.useChunkedEncodingByDefault = false;
      response.removeHeader("Connection");
      response.writeHead(code, reason, framing.fields as string[]);
      return framing.isAscii;
    } catch (error) {
      this.#giveUp();
      throw error;
    }
  }

  #count(chunk: Uint8Array | string): void {
    if (this.#promisedBytes === -1) return;
    this.#sentBytes += typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk.byteLength;
    if (this.#sentBytes > this.#promisedBytes) throw this.#mismatch("more");
  }

  #mismatch(comparison: "more" | "fewer"): HTTPOutputError {
    const { method, url } = this.#request;
    this.#giveUp();
    return new HTTPOutputError(
      `The response to ${method} ${url?.split("?", 1)[0]} has ${comparison} bytes than its Content-Length of ${this.#promisedBytes}.`,
    );
  }

  /** A response that cannot be completed must not look complete: the connection is cut, and whoever waits for its first piece told so. */
  #giveUp(): void {
    failLater(this.#firstCallback);
    this.#firstCallback = undefined;
    this.#owner.cut();
  }

  #release(): void {
    this.#phase = "finished";
    this.#firstCallback = undefined;
    this.#startLine = undefined;
    if (this.#body !== undefined) this.#body.discard();
    else if (!this.#isRequestComplete) this.#request.resume();
    this.#owner.released(this, this.#isLast);
  }

  detach(): Duplex {
    if (this.#isClosed || this.#phase === "finished" || this.#phase === "given") {
      throw new HTTPOutputError("detach() needs a connection that is open, not answered yet, and nobody else's.");
    }
    this.flush();
    this.#isClosed = true;
    this.#owner.detached();
    const { socket } = this.#owner;
    if (this.#upgradeBytes !== undefined && this.#upgradeBytes.length > 0) socket.unshift(this.#upgradeBytes);
    return socket;
  }

  cut(): void {
    if (!this.#isClosed && this.#phase !== "finished") this.#owner.cut();
  }

  takeNodeMessages(): NodeMessages {
    if (this.#isClosed || this.#phase !== "waiting" || this.#body !== undefined) {
      throw new HTTPOutputError(
        "takeNodeMessages() needs a request whose body is not read and that is not answered yet.",
      );
    }
    if (this.#head.bodyBytes > this.#maxBodyBytes) throw bodyTooLarge(this.#maxBodyBytes);
    this.#phase = "given";
    if (this.#head.bodyBytes !== 0) {
      const limits = { maxBytes: this.#maxBodyBytes, timeoutMs: this.#bodyTimeoutMs };
      limitUnreadBody(this.#request, limits, (error) => this.fail(error));
    }
    const { isDraining, options } = this.#owner;
    const response = this.#response;
    if (isDraining || options.noKeepAlive || this.#head.hasUpgrade) response.shouldKeepAlive = false;
    // node:http itself does so before it calls a listener.
    if (this.#expectsContinue) response.writeContinue();
    response.once("close", () => {
      if (!response.writableFinished) this.#notifyClosed();
      this.#owner.released(this, !response.shouldKeepAlive);
    });
    return { request: this.#request, response };
  }

  /** Answers what can be answered to an error that the delegate did not catch, and closes. */
  fail(error: unknown): void {
    if (this.#isClosed) return;
    const isInput = error instanceof HTTPInputError;
    if (this.#phase === "finished" && isInput) return;
    if (isInput) {
      noteMalformed(this.remoteIp, error);
    } else {
      generalLog.error("Uncaught exception while a request was served", error);
    }
    if (this.#phase === "finished") return;
    // Of a response that is somebody else's, nobody here knows how far it is: the connection is cut.
    if (this.#phase === "waiting") this.#refuse(isInput ? error.status : 500);
    else this.#owner.cut();
    this.#notifyClosed();
  }

  #refuse(status: number): void {
    const { reason, headers, body } = makeRefusal(status);
    const response = this.#response;
    this.#phase = "sending";
    this.#isLast = true;
    response.sendDate = false;
    response.shouldKeepAlive = false;
    response.removeHeader("Connection");
    response.removeHeader("Transfer-Encoding");
    response.writeHead(status, reason, headers);
    response.end(body);
    this.#release();
  }

  /** The socket has closed. */
  socketClosed(): void {
    if (this.#pending !== undefined) {
      const error = goneError();
      const callbacks = [...this.#pending];
      this.#pending.clear();
      for (const callback of callbacks) callback(error);
    }
    const isAnswered = this.#phase === "finished" || (this.#phase === "given" && this.#response.writableFinished);
    if (isAnswered) this.#isClosed = true;
    this.#notifyClosed();
  }

  #notifyClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#body?.discard();
    if (this.#phase === "held") failLater(this.#firstCallback);
    try {
      this.#delegate?.onConnectionClose();
    } catch (error) {
      generalLog.error("Uncaught exception in onConnectionClose()", error);
    }
  }

  #trackBoth(first: WriteCallback | undefined, second: WriteCallback | undefined): WriteCallback | undefined {
    if (first === undefined || second === undefined) {
      const only = first ?? second;
      return only === undefined ? undefined : this.#track(only);
    }
    return this.#track((error) => {
      first(error);
      second(error);
    });
  }

  /** Makes sure that a callback is called, and once: node:http forgets those of a socket that dies. */
  #track(callback: WriteCallback): WriteCallback {
    this.#pending ??= new Set();
    const pending = this.#pending;
    // Of its own each time: the same function may be given twice, and each call is owed.
    const owed: WriteCallback = (error) => callback(error);
    pending.add(owed);
    return (error) => {
      if (!pending.delete(owed)) return;
      if (pending.size === 0 && this.#phase === "finished") this.#owner.delivered(this);
      owed(error ?? null);
    };
  }
}

function flushHeld(connection: NodeHTTPConnection): void {
  try {
    connection.flush();
  } catch (error) {
    generalLog.error("A response could not be sent", error);
  }
}

function toBytes(chunk: Uint8Array | string): Uint8Array {
  // A string would take the headers along into UTF-8, which are latin-1 by now.
  return typeof chunk === "string" ? Buffer.from(chunk) : chunk;
}
