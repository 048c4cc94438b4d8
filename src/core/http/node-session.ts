/** One socket over its life: its requests in order, one at a time, and a close that lets the client read the last answer. */

import { type IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { HTTPServerConnectionDelegate } from "./connection.js";
import { cutSocket } from "./cut-socket.js";
import { HTTPHeaders } from "./headers.js";
import { HTTPInputError } from "./http-input-error.js";
import { type ConnectionOwner, NodeHTTPConnection } from "./node-connection.js";
import { detachFromNode } from "./node-detach.js";
import { isPassedOn, type NodeIncomingMessage } from "./node-incoming-message.js";
import { refusalBytes } from "./refusal.js";
import { noteMalformed } from "./refusal-log.js";
import { checkRequestHead, refusedHead } from "./request-head.js";
import type { ResolvedServerOptions } from "./server-options.js";
import { type Origin, plainAddress } from "./trusted-downstream.js";

/** What all sessions of a server share. */
export interface SessionHost {
  readonly delegate: HTTPServerConnectionDelegate;
  readonly options: ResolvedServerOptions;
  readonly isDraining: boolean;
  /** Seconds that the server has run, counted by one coarse timer. */
  readonly seconds: number;
  /** A session has ended: its socket is closed, or no longer HTTP's. */
  sessionEnded(session: NodeSession): void;
}

/** A request that was read while another was being answered. */
interface WaitingRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse | undefined;
  readonly expectsContinue: boolean;
  readonly upgradeBytes: Buffer | undefined;
}

/** How long a closing socket is read on, so that its client is not reset before it has read the answer. */
const lingerSeconds = 5;
/** How many requests may be read ahead. */
const maxWaitingRequests = 32;

/** Owns a socket from the moment it is accepted. */
export class NodeSession implements ConnectionOwner {
  readonly socket: Socket;
  readonly #host: SessionHost;
  #peer: Origin | undefined;
  #current: NodeHTTPConnection | undefined;
  #waiting: WaitingRequest[] | undefined;
  /** Ended connections that still owe a callback. */
  #flushing: Set<NodeHTTPConnection> | undefined;
  #lastResponse: ServerResponse | undefined;
  /** Nothing is served any more: what still comes is read and thrown away. */
  #isClosing = false;
  #isDetached = false;
  #refusal: number | undefined;
  #idleSince: number;
  #lingersSince = -1;

  constructor(host: SessionHost, socket: Socket, peer?: Origin) {
    this.#host = host;
    this.socket = socket;
    this.#peer = peer;
    this.#idleSince = host.seconds;
    // node:http closes the socket by this once an answer was the last. Closed at once, with bytes unread, TCP would reset it,
    // and the answer would be lost on its way.
    socket.destroySoon = () => this.#linger();
  }

  get delegate(): HTTPServerConnectionDelegate {
    return this.#host.delegate;
  }

  get options(): ResolvedServerOptions {
    return this.#host.options;
  }

  get ownsResponse(): boolean {
    return true;
  }

  get isDraining(): boolean {
    return this.#host.isDraining;
  }

