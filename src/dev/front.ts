/** Owns the port of the dev server: holds requests while the app changes hands, and relays each to the worker of the moment. */

import { createServer as createPageServer, type Server as PageServer, type RequestListener } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { writePreface } from "./relay-preface.js";
import { createTlsDoor } from "./tls-door.js";

export interface FrontOptions {
  /** Certificate and key, PEM, to serve HTTPS. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** Answers what the dev server answers itself: everything below `/__tornado/`, and every request while the app is broken. */
  readonly pages: RequestListener;
  /** Called before a request is sent anywhere; may call `hold()`. */
  beforeRequest(): void;
  /**
   * Called when the worker at a socket path closed a connection without a single byte of an answer. Resolves to true when
   * a page can tell why, which `pages` then gives.
   */
  explainLoss(socketPath: string): Promise<boolean>;
}

/** Where requests go: nowhere yet, to the worker that listens on a socket path, or to the dev server's own pages. */
type Destination =
  | { readonly kind: "held" }
  | { readonly kind: "pages" }
  | { readonly kind: "worker"; readonly path: string };

/** A request line that is longer is for the worker to refuse. */
const MAX_REQUEST_LINE_BYTES = 16 * 1024;
/** How long a client that has its answer may go on sending, before the connection is cut. */
const LINGER_MS = 2000;

/** The listening side of the dev server. It relays bytes, so that uploads, downloads, upgrades and errors stay the worker's. */
export class Front {
  readonly #options: FrontOptions;
  readonly #server: Server;
  readonly #pages: PageServer;
  readonly #open = new Set<Socket>();
  #destination: Destination = { kind: "held" };
  #waiting: Arrival[] = [];

  constructor(options: FrontOptions) {
    this.#options = options;
    // It never listens: connections are handed to it. Each of its answers closes, so that the next request chooses anew.
    this.#pages = createPageServer({ keepAlive: false }, (request, response) => {
      response.shouldKeepAlive = false;
      options.pages(request, response);
    });
    const accept = (socket: Socket) => this.#accept(socket);
    // A client may end its half and still wait for the answer.
    this.#server =
      options.tls === undefined
        ? createServer({ allowHalfOpen: true, noDelay: true }, accept)
        : createTlsDoor(options.tls, accept);
  }

  /** Begins to accept; resolves with the port. Rejects with the system's error, such as EADDRINUSE. */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Keeps requests from now on, until `relayTo` or `showPages`. */
  hold(): void {
    this.#destination = { kind: "held" };
  }

  get isHolding(): boolean {
    return this.#destination.kind === "held";
  }

  /** Sends waiting and later requests to the worker that listens on a socket path. */
  relayTo(path: string): void {
    this.#letGo({ kind: "worker", path });
  }

  /** Lets the dev server's own pages answer waiting and later requests. */
  showPages(): void {
    this.#letGo({ kind: "pages" });
  }

  /** Closes the port and every connection at once. */
  close(): void {
    this.#server.close();
    this.#pages.closeAllConnections();
    for (const socket of this.#open) socket.destroy();
  }

  #letGo(destination: Destination): void {
    this.#destination = destination;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const arrival of waiting) this.#send(arrival);
  }

  #accept(socket: Socket): void {
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
    // Resets are common when a page is left; `close` follows and is what counts.
    socket.on("error", () => {});
    let head: Buffer | undefined;
    const onData = (chunk: Buffer) => {
      head = head === undefined ? chunk : Buffer.concat([head, chunk]);
      const end = head.indexOf("\n");
      if (end === -1 && head.length < MAX_REQUEST_LINE_BYTES) return;
      socket.pause();
      socket.off("data", onData);
      socket.off("end", onEnd);
      this.#arrive({ socket, head }, end === -1 ? "" : head.toString("latin1", 0, end));
    };
    const onEnd = () => socket.end();
    socket.on("data", onData);
    socket.once("end", onEnd);
  }

  #arrive(arrival: Arrival, requestLine: string): void {
    // The target in origin form, or in the absolute form that proxies get.
    if (/^[A-Z]+ (?:https?:\/\/[^/]*)?\/__tornado[/? ]/.test(requestLine)) {
      this.#answerByPages(arrival);
      return;
    }
    this.#options.beforeRequest();
    this.#send(arrival);
  }

  #send(arrival: Arrival): void {
    const destination = this.#destination;
    if (arrival.socket.destroyed) return;
    if (destination.kind === "held") this.#waiting.push(arrival);
    else if (destination.kind === "pages") this.#answerByPages(arrival);
    else this.#relay(arrival, destination.path);
  }

  #answerByPages({ socket, head }: Arrival): void {
    socket.unshift(head);
    this.#pages.emit("connection", socket);
    socket.resume();
  }

  #relay(arrival: Arrival, path: string): void {
    const { socket, head } = arrival;
    const worker = connect({ path });
    let isConnected = false;
    let isAnswered = false;
    worker.once("connect", () => {
      isConnected = true;
      writePreface(worker, { remoteIp: addressOf(socket), protocol: "encrypted" in socket ? "https" : "http" });
      worker.write(head);
      socket.pipe(worker);
    });
    worker.once("data", () => {
      isAnswered = true;
    });
    worker.pipe(socket, { end: false });
    worker.on("error", () => {});
    socket.once("close", () => worker.destroy());
    worker.once("close", () => {
      if (isAnswered || socket.destroyed) return linger(socket);
      socket.unpipe(worker);
      socket.pause();
      // The worker has just gone and took nothing: the request is still whole, and waits for the next one.
      if (!isConnected) {
        if (this.#destination.kind === "worker" && this.#destination.path === path) this.hold();
        this.#send(arrival);
      } else void this.#explain(arrival, path);
    });
  }

  async #explain(arrival: Arrival, path: string): Promise<void> {
    if (await this.#options.explainLoss(path)) this.#answerByPages(arrival);
    else arrival.socket.destroy();
  }
}

/** A connection with what it has sent: at least its first request line, unless that is too long. */
interface Arrival {
  readonly socket: Socket;
  readonly head: Buffer;
}

/**
 * Ends the connection behind an answer. What the client still sends is read and dropped: closing with unread bytes makes
 * the kernel reset the connection, and the client would lose the answer.
 */
function linger(socket: Socket): void {
  if (socket.destroyed || socket.writableEnded) return;
  socket.unpipe();
  socket.end();
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}

function addressOf(socket: Socket): string {
  // A server that listens on all addresses sees IPv4 clients in IPv6 clothes.
  return (socket.remoteAddress ?? "127.0.0.1").replace(/^::ffff:(?=\d+\.)/, "");
}
