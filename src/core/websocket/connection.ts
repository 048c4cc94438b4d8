/** One open WebSocket, of a server or of a client: what arrives in its order, one thing at a time; and what leaves, within bounds. */

import { AsyncResource } from "node:async_hooks";
import { WebSocket } from "ws";
import { jsonEncode } from "../escape.js";
import { type CloseInformation, checkClose, closeCodes } from "./close-codes.js";
import { WebSocketClosedError } from "./errors.js";
import { KeepAlive } from "./keep-alive.js";
import type { OrderlyWebSocket } from "./orderly-websocket.js";

/** A message as it is sent: text, bytes (of a `Buffer`, a typed array or an `ArrayBuffer`), or what is sent as JSON. */
export type OutgoingMessage = string | Uint8Array | object;

/** How a message is sent. */
export interface WriteMessageOptions {
  /** Sends text as a binary message; bytes always are one. Default false. */
  readonly binary?: boolean;
}

/** Takes what arrives for an owner, the same for all connections of one kind. A promise holds back all that follows until it settles. */
export interface WebSocketReceiver<Owner> {
  messageReceived(owner: Owner, message: string | Buffer): unknown;
  pingReceived(owner: Owner, data: Buffer): unknown;
  pongReceived(owner: Owner, data: Buffer): unknown;
  /** The connection has ended; a callback may still work, and can be told. */
  lost(owner: Owner): void;
  /** The connection has ended, and no callback works any more. Called once, after all that arrived. */
  closed(owner: Owner): unknown;
  /** What `closed` began is done. Nothing is called after it. */
  finished(owner: Owner): void;
  /** One of the others has thrown. The connection is closed after it, unless it is so already. */
  failed(owner: Owner, error: unknown): void;
  /** The other side has broken the protocol, or a limit; it is told so, and the connection ends. */
  refused(owner: Owner, error: Error): void;
}

export interface ConnectionOptions {
  /** Seconds between pings; 0 for none. */
  readonly pingInterval: number;
  /** Seconds to wait for the answer to one. */
  readonly pingTimeout: number;
  /** Largest message that is taken, in bytes. */
  readonly maxMessageSize: number;
  /** Most bytes that may wait to be sent when one more message comes. */
  readonly maxQueuedBytes: number;
}

/** Bytes that a message which waits costs besides its own. */
const entryBytes = 64;

type Bytes = ArrayBufferView | ArrayBuffer;
type Kind = "message" | "ping" | "pong";

interface Arrival {
  readonly kind: Kind;
  readonly data: string | Buffer;
}

const asText = { binary: false };
const asBinary = { binary: true };
const connectionOf = Symbol("connection");
type WiredWebSocket = OrderlyWebSocket & { [connectionOf]: WebSocketConnection<unknown> };

/** Wraps a WebSocket of the ws library, which does the framing. */
export class WebSocketConnection<Owner> {
  readonly #websocket: OrderlyWebSocket;
  readonly #owner: Owner;
  readonly #receiver: WebSocketReceiver<Owner>;
  readonly #options: ConnectionOptions;
  /** Keeps what `AsyncLocalStorage` holds here for the callbacks: socket events know nothing of the request. */
  readonly #scope = new AsyncResource("TornadoWebSocket");
  readonly #keepAlive: KeepAlive | null;
  /** Somebody works on what came last, and nothing else is delivered meanwhile. */
  #isHeld = false;
  /** What one read brought beyond that. */
  #arrivals: Arrival[] | null = null;
  #arrivedBytes = 0;
  /** Answers the other side's close frame, once what came before it is done. */
  #closeAnswer: (() => void) | null = null;
  #hasClosed = false;
  #hasFailed = false;
  #closeInformation: CloseInformation | null = null;

  /** @param websocket - Open, and of which nothing has been read yet. */
  constructor(
    websocket: OrderlyWebSocket,
    owner: Owner,
    receiver: WebSocketReceiver<Owner>,
    options: ConnectionOptions,
  ) {
    this.#websocket = websocket;
    this.#owner = owner;
    this.#receiver = receiver;
    this.#options = options;
    (websocket as WiredWebSocket)[connectionOf] = this as unknown as WebSocketConnection<unknown>;
    websocket.closeKeeper = this;
    websocket.on("message", onMessage);
    websocket.on("ping", onPing);
    websocket.on("pong", onPong);
    websocket.on("close", onClose);
    websocket.on("error", onError);
    const { pingInterval, pingTimeout } = options;
    this.#keepAlive = pingInterval > 0 ? new KeepAlive(this, pingInterval, pingTimeout) : null;
  }

