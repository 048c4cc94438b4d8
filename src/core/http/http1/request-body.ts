/** Passes on a request's body: counted, inflated if asked for, and in pieces of a bounded size. */

import { BodyInflater } from "../body-inflater.js";
import { bodyTooLarge } from "../body-limits.js";

/** What takes the body. */
export interface BodyTaker {
  /** Nothing more is wanted: the response is finished, or the client gone. */
  readonly isOver: boolean;
  /** A returned promise holds back the next piece. */
  takeChunk(chunk: Buffer): void | Promise<void>;
}

/** The body of one request. */
export class RequestBody {
  readonly #taker: BodyTaker;
  readonly #maxBytes: number;
  readonly #chunkSize: number;
  readonly #inflater: BodyInflater | undefined;
  #receivedBytes = 0;

  constructor(taker: BodyTaker, maxBytes: number, chunkSize: number, isGzip: boolean) {
    this.#taker = taker;
    this.#maxBytes = maxBytes;
    this.#chunkSize = chunkSize;
    this.#inflater = isGzip ? new BodyInflater(chunkSize, (chunk) => this.#deliver(chunk)) : undefined;
  }

  /**
   * Takes a piece as it came. A returned promise resolves when it has been taken.
   *
   * @throws HTTPInputError 413 when the limit is passed.
   */
  push(chunk: Buffer): void | Promise<void> {
    return this.#inflater === undefined ? this.#deliver(chunk) : this.#inflater.write(chunk);
  }

  /**
   * Takes note that the body has so many bytes at least. How many those of a compressed one are is not known before.
   *
   * @throws HTTPInputError 413 when the limit will be passed.
   */
  expect(bytes: number): void {
    if (this.#inflater === undefined) this.#check(bytes);
  }

  /** The body has come to its end. A returned promise resolves when its last piece has been taken. */
  end(): void | Promise<void> {
    return this.#inflater?.end();
  }

  /** Gives nothing more. */
  discard(): void {
    this.#inflater?.destroy();
  }

  #deliver(chunk: Buffer): void | Promise<void> {
    this.#receivedBytes += chunk.length;
    this.#check(this.#receivedBytes);
    return chunk.length <= this.#chunkSize ? this.#taker.takeChunk(chunk) : this.#deliverPieces(chunk);
  }

  #check(bytes: number): void {
    if (bytes > this.#maxBytes) throw bodyTooLarge(this.#maxBytes);
  }

  async #deliverPieces(chunk: Buffer): Promise<void> {
    for (let start = 0; start < chunk.length && !this.#taker.isOver; start += this.#chunkSize) {
      await this.#taker.takeChunk(chunk.subarray(start, start + this.#chunkSize));
    }
  }
}