  get peer(): Origin {
    this.#peer ??= {
      remoteIp: plainAddress(this.socket.remoteAddress),
      protocol: this.options.protocol ?? ("encrypted" in this.socket ? "https" : "http"),
    };
    return this.#peer;
  }

  /** Whether no request is being served. */
  get isIdle(): boolean {
    return this.#current === undefined && this.#waiting === undefined && !this.#isClosing;
  }

  /** Takes a request; it is served when those before it have been answered. */
  take(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    (request as NodeIncomingMessage)[isPassedOn] = true;
    if (this.#isClosing) {
      request.resume();
    } else if (this.#current === undefined && this.#waiting === undefined) {
      this.#serve(request, response, expectsContinue, undefined);
    } else {
      this.#wait({ request, response, expectsContinue, upgradeBytes: undefined });
    }
  }

  /** Takes a request that came with a raw socket: the handshake of another protocol. */
  takeUpgrade(request: IncomingMessage, upgradeBytes: Buffer): void {
    (request as NodeIncomingMessage)[isPassedOn] = true;
    // node:http has taken its listeners off.
    this.socket.on("error", ignoreError);
    if (this.#isClosing) return;
    this.#wait({ request, response: undefined, expectsContinue: false, upgradeBytes });
    if (this.#current === undefined) this.#serveNext();
  }

  /** Takes an error that node:http found in what the client sent, or that the socket had. */
  takeError(error: Error & { code?: string; rawPacket?: Buffer }): void {
    if (this.#isDetached || this.#isClosing) return;
    const status = statusOfParseError(error, this.socket);
    if (status === undefined || !this.socket.writable) {
      this.destroy();
      return;
    }
    if (this.#current !== undefined && !this.#current.isRequestComplete) {
      this.#current.fail(new HTTPInputError(error.message, { cause: error, status }));
      return;
    }
    noteMalformed(this.peer.remoteIp, error);
    this.#refusal = status;
    if (this.#current === undefined && this.#waiting === undefined) this.#refuse();
  }

  /** Closes the session when nothing has been asked, or nothing moves, for too long. Called once a second. */
  sweep(): void {
    const { seconds, options } = this.#host;
    if (this.#lingersSince !== -1) {
      if (seconds - this.#lingersSince > lingerSeconds) this.socket.destroy();
    } else if (this.isIdle && (seconds - this.#idleSince) * 1000 > options.idleConnectionTimeoutMs) {
      this.#linger();
    }
  }

  /** Closes the session if it has nothing to do. */
  closeIfIdle(): void {
    if (this.isIdle) this.#linger();
  }

  // -- what connections call

  released(connection: NodeHTTPConnection, isLast: boolean): void {
    if (connection.hasPendingCallbacks) {
      this.#flushing ??= new Set();
      this.#flushing.add(connection);
    }
    this.#current = undefined;
    this.#idleSince = this.#host.seconds;
    this.#lastResponse = connection.nodeResponse;
    if (isLast) {
      this.#isClosing = true;
      this.#waiting = undefined;
    } else if (this.#waiting !== undefined) {
      // Not in this turn: a handler of many pipelined requests would be called within itself.
      process.nextTick(serveNext, this);
    } else if (this.#refusal !== undefined) {
      this.#refuse();
    }
  }

  delivered(connection: NodeHTTPConnection): void {
    this.#flushing?.delete(connection);
  }

  detached(): void {
    const { socket } = this;
    this.#isDetached = true;
    this.#isClosing = true;
    // Not deleted: V8 would make a table of the socket's properties, of more than a kilobyte.
    socket.destroySoon = Socket.prototype.destroySoon;
    detachFromNode(socket, this.#current?.nodeResponse);
    this.#current = undefined;
    this.#waiting = undefined;
    socket.removeListener("error", ignoreError);
    this.#host.sessionEnded(this);
  }

  destroy(): void {
    this.#isClosing = true;
    this.socket.destroy();
  }

  cut(): void {
    this.#isClosing = true;
    cutSocket(this.socket);
  }

  // -- its own life

  /** The socket has closed. */
  closed(): void {
    if (this.#isDetached) return;
    this.#isClosing = true;
    this.#waiting = undefined;
    this.#host.sessionEnded(this);
    if (this.#flushing !== undefined) {
      for (const connection of this.#flushing) connection.socketClosed();
    }
    this.#current?.socketClosed();
    this.#current = undefined;
  }

  /** Serves what waits next, when the response before it has left. */
  serveNext(): void {
    if (this.#waiting === undefined || this.#current !== undefined || this.#isClosing) return;
    const next = this.#waiting[0]!;
    if (next.upgradeBytes !== undefined && this.#lastResponse?.writableFinished === false) {
      this.#lastResponse.once("finish", () => process.nextTick(serveNext, this));
      return;
    }
    this.#waiting.shift();
    if (this.#waiting.length === 0) this.#waiting = undefined;
    if (this.socket.isPaused() && next.upgradeBytes === undefined) this.socket.resume();
    this.#serve(next.request, next.response, next.expectsContinue, next.upgradeBytes);
    if (this.#current === undefined && this.#waiting === undefined && this.#refusal !== undefined) this.#refuse();
  }

  #serveNext(): void {
    this.serveNext();
  }

  #wait(waiting: WaitingRequest): void {
    this.#waiting ??= [];
    this.#waiting.push(waiting);
    if (this.#waiting.length >= maxWaitingRequests) this.socket.pause();
  }

  #serve(
    request: IncomingMessage,
    ready: ServerResponse | undefined,
    expectsContinue: boolean,
    upgradeBytes: Buffer | undefined,
  ): void {
    const response = ready ?? this.#responseForUpgrade(request);
    const headers = HTTPHeaders.fromRaw(request.rawHeaders);
    const head = checkRequestHead(
      request.method!,
      request.url!,
      request.httpVersion,
      headers,
      this.options.maxHeaderCount,
    );
    const isRefused = head instanceof HTTPInputError;
    const connection = new NodeHTTPConnection(
      this,
      request,
      response,
      isRefused ? refusedHead : head,
      headers,
      expectsContinue,
      upgradeBytes,
    );
    this.#current = connection;
    if (isRefused) connection.fail(head);
    else connection.begin(headers);
  }

  #responseForUpgrade(request: IncomingMessage): ServerResponse {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(this.socket);
    response.once("finish", () => {
      if (this.#isDetached) return;
      response.detachSocket(this.socket);
      this.#linger();
    });
    return response;
  }

  /** Answers a message that node:http could not read, behind the answers before it. */
  #refuse(): void {
    this.#isClosing = true;
    const send = () => {
      if (this.socket.writable) this.socket.write(refusalBytes(this.#refusal!), "latin1");
      this.#linger();
    };
    if (this.#lastResponse?.writableFinished === false) this.#lastResponse.once("finish", send);
    else send();
  }

  /** Ends our side, and reads on for a while until the client has ended its own. */
  #linger(): void {
    this.#isClosing = true;
    if (this.#lingersSince === -1) this.#lingersSince = this.#host.seconds;
    this.socket.end();
    this.socket.resume();
  }
}

function serveNext(session: NodeSession): void {
  session.serveNext();
}

function ignoreError(): void {}

/** The status for what node:http could not read; `undefined` when there is nobody to tell. */
function statusOfParseError(error: { code?: string; rawPacket?: Buffer }, socket: Socket): number | undefined {
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      return isTargetUnfinished(error.rawPacket) ? 414 : 431;
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return 413;
    case "ERR_HTTP_REQUEST_TIMEOUT":
      // A browser opens connections in advance; an answer to nothing would be taken for that of its next request.
      return socket.bytesRead === 0 ? undefined : 408;
    default:
      return error.code?.startsWith("HPE_") === true ? 400 : undefined;
  }
}

/** Whether the packet in which the limit was met is still in its request line. */
function isTargetUnfinished(packet: Buffer | undefined): boolean {
  if (packet === undefined) return false;
  const lineEnd = packet.indexOf("\n");
  const line = packet.toString("latin1", 0, lineEnd === -1 ? Math.min(packet.length, 64) : Math.min(lineEnd, 64));
  return /^[A-Z-]+ \S/.test(line) && (lineEnd === -1 || lineEnd > 8 * 1024);
}
