/** Serves requests of a node:http server that is somebody else's: a delegate as a `(request, response)` function. */

import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TornadoError } from "../errors.js";
import type { HTTPServerConnectionDelegate } from "./connection.js";
import { cutSocket } from "./cut-socket.js";
import { HTTPHeaders } from "./headers.js";
import { HTTPInputError } from "./http-input-error.js";
import { type ConnectionOwner, NodeHTTPConnection } from "./node-connection.js";
import { detachFromNode } from "./node-detach.js";
import { checkRequestHead, type RequestHead, refusedHead } from "./request-head.js";
import { type HTTPServerOptions, type ResolvedServerOptions, resolveServerOptions } from "./server-options.js";
import { type Origin, plainAddress } from "./trusted-downstream.js";

/** What `createServer` of node:http takes, and what Express and Connect mount. */
export type NodeListener = (request: IncomingMessage, response: ServerResponse) => void;

/** What a server's `upgrade` event calls. */
export type NodeUpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** The options of a server that are a request's; the others belong to the server that calls the listener. */
export type ListenerOptions = Pick<
  HTTPServerOptions,
  | "xheaders"
  | "trustedDownstream"
  | "protocol"
  | "decompressRequest"
  | "chunkSize"
  | "maxHeaderCount"
  | "bodyTimeout"
  | "maxBodySize"
  | "maxBufferSize"
>;

/**
 * Makes a listener of a delegate.
 *
 * The request's body must not have been read: mount it before a body parser.
 *
 * @example
 * http.createServer(createNodeListener(router)).listen(8888);
 * @throws TornadoError that names the option, if one is unknown or not valid.
 */
export function createNodeListener(
  delegate: HTTPServerConnectionDelegate,
  options: ListenerOptions = {},
): NodeListener {
  const resolved = resolveServerOptions(options);
  return (request, response) => new GuestExchange(delegate, resolved, request, response).serve();
}

/**
 * Makes a listener of a delegate for the `upgrade` event of a server: handshakes of other protocols. A handler may `detach` the
 * socket or answer as ever, after which the connection is closed.
 *
 * @example
 * server.on("upgrade", createNodeUpgradeListener(router));
 * @throws TornadoError that names the option, if one is unknown or not valid.
 */
export function createNodeUpgradeListener(
  delegate: HTTPServerConnectionDelegate,
  options: ListenerOptions = {},
): NodeUpgradeListener {
  const resolved = resolveServerOptions(options);
  return (request, socket, head) => {
    // node:http has taken its listeners off, and without one an error would end the process.
    socket.on("error", ignoreError);
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Socket);
    response.once("finish", () => {
      // A socket that was detached is not its response's any more.
      if (response.socket === null) return;
      response.detachSocket(socket as Socket);
      socket.end();
    });
    new GuestExchange(delegate, resolved, request, response, head).serve();
  };
}

function ignoreError(): void {}

/** One exchange on a socket that we do not own. */
class GuestExchange implements ConnectionOwner {
  readonly socket: Socket;
  readonly delegate: HTTPServerConnectionDelegate;
  readonly options: ResolvedServerOptions;
  readonly peer: Origin;
  readonly ownsResponse = false;
  readonly isDraining = false;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #upgradeBytes: Buffer | undefined;
  #connection: NodeHTTPConnection | undefined;

  constructor(
    delegate: HTTPServerConnectionDelegate,
    options: ResolvedServerOptions,
    request: IncomingMessage,
    response: ServerResponse,
    upgradeBytes?: Buffer,
  ) {
    const { socket } = request;
    this.delegate = delegate;
    this.options = options;
    this.socket = socket;
    this.#request = request;
    this.#response = response;
    this.#upgradeBytes = upgradeBytes;
    this.peer = {
      remoteIp: plainAddress(socket.remoteAddress),
      protocol: options.protocol ?? ("encrypted" in socket ? "https" : "http"),
    };
  }

  serve(): void {
    const { method, url, httpVersion, rawHeaders } = this.#request;
    // A copy: the server's owner may look at its own.
    const headers = HTTPHeaders.fromRaw([...rawHeaders]);
    const checked = checkRequestHead(method!, url!, httpVersion, headers, this.options.maxHeaderCount);
    const head: RequestHead = checked instanceof HTTPInputError ? refusedHead : checked;
    const connection = new NodeHTTPConnection(
      this,
      this.#request,
      this.#response,
      head,
      headers,
      false,
      this.#upgradeBytes,
    );
    this.#connection = connection;
    const closing = this.#upgradeBytes === undefined ? this.#response : this.socket;
    closing.once("close", () => connection.socketClosed());
    if (checked instanceof HTTPInputError) connection.fail(checked);
    else if (head.bodyBytes !== 0 && this.#request.readableDidRead) connection.fail(alreadyRead());
    else connection.begin(headers);
  }

  released(): void {}

  delivered(): void {}

  detached(): void {
    this.socket.removeListener("error", ignoreError);
    detachFromNode(this.socket, this.#connection?.nodeResponse);
  }

  cut(): void {
    cutSocket(this.socket);
  }
}

function alreadyRead(): TornadoError {
  return new TornadoError(
    "BODY_ALREADY_READ",
    "A request's body was read before it came to the Application's listener. Mount the listener before the body parser.",
  );
}
