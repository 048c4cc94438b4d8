/** One request and its response over a socket of ours, as the seam of connection.ts wants them. */

import type { Duplex } from "node:stream";
import { generalLog } from "../../log.js";
import { bodyTooLarge, checkBodyTimeout, checkMaxBodySize } from "../body-limits.js";
import type {
  HTTPConnection,
  HTTPMessageDelegate,
  HTTPServerConnectionDelegate,
  NodeMessages,
  ResponseStartLine,
  WriteCallback,
} from "../connection.js";
import { consumeEncoding } from "../consume-encoding.js";
import { failLater } from "../gone-error.js";
import { HTTPHeaders } from "../headers.js";
import { HTTPInputError, HTTPOutputError } from "../http-input-error.js";
import { makeRefusal } from "../refusal.js";
import { noteMalformed, noteRefusal } from "../refusal-log.js";
import { RequestHead } from "../request-head.js";
import { frameResponse } from "../response-framing.js";
import { outOfPhase, type ResponsePhase } from "../response-phase.js";
import type { ResolvedServerOptions } from "../server-options.js";
import { statusLine } from "../status-line.js";
import { type Origin, originBehindProxy } from "../trusted-downstream.js";
import { NodeExchange } from "./node-exchange.js";
import type { Outgoing } from "./outgoing.js";
import { type BodyTaker, RequestBody } from "./request-body.js";
import { chunkBytes, headText, toLatin1 } from "./response-text.js";

/** What a connection needs of its socket's session, which outlives it. */
export interface ConnectionOwner {
  readonly socket: Duplex;
  readonly delegate: HTTPServerConnectionDelegate;
  readonly options: ResolvedServerOptions;
  readonly peer: Origin;
  readonly outgoing: Outgoing;
  readonly isDraining: boolean;
  /** Seconds of the server's coarse timer. */
  readonly seconds: number;
  /** Holds back the body. */
  pauseReading(): void;
  resumeReading(): void;
  /** The response has been ended; with `isLast`, nothing more is served on this socket. */
  released(isLast: boolean): void;
  /** Gives up the socket: nothing on it is HTTP any more. */
  detached(): void;
  /** Cuts the socket in a way that nobody takes for an end. */
  cut(): void;
}

/** Up to this size, copying a body behind its head is cheaper than giving both to the socket. */
const maxCopiedBytes = 16 * 1024;
const continueText = "HTTP/1.1 100 Continue\r\n\r\n";

/** Implements the transport's side of one exchange. The session creates it, and calls `begin`. */
export class HTTP1Connection implements HTTPConnection, BodyTaker {
  #owner: ConnectionOwner;
  #head: RequestHead;
  #delegate: HTTPMessageDelegate | undefined = undefined;
  #phase: ResponsePhase = "waiting";
  /** The client has left, or the exchange has failed: nothing is sent any more. */
  #isClosed = false;
  /** Whether the client ended its side before all it had sent was taken. */
  #hasClientEnded = false;
  /** Whether the delegate has been told that the client left. */
  #isNotified = false;
  #origin: Origin | undefined = undefined;

  #maxBodyBytes: number;
  /** Second in which the body must have arrived, -1 for none. */
  #bodyDeadline = -1;
  #bodyTimeoutMs: number | undefined;
  #body: RequestBody | undefined = undefined;
  /** Whether all of the body has been taken. */
  #isRequestComplete: boolean;
  #isRead = false;
  #isHeld = false;
  /** Second from which on the speed of the body is measured. */
  #measuredSince = 0;
  #measuredBytes = 0;

  #code = 0;
  #statusLine = "";
  #headers: HTTPHeaders | undefined = undefined;
  #firstChunk: Uint8Array | string | undefined = undefined;
  #firstCallback: WriteCallback | undefined = undefined;
  #isChunked = false;
  /** Whether the response has no body, whatever is written. */
  #isBodiless = false;
  /** What `Content-Length` promises, -1 if nothing does. */
  #promisedBytes = -1;
  #sentBytes = 0;
  #isLast = false;
  #exchange: NodeExchange | undefined = undefined;

