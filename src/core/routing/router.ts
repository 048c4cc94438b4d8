/** Chooses who answers a request, once its headers are known. */

import type {
  HTTPConnection,
  HTTPMessageDelegate,
  HTTPServerConnectionDelegate,
  RequestStartLine,
} from "../http/connection.js";
import { HTTPHeaders } from "../http/headers.js";
import { reasonPhrase } from "../http/reasons.js";
import { HTTPServerRequest } from "../http/request.js";
import type { ReverseArguments } from "./reverse-path.js";

/** Finds who answers a request. A router can be given to an `HTTPServer` or be the target of a rule. */
export abstract class Router implements HTTPServerConnectionDelegate {
  /** Returns who takes the request's message, or `null` when nothing here does, which lets the search go on elsewhere. */
  abstract findHandler(request: HTTPServerRequest): HTTPMessageDelegate | null;

  startRequest(connection: HTTPConnection): HTTPMessageDelegate {
    return new RoutingDelegate(this, connection);
  }
}

/** A router whose rules have names. */
export abstract class ReversibleRouter extends Router {
  /** Returns the path of the rule with this name, or `null` when there is no such rule. */
  abstract reverseUrl(name: string, ...args: ReverseArguments): string | null;
}

/** Waits for the headers, asks the router, and hands everything on. */
class RoutingDelegate implements HTTPMessageDelegate {
  readonly #router: Router;
  readonly #connection: HTTPConnection;
  #delegate: HTTPMessageDelegate | null = null;

  constructor(router: Router, connection: HTTPConnection) {
    this.#router = router;
    this.#connection = connection;
  }

  headersReceived(startLine: RequestStartLine, headers: HTTPHeaders): void | Promise<void> {
    const request = new HTTPServerRequest(this.#connection, startLine, headers);
    this.#delegate = this.#router.findHandler(request) ?? new NotFoundDelegate(this.#connection);
    return this.#delegate.headersReceived(startLine, headers);
  }

  dataReceived(chunk: Buffer): void | Promise<void> {
    return this.#delegate!.dataReceived(chunk);
  }

  finish(): void {
    this.#delegate!.finish();
  }

  onConnectionClose(): void {
    this.#delegate?.onConnectionClose();
  }
}

/** Answers for a router that stands alone and found nothing. */
class NotFoundDelegate implements HTTPMessageDelegate {
  readonly #connection: HTTPConnection;

  constructor(connection: HTTPConnection) {
    this.#connection = connection;
  }

  headersReceived(): void {}

  dataReceived(): void {}

  finish(): void {
    const headers = new HTTPHeaders();
    headers.set("Content-Length", "0");
    this.#connection.writeHeaders({ code: 404, reason: reasonPhrase(404) }, headers);
    this.#connection.finish();
  }

  onConnectionClose(): void {}
}
