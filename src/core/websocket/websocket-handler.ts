/** The class that an app's WebSocket handlers extend: one instance serves one connection, from its handshake to its end. */

import type { Duplex } from "node:stream";
import { type Channel, type Subscriber, subscribeTaker } from "../channels/channel.js";
import type { Publishable } from "../channels/channel-message.js";
import { TornadoError, toError } from "../errors.js";
import { HTTPOutputError } from "../http/http-input-error.js";
import { noteRefusal } from "../http/refusal-log.js";
import { applicationLog } from "../log.js";
import { runtime } from "../runtime.js";
import { ClientGoneError } from "../web/client-gone-error.js";
import { expectedError } from "../web/expected-error.js";
import type { HandlerApplication } from "../web/handler-application.js";
import type { HeaderValue } from "../web/header-value.js";
import { endUnanswered, RequestHandler, sealHeaders } from "../web/request-handler.js";
import type { WebSocketCompressionOptions } from "./compression.js";
import {
  type OutgoingMessage,
  WebSocketConnection,
  type WebSocketReceiver,
  type WriteMessageOptions,
} from "./connection.js";
import { WebSocketClosedError } from "./errors.js";
import { agree, checkHandshake, isSameOrigin, offeredSubprotocols, supportedVersions, upgrade } from "./handshake.js";
import { openWebSockets } from "./open-websockets.js";

const defaultMaxMessageSize = 2 ** 20;
const defaultMaxQueuedBytes = 4 * 2 ** 20;

/**
 * Serves WebSockets. Subclass it, write `onMessage`, and put the class into the route table.
 *
 * The handshake is a request like any other: `initialize`, `prepare`, arguments, cookies and the current user all work, and an
 * `HTTPError` refuses it with the handler's own error page. Then come `open`, `onMessage` for each message, and `onClose`. Each
 * may be async, and what comes next waits for it.
 *
 * ```ts
 * class Echo extends WebSocketHandler {
 *   override onMessage(message: string | Buffer) {
 *     return this.writeMessage(`You said: ${message}`);
 *   }
 * }
 * ```
 *
 * @typeParam Kwargs - What `initialize` gets from the rule.
 * @typeParam App - The class of `this.application`.
 */
export abstract class WebSocketHandler<
  Kwargs extends object = object,
  App extends HandlerApplication = HandlerApplication,
