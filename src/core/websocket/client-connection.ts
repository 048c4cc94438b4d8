/** A client's side of a WebSocket: messages are read when they are wanted, and no faster. */

import type { HTTPHeaders } from "../http/headers.js";
import { applicationLog, generalLog } from "../log.js";
import {
  type ConnectionOptions,
  type OutgoingMessage,
  WebSocketConnection,
  type WebSocketReceiver,
  type WriteMessageOptions,
} from "./connection.js";
import type { OrderlyWebSocket } from "./orderly-websocket.js";

/** Takes each message, and `null` at the end. */
export type MessageCallback = (message: string | Buffer | null) => unknown;

/**
 * An open WebSocket, made by `websocketConnect`.
 *
 * ```ts
 * for await (const message of connection) console.log(message);
 * ```
 */
export class WebSocketClientConnection implements AsyncIterable<string | Buffer>, AsyncDisposable {
  /** The headers that the server answered with. */
  readonly headers: HTTPHeaders;
  readonly #connection: WebSocketConnection<WebSocketClientConnection>;
  readonly #onMessage: MessageCallback;
  readonly #closed: Promise<void>;
  #ended: () => void = () => {};
  /** A message that nobody has read. There is one at most: the next is not taken from the socket before. */
  #unread: { readonly message: string | Buffer; readonly taken: () => void } | null = null;
  #readers: { readonly resolve: (message: string | Buffer | null) => void; readonly forget: () => void }[] = [];
  #hasEnded = false;

  /** Use `websocketConnect`. */
  constructor(
    websocket: OrderlyWebSocket,
    headers: HTTPHeaders,
    options: ConnectionOptions,
    onMessage: MessageCallback | undefined,
  ) {
    this.headers = headers;
    this.#onMessage = onMessage ?? ((message) => this.#take(message));
    this.#closed = new Promise((resolve) => {
      this.#ended = resolve;
    });
    this.#connection = new WebSocketConnection(websocket, this, WebSocketClientConnection.#receiver, options);
  }

  static readonly #receiver: WebSocketReceiver<WebSocketClientConnection> = {
    messageReceived: (client, message) => client.#onMessage(message),
    pingReceived: () => {},
    pongReceived: () => {},
    lost: () => {},
    closed(client) {
      client.#hasEnded = true;
      client.#ended();
      return client.#onMessage(null);
    },
    finished: () => {},
    failed: (_, error) => applicationLog.error("Uncaught exception in onMessageCallback of a WebSocket", error),
    refused: (_, error) => generalLog.info(`Refused WebSocket message from the server: ${error.message}`),
  };

  /**
   * Reads the next message.
   *
   * @returns The message, text as a string and binary data as bytes; `null` when the WebSocket has ended.
   * @throws The signal's reason, when it is aborted before; the message is there for the next one who reads.
   */
  readMessage(options: { readonly signal?: AbortSignal } = {}): Promise<string | Buffer | null> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const unread = this.#unread;
    if (unread !== null) {
      this.#unread = null;
      unread.taken();
      return Promise.resolve(unread.message);
    }
    if (this.#hasEnded) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#readers = this.#readers.filter((one) => one !== reader);
        reject(signal!.reason);
      };
      const reader = { resolve, forget: () => signal?.removeEventListener("abort", giveUp) };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#readers.push(reader);
    });
  }

  /** As a handler's `writeMessage`. */
  writeMessage(message: OutgoingMessage, options?: WriteMessageOptions): Promise<void> {
    return this.#connection.writeMessage(message, options);
  }

  /** @throws WebSocketClosedError when the WebSocket is closed. */
  ping(data: string | Uint8Array = ""): void {
    this.#connection.ping(data);
  }

  /** Closes the WebSocket; does nothing when it is closed already. */
  close(code?: number, reason?: string): void {
    this.#connection.close(code, reason);
    // What has not been read is not asked for any more, and must not keep the answer of the server waiting.
    this.#unread?.taken();
    this.#unread = null;
  }

  /** Resolves when the WebSocket has ended. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  /** The code of the server's close frame; `null` before, when it said none, and when the connection was lost. */
  get closeCode(): number | null {
    return this.#connection.closeInformation?.code ?? null;
  }

  /** The reason in the server's close frame, or `null`. */
  get closeReason(): string | null {
    return this.#connection.closeInformation?.reason ?? null;
  }

  /** The subprotocol that the server chose, or `null`. */
  get selectedSubprotocol(): string | null {
    return this.#connection.subprotocol;
  }

  /** Bytes that wait to be sent because the server has not read what was sent before. */
  get bufferedAmount(): number {
    return this.#connection.bufferedAmount;
  }

  /** Reads until the WebSocket ends; whoever leaves the loop before closes it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string | Buffer, void, undefined> {
    try {
      for (;;) {
        const message = await this.readMessage();
        if (message === null) return;
        yield message;
      }
    } finally {
      this.close();
    }
  }

  /** Closes the WebSocket, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#closed;
  }

  #take(message: string | Buffer | null): Promise<void> | undefined {
    if (message === null) {
      for (const { resolve, forget } of this.#readers.splice(0)) {
        forget();
        resolve(null);
      }
      return undefined;
    }
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader.forget();
      reader.resolve(message);
      return undefined;
    }
    if (!this.#connection.isOpen) return undefined;
    return new Promise((resolve) => {
      this.#unread = { message, taken: resolve };
    });
  }
}
