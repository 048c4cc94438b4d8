/** Gives each request an id and a context (the `requestId` setting). */

import { randomFillSync } from "node:crypto";
import type { HTTPMessageDelegate, RequestStartLine } from "../http/connection.js";
import type { HTTPHeaders } from "../http/headers.js";
import type { HTTPServerRequest } from "../http/request.js";
import { RequestContext, runInContext } from "../request-context.js";

/** How requests get their ids. */
export interface RequestIdOptions {
  /** The header that answers carry it in. Default `X-Request-Id`. */
  readonly header?: string;
  /** Makes an id of visible ASCII characters, at most 200. Default: 16 random ones. */
  readonly generate?: () => string;
  /** Takes over the id that the request has in that header, as a proxy in front sets it. Default false: anyone could send one. */
  readonly acceptIncoming?: boolean;
}

/** No blanks and no control characters: it stands in headers and in log lines. */
const validId = /^[\x21-\x7e]{1,200}$/;
/** What is taken over from outside. */
const validIncomingId = /^[\w.:/+=-]{1,128}$/;

/** The setting, ready for requests. */
export class RequestIds {
  readonly header: string;
  readonly #generate: () => string;
  readonly #acceptsIncoming: boolean;

  constructor({ header = "X-Request-Id", generate = randomId, acceptIncoming = false }: RequestIdOptions) {
    this.header = header;
    this.#generate = generate;
    this.#acceptsIncoming = acceptIncoming;
  }

  /** Gives the request its id. */
  identify(request: HTTPServerRequest): RequestContext {
    const incoming = this.#acceptsIncoming ? request.headers.get(this.header) : undefined;
    const id = incoming !== undefined && validIncomingId.test(incoming) ? incoming : this.#generate();
    if (!validId.test(id)) {
      throw new TypeError(
        `The requestId setting made ${JSON.stringify(id)}. An id has 1 to 200 visible ASCII characters.`,
      );
    }
    request.id = id;
    return new RequestContext(id, request);
  }
}

/** Runs everything that a delegate does in the context of its request. */
export class ContextDelegate implements HTTPMessageDelegate {
  readonly #context: RequestContext;
  readonly #delegate: HTTPMessageDelegate;

  constructor(context: RequestContext, delegate: HTTPMessageDelegate) {
    this.#context = context;
    this.#delegate = delegate;
  }

  headersReceived(startLine: RequestStartLine, headers: HTTPHeaders): void | Promise<void> {
    return runInContext(this.#context, this.#delegate.headersReceived, this.#delegate, startLine, headers);
  }

  dataReceived(chunk: Buffer): void | Promise<void> {
    return runInContext(this.#context, this.#delegate.dataReceived, this.#delegate, chunk);
  }

  finish(): void {
    runInContext(this.#context, this.#delegate.finish, this.#delegate);
  }

  onConnectionClose(): void {
    runInContext(this.#context, this.#delegate.onConnectionClose, this.#delegate);
  }
}

const idBytes = 12;
const pool = Buffer.alloc(idBytes * 256);
let taken = pool.length;

/** 96 random bits as text; the randomness is fetched for 256 ids at once. */
function randomId(): string {
  if (taken === pool.length) {
    randomFillSync(pool);
    taken = 0;
  }
  taken += idBytes;
  return pool.toString("base64url", taken - idBytes, taken);
}
