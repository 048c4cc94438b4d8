/** Takes one request's message for a handler: gathers its body, or passes it on piece by piece. */

import { BodyPieces } from "../http/body-pieces.js";
import { BodyReader } from "../http/body-reader.js";
import type { HTTPMessageDelegate } from "../http/connection.js";
import type { HTTPServerRequest } from "../http/request.js";
import type { RouteMatch } from "../routing/matchers.js";
import { ClientGoneError } from "./client-gone-error.js";
import { type AnyHandler, execute, type HandlerCall } from "./execute.js";
import type { HandlerApplication } from "./handler-application.js";
import type { HandlerClass } from "./handler-class.js";
import { RequestHandler } from "./request-handler.js";
import type { ResponsePolicy } from "./response-policy.js";
import { runUnawaited } from "./run-unawaited.js";

/** Where a request goes, as the router found it. */
export interface HandlerTarget {
  readonly application: HandlerApplication;
  readonly handlerClass: HandlerClass;
  readonly kwargs: object;
  /** Whether the handler takes the body in pieces. */
  readonly streamsBody: boolean;
  /** Largest body, in bytes; without it the server's limit counts. */
  readonly maxBodySize: number | undefined;
  /** What the settings add to its responses. */
  readonly policy: ResponsePolicy | null;
}

/** Runs a handler when the request has arrived to its end. */
export class HandlerDelegate implements HTTPMessageDelegate, HandlerCall {
  readonly application: HandlerApplication;
  readonly handlerClass: HandlerClass;
  readonly kwargs: object;
  readonly request: HTTPServerRequest;
  readonly match: RouteMatch;
  readonly policy: ResponsePolicy | null;
  readonly bodyArrived: Promise<void> | null = null;
  readonly bodyReader: BodyReader | null = null;
  handler: AnyHandler | null = null;
  readonly #maxBodySize: number | undefined;
  #body: BodyPieces | null = null;

  constructor(target: HandlerTarget, request: HTTPServerRequest, match: RouteMatch) {
    this.application = target.application;
    this.handlerClass = target.handlerClass;
    this.kwargs = target.kwargs;
    this.request = request;
    this.match = match;
    this.policy = target.policy;
    this.#maxBodySize = target.maxBodySize;
  }

  headersReceived(): void | Promise<void> {
    if (this.#maxBodySize !== undefined) this.request.connection.setMaxBodySize(this.#maxBodySize);
  }

  dataReceived(chunk: Buffer): void | Promise<void> {
    this.#body ??= new BodyPieces();
    this.#body.push(chunk);
  }

  finish(): void {
    if (this.#body !== null) {
      this.request.body = this.#body.join();
      this.#body = null;
    }
    execute(this);
  }

  onConnectionClose(): void {
    this.request.abort();
    const { handler } = this;
    if (handler === null) return;
    runUnawaited(() => handler.onConnectionClose(), `onConnectionClose of ${this.handlerClass.name}`);
  }

  prepared(): void {}
}

/**
 * Runs a handler as soon as the headers are in, and gives it the body in pieces: to its `dataReceived`, or, if it has none, to
 * its method as this reads them.
 */
export class StreamingDelegate extends HandlerDelegate {
  override readonly bodyArrived: Promise<void>;
  override readonly bodyReader: BodyReader | null;
  readonly #prepared: Promise<void>;
  #isPrepared = false;
  #resolvePrepared!: () => void;
  #resolveBody!: () => void;
  #rejectBody!: (error: unknown) => void;

  constructor(target: HandlerTarget, request: HTTPServerRequest, match: RouteMatch) {
    super(target, request, match);
    this.bodyArrived = new Promise((resolve, reject) => {
      this.#resolveBody = resolve;
      this.#rejectBody = reject;
    });
    // The handler may have answered already, and so not be waiting for its body.
    this.bodyArrived.catch(() => {});
    const { dataReceived } = target.handlerClass.prototype;
    this.bodyReader = dataReceived === RequestHandler.prototype.dataReceived ? new BodyReader() : null;
    this.#prepared = new Promise((resolve) => {
      this.#resolvePrepared = resolve;
    });
  }

  override headersReceived(): void | Promise<void> {
    super.headersReceived();
    execute(this);
    return this.#isPrepared ? undefined : this.#prepared;
  }

  override prepared(): void {
    this.#isPrepared = true;
    this.#resolvePrepared();
  }

  override dataReceived(chunk: Buffer): void | Promise<void> {
    const { handler } = this;
    if (handler === null || handler.isFinished) return undefined;
    if (this.bodyReader !== null) return this.bodyReader.push(chunk);
    try {
      const receiving = handler.dataReceived(chunk);
      if (receiving === undefined) return undefined;
      return Promise.resolve(receiving).catch((error: unknown) => this.#rejectBody(error));
    } catch (error) {
      return this.#rejectBody(error);
    }
  }

  override finish(): void {
    this.bodyReader?.end();
    this.#resolveBody();
  }

  override onConnectionClose(): void {
    super.onConnectionClose();
    const gone = new ClientGoneError();
    this.bodyReader?.fail(gone);
    this.#rejectBody(gone);
  }
}