> extends RequestHandler<Kwargs, App> {
  /** A WebSocket begins with a GET, and with no HEAD. */
  static override readonly SUPPORTED_METHODS: readonly string[] = ["GET", "POST", "DELETE", "PATCH", "PUT", "OPTIONS"];

  #connection: WebSocketConnection<WebSocketHandler> | null = null;
  #selectedSubprotocol: string | null = null;
  #isUpgraded = false;
  #namesVersions = false;
  #closeHooks: Set<() => void> | null = null;

  // ---- What a subclass may define ----------------------------------------------------------------------------------

  /** Takes a message: text as a string, binary data as bytes. */
  abstract onMessage(message: string | Buffer): void | Promise<void>;

  /** Runs when the WebSocket is open, with the path arguments of the route. No message is delivered before it is done. */
  open(..._pathArgs: never[]): void | Promise<void> {}

  /** Runs once when the WebSocket has ended; `closeCode` and `closeReason` say what the client said. */
  onClose(): void | Promise<void> {}

  /** Takes a ping; it has been answered. */
  onPing(_data: Buffer): void | Promise<void> {}

  /** Takes the answer to a ping. */
  onPong(_data: Buffer): void | Promise<void> {}

  /**
   * Says whether a page of an origin may connect. By default only one of the same host and port: browsers let any site connect,
   * and send the user's cookies along.
   *
   * ```ts
   * override checkOrigin(origin: string) {
   *   return super.checkOrigin(origin) || origin === "https://www.example.com";
   * }
   * ```
   */
  checkOrigin(origin: string): boolean | Promise<boolean> {
    return isSameOrigin(origin, this.request);
  }

  /**
   * Chooses one of the subprotocols that the client offers, the one it likes most first. Called once, also with an empty list.
   *
   * @returns One of them, or `null` for none.
   */
  selectSubprotocol(_subprotocols: readonly string[]): string | null {
    return null;
  }

  /** Says how messages are compressed, when the client offers it; `null`, the default, for not at all. */
  getCompressionOptions(): WebSocketCompressionOptions | null {
    return null;
  }

  /** Seconds between pings; 0 for none. The `websocketPingInterval` setting. */
  get pingInterval(): number {
    return this.settings.websocketPingInterval ?? 0;
  }

  /** Seconds to wait for the answer to a ping. The `websocketPingTimeout` setting, or the interval. */
  get pingTimeout(): number {
    return this.settings.websocketPingTimeout ?? this.pingInterval;
  }

  /** Largest message that is taken, in bytes, decompressed. The `websocketMaxMessageSize` setting, or 1 MiB. */
  get maxMessageSize(): number {
    return this.settings.websocketMaxMessageSize ?? defaultMaxMessageSize;
  }

  /** With more bytes than this waiting, a client that is sent more is closed with 1013. The `websocketMaxQueuedBytes` setting, or 4 MiB. */
  get maxQueuedBytes(): number {
    return this.settings.websocketMaxQueuedBytes ?? defaultMaxQueuedBytes;
  }

  // ---- The connection ----------------------------------------------------------------------------------------------

  /**
   * Sends a message: text, bytes as a binary message, an object or an array as JSON.
   *
   * @returns When it has been handed to the operating system: to wait for it is to send no faster than the client reads. Rejects with
   *   a {@link WebSocketClosedError} when the WebSocket is closed; that may be ignored.
   */
  writeMessage(message: OutgoingMessage, options?: WriteMessageOptions): Promise<void> {
    return this.#requireConnection("writeMessage()").writeMessage(message, options);
  }

  /**
   * Sends a ping, with at most 125 bytes of data.
   *
   * @throws WebSocketClosedError when the WebSocket is closed.
   */
  ping(data: string | Uint8Array = ""): void {
    this.#requireConnection("ping()").ping(data);
  }

  /**
   * Closes the WebSocket; does nothing when it is closed already.
   *
   * @param code - 1000 to 1014, or 3000 to 4999 for an app's own. Default: none, or 1000 with a reason.
   * @param reason - At most 123 bytes of UTF-8.
   */
  close(code?: number, reason?: string): void {
    this.#requireConnection("close()").close(code, reason);
  }

  /** Whether messages can be sent. */
  get isOpen(): boolean {
    return this.#connection?.isOpen ?? false;
  }

  /** Bytes that wait to be sent because the client has not read what was sent before. */
  get bufferedAmount(): number {
    return this.#connection?.bufferedAmount ?? 0;
  }

  /** The code of the client's close frame; `null` before, when it said none, and when the connection was lost. */
  get closeCode(): number | null {
    return this.#connection?.closeInformation?.code ?? null;
  }

  /** The reason in the client's close frame, or `null`. */
  get closeReason(): string | null {
    return this.#connection?.closeInformation?.reason ?? null;
  }

  /** The subprotocol that was agreed to, or `null`. */
  get selectedSubprotocol(): string | null {
    return this.#selectedSubprotocol;
  }

  /** Sends small messages at once, which is the default here, or lets the system gather them (Nagle's algorithm). */
  setNodelay(value: boolean): void {
    this.#requireConnection("setNodelay()");
    const { socket } = this.request.connection;
    (socket as Duplex & { setNoDelay?(value: boolean): unknown }).setNoDelay?.(value);
  }

  /**
   * Sends each message of a channel to this client, until the WebSocket ends. One that reads too slowly is closed with 1013.
   *
   * @param subscriber - Gets the messages in place of the client.
   * @returns A function that ends it before.
   */
  subscribe<Message extends Publishable>(
    channel: Channel<Message> | string,
    subscriber?: Subscriber<Message>,
  ): () => void {
    const connection = this.#requireConnection("subscribe()");
    if (connection.closeInformation !== null) return () => {};
    const source = typeof channel === "string" ? this.application.channel<Message>(channel) : channel;
    const unsubscribe =
      subscriber === undefined
        ? source[subscribeTaker]((message) => connection.push(message.frame, message.isBinary))
        : source.subscribe((message) => connection.callback(() => subscriber(message)));
    this.#closeHooks ??= new Set();
    const hooks = this.#closeHooks.add(unsubscribe);
    return () => {
      hooks.delete(unsubscribe);
      unsubscribe();
    };
  }

  // ---- The handshake -----------------------------------------------------------------------------------------------

  /** Makes the connection a WebSocket. Override it for a check of your own before, and call `super.get`. */
  async get(...pathArgs: never[]): Promise<void> {
    const { request } = this;
    const open = openWebSockets(this.application);
    this.#checkVersion();
    checkHandshake(request);
    const origin = request.headers.get("Origin") ?? request.headers.get("Sec-WebSocket-Origin");
    // Not by its truth: a promise is always true.
    if (origin !== undefined && (await this.checkOrigin(origin)) !== true) {
      throw expectedError(403, `Pages of ${JSON.stringify(origin)} may not connect (checkOrigin)`);
    }
    if (open.isDraining) throw expectedError(503, "The server ends, and opens no WebSocket any more");
    const subprotocol = this.#select(offeredSubprotocols(request.headers));
    const { maxMessageSize } = this;
    const agreement = agree(request.headers, this.getCompressionOptions(), maxMessageSize);
    this.setStatus(101);
    const headers = await this[sealHeaders]();
    const websocket = upgrade(request, this.#detachSocket(), { ...agreement, subprotocol, headers });
    if (websocket === null) throw new ClientGoneError();
    const owner = this as unknown as WebSocketHandler;
    const connection = new WebSocketConnection(websocket, owner, WebSocketHandler.#receiver, {
      pingInterval: this.pingInterval,
      pingTimeout: this.pingTimeout,
      maxMessageSize,
      maxQueuedBytes: this.maxQueuedBytes,
    });
    this.#connection = connection;
    this.#isUpgraded = true;
    open.add(connection);
    this[endUnanswered]();
    connection.begin(() => this.open(...pathArgs));
  }

  /** Clears the response; what refuses a version names those that are understood (RFC 6455, section 4.4). */
  override clear(): void {
    super.clear();
    if (!this.#namesVersions) return;
    this.setHeader("Sec-WebSocket-Version", supportedVersions.join(", "));
    // RFC 9110, section 15.5.22.
    this.setHeader("Upgrade", "websocket");
  }

  #checkVersion(): void {
    const { headers } = this.request;
    this.#namesVersions =
      headers.has("Upgrade") && !supportedVersions.includes(headers.get("Sec-WebSocket-Version") ?? "");
  }

  #select(offered: readonly string[]): string | null {
    const selected = this.selectSubprotocol(offered);
    if (selected !== null && !offered.includes(selected)) {
      throw new TornadoError(
        "SUBPROTOCOL_NOT_OFFERED",
        `selectSubprotocol() of ${this.constructor.name} chose ${JSON.stringify(selected)}, which the client did not offer. Return one of its list, or null.`,
      );
    }
    this.#selectedSubprotocol = selected;
    return selected;
  }

  /** The client may have left while the handshake was being checked. */
  #detachSocket(): Duplex {
    try {
      return this.detach();
    } catch (error) {
      if (error instanceof HTTPOutputError) throw new ClientGoneError({ cause: error });
      throw error;
    }
  }

  // ---- What arrives ------------------------------------------------------------------------------------------------

  static readonly #receiver: WebSocketReceiver<WebSocketHandler> = {
    messageReceived: (handler, message) => handler.onMessage(message),
    pingReceived: (handler, data) => handler.onPing(data),
    pongReceived: (handler, data) => handler.onPong(data),
    lost: (handler) => handler.#lost(),
    closed: (handler) => handler.onClose(),
    finished: (handler) => openWebSockets(handler.application).delete(handler.#connection!),
    failed: (handler, error) => handler.#failed(error),
    refused: (handler, error) =>
      noteRefusal(`Refused WebSocket message from ${handler.request.remoteIp}: ${error.message}`),
  };

  #lost(): void {
    if (this.#closeHooks !== null) for (const unsubscribe of this.#closeHooks) unsubscribe();
    this.#closeHooks = null;
    this.request.abort();
  }

  /** Whoever waits for a message to a client that has left does nothing wrong. */
  #failed(thrown: unknown): void {
    const error = toError(thrown);
    const isClientGone = !this.isOpen && (error instanceof WebSocketClosedError || error.name === "AbortError");
    if (isClientGone) return;
    try {
      this.logException(error);
    } catch (secondError) {
      applicationLog.error("Uncaught exception in logException", secondError);
    }
    runtime().exceptionUnseen?.(this as unknown as RequestHandler, error);
  }

  #requireConnection(method: string): WebSocketConnection<WebSocketHandler> {
    if (this.#connection !== null) return this.#connection;
    throw new TornadoError(
      "WEBSOCKET_NOT_OPEN",
      `${method} was called before the WebSocket of ${this.constructor.name} is open. Call it in open() or later.`,
    );
  }

  // ---- What is HTTP's, and is over with the handshake --------------------------------------------------------------

  override write(chunk: string | Uint8Array | object): void {
    this.#refuseHttp("write()");
    super.write(chunk);
  }

  override flush(): Promise<void> {
    this.#refuseHttp("flush()");
    return super.flush();
  }

  override finish(chunk?: string | Uint8Array | object): Promise<void> {
    this.#refuseHttp("finish()");
    return super.finish(chunk);
  }

  override redirect(...args: Parameters<RequestHandler["redirect"]>): Promise<void> {
    this.#refuseHttp("redirect()");
    return super.redirect(...args);
  }

  override sendError(...args: Parameters<RequestHandler["sendError"]>): void | Promise<void> {
    this.#refuseHttp("sendError()");
    return super.sendError(...args);
  }

  override setStatus(statusCode: number, reason?: string | null): void {
    this.#refuseHttp("setStatus()");
    super.setStatus(statusCode, reason);
  }

  override setHeader(name: string, value: HeaderValue): void {
    this.#refuseHttp("setHeader()");
    super.setHeader(name, value);
  }

  override addHeader(name: string, value: HeaderValue): void {
    this.#refuseHttp("addHeader()");
    super.addHeader(name, value);
  }

  override setCookie(...args: Parameters<RequestHandler["setCookie"]>): void {
    this.#refuseHttp("setCookie()");
    super.setCookie(...args);
  }

  #refuseHttp(method: string): void {
    if (!this.#isUpgraded) return;
    throw new TornadoError(
      "WEBSOCKET_IS_NO_RESPONSE",
      `${method} is for an HTTP response, and this connection of ${this.constructor.name} is a WebSocket by now. Send with writeMessage().`,
    );
  }
}
