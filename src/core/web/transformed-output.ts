/** Sends a response through output transforms, one piece after the other, also when a transform takes its time. */

import { toError } from "../errors.js";
import type { ResponseStartLine, WriteCallback } from "../http/connection.js";
import { HTTPHeaders } from "../http/headers.js";
import { reasonPhrase } from "../http/reasons.js";
import { makeRefusal } from "../http/refusal.js";
import type { HTTPServerRequest } from "../http/request.js";
import { applicationLog } from "../log.js";
import type { FirstChunk, OutputTransform, OutputTransformClass } from "./output-transform.js";

/** The head of a response, given with its first piece. */
export interface ResponseHead {
  readonly startLine: ResponseStartLine;
  readonly headers: HTTPHeaders;
}

/** One piece on its way. */
interface Piece {
  readonly head: ResponseHead | null;
  readonly chunk: Buffer;
  readonly finishing: boolean;
  readonly done: WriteCallback | undefined;
}

/** The way out of one response that has transforms. */
export class TransformedOutput {
  readonly #request: HTTPServerRequest;
  #transforms: readonly OutputTransform[] = [];
  /** HEAD: the transforms see the body, the wire does not. */
  readonly #dropsBody: boolean;
  /** The piece that a transform is still working on, with those behind it. */
  #pending: Promise<void> | null = null;
  /** Why nothing more is sent. */
  #failure: Error | null = null;
  #isHeadGiven = false;
  #isRefused = false;

  /** @param condition - Nothing is sent before it is fulfilled; if it is rejected, the answer becomes a 500. */
  constructor(
    request: HTTPServerRequest,
    transforms: readonly OutputTransformClass[],
    condition: Promise<void> | null,
  ) {
    this.#request = request;
    this.#dropsBody = request.method === "HEAD";
    try {
      this.#transforms = transforms.map((Transform) => new Transform(request));
    } catch (error) {
      this.#fail(error, undefined);
    }
    const note = "The session could not be kept; the answer becomes a 500";
    if (condition !== null) this.#hold(condition.catch((error: unknown) => this.#refuse(error, note)));
  }

  /** Settles, and is never rejected, when everything that was given has been passed on; `null` when it has. */
  get pending(): Promise<void> | null {
    return this.#pending;
  }

  /** Whether the answer has become a 500. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Sends a piece after those given before. */
  send(piece: Piece): void {
    const sent = this.#pending === null ? this.#attempt(piece) : this.#pending.then(() => this.#attempt(piece));
    if (sent !== undefined) this.#hold(sent.catch((error: unknown) => this.#fail(error, piece.done)));
  }

  /** Keeps what comes until this has settled. */
  #hold(work: Promise<void>): void {
    const settled = work.finally(() => {
      if (this.#pending === settled) this.#pending = null;
    });
    this.#pending = settled;
  }

  #attempt(piece: Piece): void | Promise<void> {
    if (this.#failure !== null) {
      piece.done?.(this.#failure);
      return undefined;
    }
    try {
      return this.#transformAndWrite(piece);
    } catch (error) {
      this.#fail(error, piece.done);
    }
  }

  #transformAndWrite({ head, chunk, finishing, done }: Piece): void | Promise<void> {
    if (head !== null) {
      const first = { statusCode: head.startLine.code, headers: head.headers, chunk };
      const transformed = transformFirst(this.#transforms, first, finishing, 0);
      if (transformed instanceof Promise) {
        return transformed.then((result) => this.#writeFirst(head, result, finishing, done));
      }
      return this.#writeFirst(head, transformed, finishing, done);
    }
    const transformed = transformNext(this.#transforms, chunk, finishing, 0);
    if (transformed instanceof Promise) return transformed.then((result) => this.#write(result, finishing, done));
    return this.#write(transformed, finishing, done);
  }

  #writeFirst(head: ResponseHead, first: FirstChunk, finishing: boolean, done: WriteCallback | undefined): void {
    const { code } = head.startLine;
    const startLine =
      first.statusCode === code ? head.startLine : { code: first.statusCode, reason: reasonPhrase(first.statusCode) };
    const chunk = this.#dropsBody || first.chunk.length === 0 ? undefined : first.chunk;
    const { connection } = this.#request;
    this.#isHeadGiven = true;
    connection.writeHeaders(startLine, first.headers, chunk, finishing ? undefined : done);
    if (finishing) connection.finish(done);
  }

  #write(chunk: Buffer, finishing: boolean, done: WriteCallback | undefined): void {
    const { connection } = this.#request;
    const isEmpty = this.#dropsBody || chunk.length === 0;
    if (!isEmpty) connection.write(chunk, finishing ? undefined : done);
    if (finishing) connection.finish(done);
    else if (isEmpty) done?.();
  }

  /** The answer would tell what has not happened; nothing of it is out yet. */
  #refuse(thrown: unknown, note: string): void {
    applicationLog.error(note, thrown);
    if (this.#failure !== null) return;
    this.#failure = toError(thrown);
    this.#isHeadGiven = true;
    this.#isRefused = true;
    const { connection } = this.#request;
    const { reason, headers, body } = makeRefusal(500);
    const fields = HTTPHeaders.fromRaw(headers);
    connection.writeHeaders({ code: 500, reason }, fields, this.#dropsBody ? undefined : body);
    connection.finish();
  }

  /** Of an answer that has begun the client must see that it is broken off. */
  #fail(thrown: unknown, done: WriteCallback | undefined): void {
    const note = "Uncaught exception in an output transform";
    if (this.#isHeadGiven) {
      applicationLog.error(note, thrown);
      this.#failure ??= toError(thrown);
      this.#request.connection.cut();
    } else {
      this.#refuse(thrown, note);
    }
    done?.(toError(thrown));
  }
}

function transformFirst(
  transforms: readonly OutputTransform[],
  first: FirstChunk,
  finishing: boolean,
  from: number,
): FirstChunk | Promise<FirstChunk> {
  let current = first;
  for (let index = from; index < transforms.length; index += 1) {
    const { statusCode, headers, chunk } = current;
    const result = transforms[index]!.transformFirstChunk(statusCode, headers, chunk, finishing);
    if (result instanceof Promise) {
      return result.then((next) => transformFirst(transforms, next, finishing, index + 1));
    }
    current = result;
  }
  return current;
}

function transformNext(
  transforms: readonly OutputTransform[],
  chunk: Buffer,
  finishing: boolean,
  from: number,
): Buffer | Promise<Buffer> {
  let current = chunk;
  for (let index = from; index < transforms.length; index += 1) {
    const result = transforms[index]!.transformChunk(current, finishing);
    if (result instanceof Promise) return result.then((next) => transformNext(transforms, next, finishing, index + 1));
    current = result;
  }
  return current;
}
