/** Lets a plain function be a server's application: it gets each request when its body is complete. */

import { generalLog } from "../log.js";
import { BodyPieces } from "./body-pieces.js";
import type {
  HTTPConnection,
  HTTPMessageDelegate,
  HTTPServerConnectionDelegate,
  RequestStartLine,
} from "./connection.js";
import type { HTTPHeaders } from "./headers.js";
import { refuseRequest } from "./refusal.js";
import { HTTPServerRequest } from "./request.js";

/** Answers a request through `request.connection`, at once or later. */
export type RequestCallback = (request: HTTPServerRequest) => void | Promise<void>;

/** Makes a delegate of a function. */
export function callableDelegate(callback: RequestCallback): HTTPServerConnectionDelegate {
  return { startRequest: (connection) => new CallableMessageDelegate(connection, callback) };
}

class CallableMessageDelegate implements HTTPMessageDelegate {
  readonly #connection: HTTPConnection;
  readonly #callback: RequestCallback;
  #body: BodyPieces | undefined;
  #request: HTTPServerRequest | undefined;

  constructor(connection: HTTPConnection, callback: RequestCallback) {
    this.#connection = connection;
    this.#callback = callback;
  }

  headersReceived(startLine: RequestStartLine, headers: HTTPHeaders): void {
    this.#request = new HTTPServerRequest(this.#connection, startLine, headers);
  }

  dataReceived(chunk: Buffer): void {
    this.#body ??= new BodyPieces();
    this.#body.push(chunk);
  }

  finish(): void {
    const request = this.#request!;
    if (this.#body !== undefined) request.body = this.#body.join();
    this.#body = undefined;
    request.parseBody();
    const answering = this.#callback(request);
    if (answering instanceof Promise) answering.catch((error: unknown) => this.#fail(error));
  }

  onConnectionClose(): void {
    this.#request?.abort();
  }

  #fail(error: unknown): void {
    generalLog.error("Uncaught exception while a request was served", error);
    refuseRequest(this.#connection, 500);
  }
}