  /** Whether messages can be sent. */
  get isOpen(): boolean {
    return this.#websocket.readyState === WebSocket.OPEN;
  }

  /** Whether nothing is read, so that the answer to a ping may wait as well. */
  get isPaused(): boolean {
    return this.#websocket.isPaused;
  }

  /** Bytes that wait to be sent. */
  get bufferedAmount(): number {
    return this.#websocket.bufferedAmount;
  }

  /** What the other side said when it closed; `null` while it has not. */
  get closeInformation(): CloseInformation | null {
    return this.#closeInformation;
  }

  /** The subprotocol agreed to. */
  get subprotocol(): string | null {
    return this.#websocket.protocol === "" ? null : this.#websocket.protocol;
  }

  /**
   * Sends a message.
   *
   * @returns When it has been handed to the operating system; rejects with a {@link WebSocketClosedError}, which may be ignored.
   */
  writeMessage(message: OutgoingMessage, options?: WriteMessageOptions): Promise<void> {
    const isText = typeof message === "string";
    if (isText || isBytes(message)) return this.#send(message, options?.binary ?? !isText);
    return this.#send(jsonEncode(checkJson(message)), options?.binary ?? false);
  }

  #send(data: string | Bytes, isBinary: boolean): Promise<void> {
    const websocket = this.#websocket;
    if (websocket.readyState !== WebSocket.OPEN) return rejected(new WebSocketClosedError());
    if (websocket.bufferedAmount > this.#options.maxQueuedBytes) {
      this.#closeSlowReader();
      return rejected(new WebSocketClosedError("The other side reads too slowly, and the WebSocket is closed"));
    }
    const sent = new Promise<void>((resolve, reject) => {
      websocket.send(data, isBinary ? asBinary : asText, (error) => {
        if (error === undefined || error === null) {
          resolve();
          return;
        }
        sent.catch(ignore);
        reject(closedError(error));
      });
    });
    return sent;
  }

  /** Sends the same content as many others get, for nobody to wait for; nothing when the WebSocket is closed. */
  push(data: Uint8Array, isBinary: boolean): void {
    const websocket = this.#websocket;
    if (websocket.readyState !== WebSocket.OPEN) return;
    if (websocket.bufferedAmount > this.#options.maxQueuedBytes) this.#closeSlowReader();
    else websocket.send(data, isBinary ? asBinary : asText);
  }

  /** @throws RangeError for more than 125 bytes. */
  ping(data: string | Uint8Array = ""): void {
    const bytes = Buffer.from(data as string);
    if (bytes.length > 125) throw new RangeError(`ping() takes at most 125 bytes, not ${bytes.length}.`);
    if (!this.isOpen) throw new WebSocketClosedError();
    this.#websocket.ping(bytes);
  }

  /** Begins to close; does nothing when that has begun. A connection whose other side does not answer is dropped after 5 s. */
  close(code?: number, reason?: string): void {
    checkClose(code, reason);
    this.#hasClosed = true;
    this.#websocket.close(code ?? (reason === undefined ? undefined : closeCodes.normal), reason);
    // The answer must be seen, whoever still works on what came before it.
    this.#websocket.resume();
  }

  /** Drops the connection. */
  terminate(): void {
    this.#websocket.terminate();
  }

  /** Does work before anything that arrives is delivered. */
  begin(work: () => unknown): void {
    this.#run(work);
  }

  /** Does work that is not caused by what arrives; it holds nothing back, and fails as a callback does. */
  callback(work: () => unknown): void {
    try {
      const working = this.#scope.runInAsyncScope(work);
      if (isPromise(working)) working.then(undefined, (error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  // -- what arrives

  arrived(kind: Kind, data: string | Buffer): void {
    if (kind === "pong") this.#keepAlive?.answered();
    if (this.#hasFailed) return;
    // It has been answered: one that asks, and never reads, would fill the memory.
    if (kind === "ping" && this.bufferedAmount > this.#options.maxQueuedBytes) this.#closeSlowReader();
    if (!this.#isHeld) {
      this.#deliver(kind, data);
      return;
    }
    // Not before something waits: as long as the socket is read, one that has closed is noticed.
    if (kind !== "pong" && this.isOpen) this.#websocket.pause();
    this.#arrivals ??= [];
    this.#arrivedBytes += data.length + entryBytes;
    if (this.#arrivedBytes > 2 * this.#options.maxMessageSize + 2 ** 20) {
      // Compressed, one read can bring a thousand times its size.
      this.close(closeCodes.policy, "Too many messages at once");
    } else {
      this.#arrivals.push({ kind, data });
    }
  }

  answerClose(answer: () => void): void {
    if (this.#isHeld && !this.#hasClosed) this.#closeAnswer = answer;
    else answer();
  }

  /** The connection has ended. */
  ended(information: CloseInformation): void {
    this.#keepAlive?.stop();
    this.#closeInformation = information;
    this.#receiver.lost(this.#owner);
    if (!this.#isHeld) void this.#deliverClose();
  }

  refused(error: Error): void {
    this.#receiver.refused(this.#owner, error);
  }

  #closeSlowReader(): void {
    this.close(closeCodes.tryAgainLater, "Messages are read too slowly");
  }

  #deliver(kind: Kind, data: string | Buffer): void {
    const receiver = this.#receiver;
    if (kind === "message") this.#run(receiver.messageReceived, data);
    else if (kind === "ping") this.#run(receiver.pingReceived, data);
    else this.#run(receiver.pongReceived, data);
  }

  async #deliverClose(): Promise<void> {
    try {
      await this.#scope.runInAsyncScope(this.#receiver.closed, this.#receiver, this.#owner);
    } catch (error) {
      this.#receiver.failed(this.#owner, error);
    }
    this.#receiver.finished(this.#owner);
  }

  #run(work: (owner: Owner, data: never) => unknown, data?: string | Buffer): void {
    try {
      const working = this.#scope.runInAsyncScope(
        work as (...args: unknown[]) => unknown,
        this.#receiver,
        this.#owner,
        data,
      );
      if (isPromise(working)) this.#hold(working);
    } catch (error) {
      this.#fail(error);
    }
  }

  #hold(working: PromiseLike<unknown>): void {
    this.#isHeld = true;
    working.then(
      () => this.#release(),
      (error: unknown) => {
        this.#fail(error);
        this.#release();
      },
    );
  }

  #release(): void {
    this.#isHeld = false;
    while (this.#arrivals !== null && !this.#isHeld) {
      const { kind, data } = this.#arrivals.shift()!;
      this.#arrivedBytes -= data.length + entryBytes;
      if (this.#arrivals.length === 0) this.#arrivals = null;
      this.#deliver(kind, data);
    }
    if (this.#isHeld) return;
    this.#closeAnswer?.();
    this.#closeAnswer = null;
    if (this.#closeInformation !== null) void this.#deliverClose();
    else if (this.isPaused) this.#websocket.resume();
  }

  /** Nothing more is delivered but the end: what came next may build on what has failed. */
  #fail(error: unknown): void {
    this.#receiver.failed(this.#owner, error);
    this.#hasFailed = true;
    this.#arrivals = null;
    if (this.isOpen) this.close(closeCodes.internalError);
  }
}

function onMessage(this: WebSocket, data: unknown, isBinary: boolean): void {
  const bytes = data as Buffer;
  (this as WiredWebSocket)[connectionOf].arrived("message", isBinary ? bytes : bytes.toString("utf8"));
}

function onPing(this: WebSocket, data: Buffer): void {
  (this as WiredWebSocket)[connectionOf].arrived("ping", data);
}

function onPong(this: WebSocket, data: Buffer): void {
  (this as WiredWebSocket)[connectionOf].arrived("pong", data);
}

/** 1005 stands for a close frame without a code, and 1006 for none at all; neither is ever sent. */
function onClose(this: WebSocket, code: number, reason: Buffer): void {
  const isSaid = code !== 1005 && code !== 1006;
  const information = { code: isSaid ? code : null, reason: isSaid ? reason.toString("utf8") : null };
  (this as WiredWebSocket)[connectionOf].ended(information);
}

function onError(this: WebSocket, error: Error): void {
  (this as WiredWebSocket)[connectionOf].refused(error);
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function";
}

/** What a browser's WebSocket sends as bytes: as JSON it would be `{}`. */
function isBytes(value: unknown): value is Bytes {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

/** A promise would be sent as `{}`. */
function checkJson(message: object): object {
  if (typeof message === "object" && message !== null && !isPromise(message)) return message;
  const what = isPromise(message) ? "a promise" : message === null ? "null" : typeof message;
  throw new TypeError(`writeMessage() takes text, bytes, an object or an array, not ${what}.`);
}

function closedError(cause: Error): WebSocketClosedError {
  return new WebSocketClosedError("The WebSocket was closed before the message was sent", { cause });
}

/** Whoever sends to many does not wait for each; one who has left must not end the process. */
function rejected(error: Error): Promise<void> {
  const promise = Promise.reject(error);
  promise.catch(ignore);
  return promise;
}

function ignore(): void {}
