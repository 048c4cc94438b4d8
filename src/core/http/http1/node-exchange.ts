/** Makes the messages of node:http for one exchange, for code that is written for them (`takeNodeMessages`). */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { NodeMessages } from "../connection.js";
import { HTTPInputError } from "../http-input-error.js";
import type { RequestHead } from "../request-head.js";
import type { Origin } from "../trusted-downstream.js";
import type { Outgoing } from "./outgoing.js";

/** What an exchange needs of the socket's session. */
export interface ExchangeOwner {
  readonly socket: Duplex;
  readonly peer: Origin;
  readonly outgoing: Outgoing;
  pauseReading(): void;
  resumeReading(): void;
  cut(): void;
}

/** Never listens: a connection is given to it for each exchange, which node:http allows for any stream. */
let nodeServer: Server | undefined;
/** What it has just made of one. */
let made: NodeMessages | undefined;

/**
 * Lets node:http read the request once more, from a stream that stands between it and the socket, and write the answer there.
 *
 * Its own limits are off: the request has passed ours.
 */
export class NodeExchange implements NodeMessages {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly #bridge: Bridge;
  readonly #isChunked: boolean;
  readonly #owner: ExchangeOwner;

  /**
   * @param mustClose - The connection cannot be used again, whatever the answer says.
   * @param finished - Called when the answer has been sent, with whether it said that it is the last.
   */
  constructor(owner: ExchangeOwner, head: RequestHead, mustClose: boolean, finished: (isLast: boolean) => void) {
    this.#owner = owner;
    this.#isChunked = head.bodyBytes === -1;
    this.#bridge = new Bridge(owner);
    nodeServer ??= createNodeServer();
    made = undefined;
    nodeServer.emit("connection", this.#bridge);
    // Not by push(), which would give it only in a later turn.
    this.#bridge.emit("data", Buffer.from(requestText(head), "latin1"));
    if (made === undefined) {
      this.#bridge.abandon();
      throw new HTTPInputError("a method that node:http does not know", { status: 501 });
    }
    const { request, response } = made as NodeMessages;
    made = undefined;
    this.request = request;
    this.response = response;
    if (mustClose) this.response.shouldKeepAlive = false;
    this.response.once("finish", () => {
      const isLast = this.#bridge.writableEnded;
      this.#bridge.abandon();
      finished(isLast);
    });
  }

  /** Whether what has come of the body waits for whoever reads it. */
  get isHeld(): boolean {
    return this.#bridge.readableLength > 0;
  }

  bodyRead(chunk: Buffer): void {
    const bytes = this.#isChunked
      ? Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n")])
      : chunk;
    if (!this.#bridge.push(bytes)) this.#owner.pauseReading();
  }

  messageRead(): void {
    if (this.#isChunked) this.#bridge.push("0\r\n\r\n");
  }

  socketClosed(): void {
    this.#bridge.abandon();
  }
}

/** What node:http takes for a socket. */
class Bridge extends Duplex {
  readonly #owner: ExchangeOwner;
  #isAbandoned = false;

  constructor(owner: ExchangeOwner) {
    super();
    this.#owner = owner;
    const { socket, peer } = owner;
    const { remotePort, localAddress, localPort } = socket as Partial<Socket>;
    Object.assign(this, { remoteAddress: peer.remoteIp, remotePort, localAddress, localPort });
    if ("encrypted" in socket) Object.assign(this, { encrypted: true });
    this.on("error", () => {});
  }

  /** Ends it without a word to the socket. */
  abandon(): void {
    this.#isAbandoned = true;
    this.destroy();
  }

  // What listeners call on sockets, and what makes no difference here.

  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  override _read(): void {
    this.#owner.resumeReading();
  }

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    this.#owner.outgoing.write(chunk, "latin1", callback);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    if (!this.#isAbandoned) this.#owner.cut();
    callback(error);
  }
}

function createNodeServer(): Server {
  const server = createServer({
    maxHeaderSize: 2 ** 28,
    requireHostHeader: false,
    headersTimeout: 0,
    requestTimeout: 0,
    keepAliveTimeout: 0,
  });
  server.maxHeadersCount = 0;
  const take = (request: IncomingMessage, response: ServerResponse) => {
    made = { request, response };
  };
  server.on("request", take);
  // Expectations that nobody knows are ignored, as in Tornado; node:http would answer 417.
  server.on("checkExpectation", take);
  // It would answer by itself what it cannot read.
  server.on("clientError", (_error, bridge) => (bridge as Bridge).abandon());
  return server;
}

function requestText(head: RequestHead): string {
  const fields = head.headers.flat();
  let text = `${head.method} ${head.path} HTTP/1.${head.minorVersion}\r\n`;
  for (let i = 0; i < fields.length; i += 2) {
    // It was taken off for a handler; the body is as it came.
    const name = fields[i] === "X-Consumed-Content-Encoding" ? "Content-Encoding" : fields[i];
    text += `${name}: ${fields[i + 1]}\r\n`;
  }
  return `${text}\r\n`;
}
