/** One socket over its life: its requests in order, one at a time, and a close that lets the client read the last answer. */

import type { Socket } from "node:net";
import type { HTTPServerConnectionDelegate } from "../connection.js";
import { cutSocket } from "../cut-socket.js";
import { HTTPInputError } from "../http-input-error.js";
import { refusalBytes } from "../refusal.js";
import { noteMalformed, noteRefusal } from "../refusal-log.js";
import type { RequestHead } from "../request-head.js";
import type { ResolvedServerOptions } from "../server-options.js";
import type { Session, TransportHost } from "../transport.js";
import { type Origin, plainAddress } from "../trusted-downstream.js";
import { type ConnectionOwner, HTTP1Connection } from "./http1-connection.js";
import { Outgoing } from "./outgoing.js";
import { RequestReader, type RequestReaderTarget } from "./request-reader.js";
import { forgetFirstRead, readIntoSharedBuffer } from "./shared-read-buffer.js";

const sessionOf = Symbol("session");

/** A socket that carries its session, so that no socket needs functions of its own. */
type SessionSocket = Socket & { [sessionOf]?: HTTP1Session | undefined };

/** How long a closing socket is read on, so that its client is not reset before it has read the answer. */
const lingerSeconds = 5;
/** The same for a client that was too slow for its request. */
const shortLingerSeconds = 1;
/** How long an answer may take whose client has ended its side: most likely it has left. */
const halfClosedSeconds = 30;
/** The time over which a client may take its answer slowly: the kernel shows its progress only in lumps of many kilobytes. */
const drainWindowSeconds = 20;
/** Most bytes that are read ahead of the request that is being served. */
const maxBytesAhead = 64 * 1024;
/** So many requests of one packet are served before other connections have their turn. */
const maxServedInTurn = 64;

/** Owns a socket from the moment it is accepted. */
export class HTTP1Session implements Session, ConnectionOwner, RequestReaderTarget {
  readonly socket: Socket;
  readonly outgoing: Outgoing;
  readonly #host: TransportHost;
  readonly #reader: RequestReader;
  /** Whether what is read is lent, from a buffer of all sockets. */
  readonly #readsShared: boolean;
  #peer: Origin | undefined;
  #current: HTTP1Connection | undefined = undefined;
  /** Nothing is served any more: what still comes is read and thrown away. */
  #isClosing = false;
  #hasServed = false;
  /** Whether the answers to requests that came together are gathered for one write. */
  #isCorked = false;
  /** Whether a request that has come waits: until its client has taken the answer before, or until others had their turn. */
  #waitsForTurn = false;
  /** How many requests were answered since other connections had their turn. */
  #servedInTurn = 0;
  /** Second since which a request is waited for, or one has begun. */
  #waitsSince: number;
  #lingersSince = -1;
  #lingerSeconds = lingerSeconds;
  /** Second in which the client ended its side, -1 while it has not. */
  #endedSince = -1;

  constructor(host: TransportHost, socket: Socket, peer?: Origin) {
    this.#host = host;
    this.socket = socket;
    this.#peer = peer;
    this.#waitsSince = host.seconds;
    this.#reader = new RequestReader(host.options, this);
    this.outgoing = new Outgoing(socket);
    // A client that has sent everything may wait for its answer.
    socket.allowHalfOpen = true;
    (socket as SessionSocket)[sessionOf] = this;
    // One that was handed in may have been read before.
    this.#readsShared = peer === undefined && readIntoSharedBuffer(socket, onSharedRead);
    if (!this.#readsShared) socket.on("data", onData);
    socket.on("end", onEnd);
    socket.on("drain", onDrain);
    socket.on("error", onError);
    socket.on("close", onClose);
  }

  get delegate(): HTTPServerConnectionDelegate {
    return this.#host.delegate;
  }

  get options(): ResolvedServerOptions {
    return this.#host.options;
  }

  /** Requests that have been received are answered before the connection ends. */
  get isDraining(): boolean {
    return this.#host.isDraining && this.#reader.keptBytes === 0;
  }

  get seconds(): number {
    return this.#host.seconds;
  }

  get peer(): Origin {
    this.#peer ??= {
      remoteIp: plainAddress(this.socket.remoteAddress),
      protocol: this.options.protocol ?? ("encrypted" in this.socket ? "https" : "http"),
    };
    return this.#peer;
  }

