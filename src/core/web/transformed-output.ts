/** Sends a response through output transforms, one piece after the other, also when a transform takes its time. */

import { toError } from "../errors.js";
import type { HTTPConnection, ResponseStartLine, WriteCallback } from "../http/connection.js";
import { HTTPHeaders } from "../http/headers.js";
import { reasonPhrase } from "../http/reasons.js";
import { makeRefusal } from "../http/refusal.js";
import { applicationLog } from "../log.js";
import type { FirstChunk, OutputTransform } from "./output-transform.js";

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
  readonly #connection: HTTPConnection;
  readonly #transforms: readonly OutputTransform[];
  /** HEAD: the transforms see the body, the wire does not. */
  readonly #dropsBody: boolean;
  /** The piece that a transform is still working on, with those behind it. */
  #pending: Promise<void> | null = null;
  /** Why the answer has been replaced by an error. */
  #refusal: Error | null = null;

  /** @param condition - Nothing is sent before it is fulfilled; if it is rejected, the answer becomes a 500. */
  constructor(
    connection: HTTPConnection,
    transforms: readonly OutputTransform[],
    dropsBody: boolean,
    condition: Promise<void> | null,
  ) {
    this.#connection = connection;
    this.#transforms = transforms;
    this.#dropsBody = dropsBody;
    if (condition !== null) this.#hold(condition.catch((error: unknown) => this.#refuse(error)));
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
    if (this.#refusal !== null) {
      piece.done?.(this.#refusal);
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
    this.#connection.writeHeaders(startLine, first.headers, chunk, finishing ? undefined : done);
    if (finishing) this.#connection.finish(done);
  }

  #write(chunk: Buffer, finishing: boolean, done: WriteCallback | undefined): void {
    const isEmpty = this.#dropsBody || chunk.length === 0;
    if (!isEmpty) this.#connection.write(chunk, finishing ? undefined : done);
    if (finishing) this.#connection.finish(done);
    else if (isEmpty) done?.();
  }

  /** The answer would tell what has not happened; nothing of it is out yet. */
  #refuse(thrown: unknown): void {
    this.#refusal = toError(thrown);
    applicationLog.error("The session could not be kept; the answer becomes a 500", thrown);
    const { reason, headers, body } = makeRefusal(500);
    const fields = HTTPHeaders.fromRaw(headers);
    this.#connection.writeHeaders({ code: 500, reason }, fields, this.#dropsBody ? undefined : body);
    this.#connection.finish();
  }

  /** Nothing sensible can follow: the client must see that the answer is broken off. */
  #fail(thrown: unknown, done: WriteCallback | undefined): void {
    applicationLog.error("Uncaught exception in an output transform", thrown);
    this.#connection.socket.destroy();
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