  constructor(owner: ConnectionOwner, head: RequestHead) {
    this.#owner = owner;
    this.#head = head;
    this.#isRequestComplete = head.bodyBytes === 0;
    this.#maxBodyBytes = owner.options.maxBodyBytes;
    this.#bodyTimeoutMs = owner.options.bodyTimeoutMs;
  }

  get socket(): Duplex {
    return this.#owner.socket;
  }

  get remoteIp(): string {
    return this.#whoAsks().remoteIp;
  }

  get protocol(): string {
    return this.#whoAsks().protocol;
  }

  /** Whether nothing more of the request is wanted. */
  get isOver(): boolean {
    return this.#isClosed || this.#phase === "finished";
  }

  /** Whether something of the response may have been sent. */
  get hasBegun(): boolean {
    return this.#phase !== "waiting" && this.#phase !== "held";
  }

  /** Whether the reader has come to the end of the request. */
  get isRead(): boolean {
    return this.#isRead;
  }

  #whoAsks(): Origin {
    if (this.#origin === undefined) {
      const { options, peer } = this.#owner;
      const isBelieved = options.believesPeer?.(peer.remoteIp) === true;
      this.#origin = isBelieved ? originBehindProxy(this.#head.headers, peer, options.isTrustedDownstream) : peer;
    }
    return this.#origin;
  }

  // -- the request

  /** Starts the exchange: chooses the delegate, and tells it the headers. */
  begin(): void {
    const head = this.#head;
    const { headers, authority } = head;
    if (authority !== undefined && headers.get("Host") !== authority) headers.set("Host", authority);
    const startLine = {
      method: head.method,
      path: head.path,
      version: head.minorVersion === 0 ? "HTTP/1.0" : "HTTP/1.1",
    };
    try {
      const isGzip = head.bodyBytes !== 0 && this.#owner.options.decompressRequest && consumeEncoding(headers);
      // Kept, since the delegate may change the headers.
      if (this.#owner.options.believesPeer !== undefined) this.#whoAsks();
      this.#delegate = this.#owner.delegate.startRequest(this);
      const held = this.#delegate.headersReceived(startLine, headers);
      if (held === undefined) this.#expectBody(isGzip);
      else this.#hold(held, () => this.#expectBody(isGzip));
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
    if (this.#body !== undefined || this.#exchange !== undefined) this.#limitTime();
  }

  /** Called by the session when the chunks of the body that have begun make up so many bytes: what will be refused is not waited for. */
  bodyAnnounced(bytes: number): void {
    if (this.isOver) return;
    try {
      this.#body?.expect(bytes);
      if (this.#exchange !== undefined && bytes > this.#maxBodyBytes) throw bodyTooLarge(this.#maxBodyBytes);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Called by the session with a piece of the body. */
  bodyRead(chunk: Buffer): void {
    this.#measuredBytes += chunk.length;
    if (this.isOver) return;
    if (this.#exchange !== undefined) {
      this.#exchange.bodyRead(chunk);
      return;
    }
    if (this.#body === undefined) return;
    try {
      const held = this.#body.push(chunk);
      if (held !== undefined) this.#hold(held, () => {});
    } catch (error) {
      this.fail(error);
    }
  }

  /** Called by the session when the request has come to its end. */
  messageRead(): void {
    this.#isRead = true;
    if (this.isOver) return;
    if (this.#exchange !== undefined) {
      this.#isRequestComplete = true;
      this.#exchange.messageRead();
      return;
    }
    const ending = this.#body?.end();
    if (ending === undefined) {
      this.#complete();
      return;
    }
    ending.then(
      () => this.#complete(),
      (error: unknown) => this.fail(error),
    );
  }

  /** Takes a piece of the body, in the size it is given in. */
  takeChunk(chunk: Buffer): void | Promise<void> {
    return this.#delegate!.dataReceived(chunk);
  }

  /** Looks at the time that the body takes. Called once a second. */
  sweep(): void {
    if (this.#isRequestComplete || this.isOver) return;
    const exchange = this.#exchange;
    if (this.#body === undefined && exchange === undefined) return;
    const { seconds, options } = this.#owner;
    if (this.#bodyDeadline !== -1 && seconds > this.#bodyDeadline) {
      this.fail(new HTTPInputError("the body took too long", { status: 408 }));
      return;
    }
    const wanted = options.minBodyRate * rateWindowSeconds;
    // While it is held back, it cannot come.
    if (this.#isHeld || exchange?.isHeld || wanted === 0 || this.#measuredBytes >= wanted) {
      this.#measuredSince = seconds;
      this.#measuredBytes = 0;
    } else if (seconds - this.#measuredSince > rateWindowSeconds) {
      this.fail(new HTTPInputError("the body comes too slowly", { status: 408 }));
    }
  }

  #expectBody(isGzip: boolean): void {
    if (this.isOver || this.#phase === "given") return;
    const { bodyBytes } = this.#head;
    if (bodyBytes === 0) return;
    if (bodyBytes > this.#maxBodyBytes) {
      this.fail(bodyTooLarge(this.#maxBodyBytes));
      return;
    }
    if (this.#head.expectsContinue && this.#phase === "waiting") {
      this.#owner.outgoing.write(continueText, "latin1", undefined);
    }
    this.#body = new RequestBody(this, this.#maxBodyBytes, this.#owner.options.chunkSize, isGzip);
    this.#measuredSince = this.#owner.seconds;
    this.#limitTime();
  }

  #limitTime(): void {
    if (this.#bodyTimeoutMs === undefined) return;
    this.#bodyDeadline = this.#owner.seconds + Math.ceil(this.#bodyTimeoutMs / 1000);
  }

  /** Holds back what comes next until a promise is kept. */
  #hold(promise: Promise<void>, then: () => void): void {
    // What comes behind an exchange that is over is not its own.
    if (!this.isOver) {
      this.#isHeld = true;
      this.#owner.pauseReading();
    }
    promise.then(
      () => {
        this.#isHeld = false;
        then();
        if (!this.isOver) this.#owner.resumeReading();
      },
      (error: unknown) => this.fail(error),
    );
  }

  #complete(): void {
    this.#isRequestComplete = true;
    if (this.isOver) return;
    try {
      this.#delegate!.finish();
    } catch (error) {
      this.fail(error);
    }
    if (this.#hasClientEnded && !this.isOver) this.#notify();
  }

  // -- the response

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
    this.#code = startLine.code;
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
    if (chunk.length <= maxCopiedBytes) this.#owner.outgoing.gather();
    this.flush();
    this.#send("", chunk, callback);
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
      if (this.#isChunked) this.#owner.outgoing.write("0\r\n\r\n", "latin1", callback);
      else if (callback !== undefined) this.#owner.outgoing.write("", "latin1", callback);
    }
    this.#release();
  }

  /** Sends what `writeHeaders` left, if nothing else did in the same turn. */
  flush(): void {
    if (this.#phase !== "held" || this.#isClosed) return;
    const head = this.#frame();
    const chunk = this.#firstChunk;
    const callback = this.#firstCallback;
    if (chunk === undefined) this.#owner.outgoing.write(head, "latin1", callback);
    else this.#send(head, chunk, callback);
    this.#firstChunk = undefined;
    this.#firstCallback = undefined;
  }

  /** A response that is complete within one turn leaves in one write. */
  #finishAtOnce(callback: WriteCallback | undefined): void {
    const head = this.#frame();
    const chunk = this.#firstChunk ?? "";
    const first = this.#firstCallback;
    const done = first === undefined ? callback : callback === undefined ? first : inOrder(first, callback);
    if (!this.#isChunked) {
      this.#send(head, chunk, done, true);
    } else {
      this.#owner.outgoing.gather();
      this.#send(head, chunk, undefined);
      this.#owner.outgoing.write("0\r\n\r\n", "latin1", done);
    }
    this.#firstChunk = undefined;
    this.#firstCallback = undefined;
  }

  /** Decides the framing, and gives the text of the head. */
  #frame(): string {
    this.#phase = "sending";
    const { method, minorVersion, keepAlive, wantsWebSocket } = this.#head;
    const { isDraining, options } = this.#owner;
    const mustClose = !keepAlive || !this.#isRequestComplete || isDraining || options.noKeepAlive || wantsWebSocket;
    try {
      const framing = frameResponse(this.#code, method, minorVersion === 0, this.#headers!, mustClose);
      this.#promisedBytes = framing.promisedBytes;
      this.#isLast = framing.closes;
      this.#isChunked = framing.isChunked;
      this.#isBodiless = !framing.hasBody;
      const addsCoding = framing.isChunked && !framing.saysChunked;
      return headText(
        this.#statusLine,
        addsCoding ? [...framing.fields, "Transfer-Encoding", "chunked"] : framing.fields,
      );
    } catch (error) {
      this.#giveUp();
      throw error;
    }
  }

  /** Sends a piece of the body behind a text of latin-1, which may be empty. */
  #send(text: string, chunk: Uint8Array | string, callback: WriteCallback | undefined, isWhole = false): void {
    const { outgoing } = this.#owner;
    if (chunk.length > 0) this.#count(chunk);
    if (isWhole && this.#promisedBytes > this.#sentBytes) throw this.#mismatch("fewer");
    if (chunk.length === 0 || this.#isBodiless) {
      if (text !== "") outgoing.write(text, "latin1", callback);
      else if (callback !== undefined) process.nextTick(callback);
    } else if (this.#isChunked) {
      outgoing.write(chunkBytes(text, chunk), "latin1", callback);
    } else if (typeof chunk === "string" && chunk.length === this.#promisedBytes) {
      // As many characters as bytes: it is ASCII.
      outgoing.write(text + chunk, "latin1", callback);
    } else if (chunk.length <= maxCopiedBytes) {
      outgoing.write(text + toLatin1(chunk), "latin1", callback);
    } else {
      // Not gathered: to give a large piece to the socket together with a text costs more than a second write.
      if (text !== "") outgoing.write(text, "latin1", undefined);
      outgoing.write(toBuffer(chunk), "latin1", callback);
    }
    if (outgoing.queuedBytes > this.#owner.options.maxWriteBufferBytes) this.#checkQueue(chunk.length);
  }

  /** Cuts off a client for which more and more is made that it does not read. */
  #checkQueue(lastBytes: number): void {
    const { outgoing, options } = this.#owner;
    if (outgoing.queuedBytes - lastBytes <= options.maxWriteBufferBytes) return;
    noteRefusal(`More than ${options.maxWriteBufferBytes} bytes wait for ${this.remoteIp}, which is cut off`);
    this.#owner.cut();
  }

  #count(chunk: Uint8Array | string): void {
    if (this.#promisedBytes === -1) return;
    this.#sentBytes += typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk.byteLength;
    if (this.#sentBytes > this.#promisedBytes) throw this.#mismatch("more");
  }

  #mismatch(comparison: "more" | "fewer"): HTTPOutputError {
    const { method, target } = this.#head;
    this.#giveUp();
    return new HTTPOutputError(
      `The response to ${method} ${target.split("?", 1)[0]} has ${comparison} bytes than its Content-Length of ${this.#promisedBytes}.`,
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
    this.#headers = undefined;
    this.#body?.discard();
    this.#owner.released(this.#isLast);
  }

  // -- the end

  detach(): Duplex {
    if (this.#isClosed || this.#phase === "finished" || this.#phase === "given") {
      throw new HTTPOutputError("detach() needs a connection that is open, not answered yet, and nobody else's.");
    }
    this.flush();
    // While the socket is still the owner's, which knows who asks.
    this.#whoAsks();
    this.#isClosed = true;
    this.#owner.detached();
    this.#forget();
    return this.#owner.socket;
  }

  /** Lets go of all that HTTP needed: a handler keeps its request, and with it this, for as long as a WebSocket is open. */
  #forget(): void {
    this.#owner = { socket: this.#owner.socket } as ConnectionOwner;
    this.#head = noHead;
    this.#delegate = undefined;
    this.#body?.discard();
    this.#body = undefined;
    this.#headers = undefined;
  }

  cut(): void {
    if (!this.isOver) this.#owner.cut();
  }

  takeNodeMessages(): NodeMessages {
    if (this.#isClosed || this.#phase !== "waiting" || this.#body !== undefined) {
      throw new HTTPOutputError(
        "takeNodeMessages() needs a request whose body is not read and that is not answered yet.",
      );
    }
    if (this.#head.bodyBytes > this.#maxBodyBytes) throw bodyTooLarge(this.#maxBodyBytes);
    const { isDraining, options } = this.#owner;
    const mustClose = isDraining || options.noKeepAlive || this.#head.wantsWebSocket;
    this.#exchange = new NodeExchange(this.#owner, this.#head, mustClose, (isLast) => {
      this.#phase = "finished";
      // A body that nobody has read to its end would be taken for the next request.
      this.#owner.released(isLast || !this.#isRequestComplete);
    });
    this.#phase = "given";
    this.#measuredSince = this.#owner.seconds;
    this.#limitTime();
    return this.#exchange;
  }

  /** Answers what can be answered to an error that the delegate did not catch, and closes. */
  fail(error: unknown): void {
    if (this.#isClosed) return;
    const isInput = error instanceof HTTPInputError;
    if (this.#phase === "finished" && isInput) return;
    if (isInput) noteMalformed(this.remoteIp, error);
    else generalLog.error("Uncaught exception while a request was served", error);
    if (this.#phase === "finished") return;
    // Of a response that is somebody else's, nobody here knows how far it is: the connection is cut.
    if (this.#phase === "waiting") this.#refuse(isInput ? error.status : 500);
    else this.#owner.cut();
    this.#isClosed = true;
    this.#notify();
  }

  #refuse(status: number): void {
    const { reason, headers, body } = makeRefusal(status);
    this.#isLast = true;
    const text = headText(statusLine(status, reason), headers);
    this.#owner.outgoing.write(this.#head.method === "HEAD" ? text : text + body, "latin1", undefined);
    this.#release();
  }

  /** The client has ended its side: it may have left, or wait for its answer. It gets that, if it is given. */
  clientEnded(): void {
    // Code for node:http expects the socket to close then.
    if (this.#exchange !== undefined) this.#owner.cut();
    else if (this.#isRequestComplete) this.#notify();
    else this.#hasClientEnded = true;
  }

  /** The socket has closed. */
  socketClosed(): void {
    if (this.#phase === "held") failLater(this.#firstCallback);
    this.#exchange?.socketClosed();
    const isAnswered = this.#phase === "finished";
    this.#isClosed = true;
    if (!isAnswered) this.#notify();
  }

  #notify(): void {
    if (this.#isNotified) return;
    this.#isNotified = true;
    this.#body?.discard();
    try {
      this.#delegate?.onConnectionClose();
    } catch (error) {
      generalLog.error("Uncaught exception in onConnectionClose()", error);
    }
  }
}

/** Stands in for the head of an exchange that has been detached. */
const noHead = new RequestHead(new HTTPHeaders());

/** The time over which a body may come slowly. */
const rateWindowSeconds = 10;

function flushHeld(connection: HTTP1Connection): void {
  try {
    connection.flush();
  } catch (error) {
    generalLog.error("A response could not be sent", error);
  }
}

function inOrder(first: WriteCallback, second: WriteCallback): WriteCallback {
  return (error) => {
    first(error);
    second(error);
  };
}

function toBuffer(chunk: Uint8Array | string): Buffer {
  if (typeof chunk === "string") return Buffer.from(chunk);
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