  /** Asks the socket while it is open: a handler, and the access log, want to know it of those who have left as well. */
  #rememberPeer(): void {
    this.#peer = this.peer;
  }

  // -- what the reader calls

  headRead(head: RequestHead): void {
    if (!this.#hasServed) {
      this.#hasServed = true;
      this.#rememberPeer();
    }
    // What is its own body needs no gathering.
    if (!this.#isCorked && head.bodyBytes !== -1 && this.#reader.keptBytes > head.bodyBytes) {
      this.#isCorked = true;
      this.socket.cork();
    }
    const connection = new HTTP1Connection(this, head);
    this.#current = connection;
    connection.begin();
  }

  bodyAnnounced(bytes: number): void {
    this.#current?.bodyAnnounced(bytes);
  }

  bodyRead(chunk: Buffer): void {
    this.#current?.bodyRead(this.#readsShared ? Buffer.from(chunk) : chunk);
  }

  messageRead(): void {
    // It may have been answered by its head alone.
    if (this.#current === undefined) this.#reader.resume();
    else this.#current.messageRead();
  }

  refused(error: HTTPInputError): void {
    // Of a request whose body goes wrong, the exchange knows how far its answer is.
    if (this.#current !== undefined) {
      this.#current.fail(error);
      return;
    }
    noteMalformed(this.peer.remoteIp, error);
    this.outgoing.write(refusalBytes(error.status), "latin1", undefined);
    if (error.status === 408) this.#lingerSeconds = shortLingerSeconds;
    this.#linger();
  }

  // -- what connections call

  pauseReading(): void {
    this.#reader.pause();
  }

  resumeReading(): void {
    // What comes behind the request waits for its answer.
    if (this.#isClosing || this.#current?.isRead !== false) return;
    this.#readOn();
  }

  released(isLast: boolean): void {
    this.#current = undefined;
    this.#waitsSince = this.#host.seconds;
    if (isLast) {
      this.#linger();
    } else if (this.outgoing.isStuck) {
      // Answers to requests that nobody reads would only fill the memory.
      this.#waitsForTurn = true;
    } else if (this.#isCorked && ++this.#servedInTurn > maxServedInTurn) {
      this.#waitsForTurn = true;
      setImmediate(onTurn, this);
    } else {
      this.#readOn();
    }
  }

  detached(): void {
    const { socket } = this;
    if (this.#isCorked) this.#uncork();
    this.outgoing.release();
    const rest = this.#reader.takeRest();
    this.outgoing.flush();
    this.#isClosing = true;
    this.#current = undefined;
    socket.removeListener("data", onData);
    socket.removeListener("end", onEnd);
    socket.removeListener("drain", onDrain);
    socket.removeListener("error", onError);
    socket.removeListener("close", onClose);
    // Not deleted: V8 would make a table of the socket's properties, of more than a kilobyte.
    (socket as SessionSocket)[sessionOf] = undefined;
    socket.pause();
    // As new: whoever listens for data first makes it flow.
    (socket as { readableFlowing: boolean | null }).readableFlowing = null;
    if (this.#readsShared) forgetFirstRead(socket);
    if (rest.length > 0) socket.unshift(rest);
    this.#host.sessionEnded(this);
  }

  cut(): void {
    this.#isClosing = true;
    this.#reader.stop();
    this.outgoing.release();
    cutSocket(this.socket);
  }

  // -- what the server calls

  sweep(): void {
    const { seconds, options } = this.#host;
    // Without a rate, a client that takes nothing of its answer is idle, and not kept longer than others that are.
    const windowSeconds = options.minDrainRate === 0 ? options.idleConnectionTimeoutMs / 1000 : drainWindowSeconds;
    if (this.outgoing.isTooSlow(seconds, options.minDrainRate, windowSeconds)) {
      noteRefusal(`${this.peer.remoteIp} takes its answer too slowly, and is cut off`);
      this.cut();
    } else if (this.#lingersSince !== -1) {
      if (seconds - this.#lingersSince > this.#lingerSeconds && this.outgoing.queuedBytes === 0) this.socket.destroy();
    } else if (this.#current !== undefined) {
      if (this.#endedSince !== -1 && seconds - this.#endedSince > halfClosedSeconds) this.destroy();
      else this.#current.sweep();
      // Refused, then, for its body: it was too slow for that, and is no quicker to close.
      if (this.#isClosing) this.#lingerSeconds = shortLingerSeconds;
    } else if (!this.#waitsForTurn) {
      this.#sweepWaiting(seconds, options);
    }
  }

  closeIfIdle(): void {
    if (this.#current === undefined && !this.#isClosing && this.#reader.isBetweenRequests) this.#linger();
  }

  destroy(): void {
    this.#isClosing = true;
    this.#reader.stop();
    this.socket.destroy();
  }

  // -- what the socket calls

  data(bytes: Buffer, end?: number): void {
    if (this.#isClosing) return;
    const reader = this.#reader;
    if (this.#current === undefined && reader.isBetweenRequests) this.#waitsSince = this.#host.seconds;
    this.#servedInTurn = 0;
    reader.push(bytes, end);
    if (this.#isCorked) this.#uncork();
    if (reader.keptBytes > maxBytesAhead) this.socket.pause();
  }

  ended(): void {
    if (this.#isClosing) return;
    this.#endedSince = this.#host.seconds;
    if (this.#current === undefined && !this.#waitsForTurn) this.#linger();
    // The rest of the body will not come.
    else if (this.#isBodyCutOff) this.#breakOff();
    else this.#current?.clientEnded();
  }

  drained(): void {
    this.outgoing.drained();
    this.goOn();
  }

  /** Serves the request that waits, if there is one. */
  goOn(): void {
    this.#servedInTurn = 0;
    if (!this.#waitsForTurn || this.#isClosing || this.outgoing.isStuck) return;
    this.#waitsForTurn = false;
    this.#readOn();
  }

  closed(): void {
    this.#isClosing = true;
    this.#reader.stop();
    this.#host.sessionEnded(this);
    this.outgoing.closed();
    this.#current?.socketClosed();
    this.#current = undefined;
  }

  // -- its own life

  /** Whether the client has ended its side in the middle of a body, of which nothing is left to be read. */
  get #isBodyCutOff(): boolean {
    return this.#endedSince !== -1 && this.#reader.isInBody && !this.#reader.isPaused;
  }

  /** Ends a request whose client has left in its middle. The answers to those before it are still the client's. */
  #breakOff(): void {
    const current = this.#current;
    if (current === undefined || current.hasBegun) {
      this.destroy();
      return;
    }
    this.#current = undefined;
    current.socketClosed();
    this.#linger();
  }

  /** Reads the rest of a body, or the next request; a reader that is running goes on by itself. */
  #readOn(): void {
    const reader = this.#reader;
    const isRunning = reader.isRunning;
    reader.resume();
    if (isRunning) return;
    if (this.#isCorked) this.#uncork();
    if (this.#isClosing) return;
    this.#letIn();
    if (this.#endedSince === -1) return;
    if (this.#isBodyCutOff) this.#breakOff();
    else if (this.#current === undefined && !this.#waitsForTurn) this.#linger();
  }

  #uncork(): void {
    this.#isCorked = false;
    this.socket.uncork();
  }

  /** Lets the socket go on when what was read ahead has been used. */
  #letIn(): void {
    if (this.socket.isPaused() && this.#reader.keptBytes <= maxBytesAhead) this.socket.resume();
  }

  #sweepWaiting(seconds: number, options: ResolvedServerOptions): void {
    const waitedMs = (seconds - this.#waitsSince) * 1000;
    if (this.#hasServed && this.#reader.isBetweenRequests) {
      if (waitedMs > options.idleConnectionTimeoutMs) this.#linger();
    } else if (waitedMs > options.headerTimeoutMs) {
      // A browser opens connections in advance; an answer to nothing would be taken for that of its next request.
      if (this.#reader.isBetweenRequests) this.destroy();
      else this.refused(new HTTPInputError("the headers took too long", { status: 408 }));
    }
  }

  /** Ends our side, and reads on for a while until the client has ended its own. */
  #linger(): void {
    this.#isClosing = true;
    this.#reader.stop();
    if (this.#lingersSince === -1) this.#lingersSince = this.#host.seconds;
    this.outgoing.end();
    this.socket.resume();
  }
}

// Shared by all sockets: each carries its session.

function onData(this: SessionSocket, bytes: Buffer): void {
  this[sessionOf]!.data(bytes);
}

/** As `onData`, for a socket that reads into the buffer of all. */
function onSharedRead(this: SessionSocket, count: number, bytes: Buffer): boolean {
  const session = this[sessionOf];
  // Somebody else's by now, who knows it as a stream.
  if (session === undefined) return this.push(Buffer.from(bytes.subarray(0, count)));
  session.data(bytes, count);
  return true;
}

function onEnd(this: SessionSocket): void {
  this[sessionOf]!.ended();
}

function onDrain(this: SessionSocket): void {
  this[sessionOf]!.drained();
}

function onTurn(session: HTTP1Session): void {
  session.goOn();
}

/** The close that follows says everything. */
function onError(): void {}

function onClose(this: SessionSocket): void {
  this[sessionOf]!.closed();
}
