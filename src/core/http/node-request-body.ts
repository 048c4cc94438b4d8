/** Reads a request's body from node:http: counted, inflated if asked for, and no faster than it is taken. */

import type { IncomingMessage } from "node:http";
import { BodyInflater } from "./body-inflater.js";
import { bodyTooLarge } from "./body-limits.js";
import { HTTPInputError } from "./http-input-error.js";
import { bodyOf, type NodeIncomingMessage } from "./node-incoming-message.js";

/** What takes the body. */
export interface BodyTaker {
  /** Nothing more is wanted: the response is finished, or the client gone. */
  readonly isOver: boolean;
  /** A returned promise holds back the next piece. */
  takeChunk(chunk: Buffer): void | Promise<void>;
  takeEnd(): void;
  fail(error: unknown): void;
}

export interface BodyLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number | undefined;
  /** Largest piece that is given at once. */
  readonly chunkSize: number;
}

/** The body of one request. What is no longer wanted is read and thrown away, so that the client can read its answer. */
export class NodeRequestBody {
  readonly #message: IncomingMessage;
  readonly #taker: BodyTaker;
  readonly #maxBytes: number;
  readonly #chunkSize: number;
  readonly #inflater: BodyInflater | undefined;
  #timer: NodeJS.Timeout | undefined;
  #receivedBytes = 0;
  #isTaking = false;
  #hasEnded = false;

  constructor(message: IncomingMessage, taker: BodyTaker, limits: BodyLimits, isGzip: boolean) {
    this.#message = message;
    this.#taker = taker;
    this.#maxBytes = limits.maxBytes;
    this.#chunkSize = limits.chunkSize;
    if (isGzip) this.#inflater = new BodyInflater(limits.chunkSize, (chunk) => this.#deliver(chunk));
    if (limits.timeoutMs !== undefined) this.limitTime(limits.timeoutMs);
    (message as NodeIncomingMessage)[bodyOf] = this;
    message.on("data", passChunk);
    message.on("end", passEnd);
  }

  /** Starts the time again in which the body must have arrived. */
  limitTime(timeoutMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#taker.fail(tooSlow()), timeoutMs);
  }

  /** Gives nothing more to the taker, and reads what is left for nobody. */
  discard(): void {
    clearTimeout(this.#timer);
    this.#inflater?.destroy();
    this.#message.resume();
  }

  /** Called by node:http. */
  chunk(chunk: Buffer): void {
    if (this.#taker.isOver) return;
    const held = this.#attempt(chunk);
    if (held === undefined) return;
    this.#isTaking = true;
    this.#message.pause();
    held.then(
      () => {
        this.#isTaking = false;
        if (this.#hasEnded) this.#finish();
        else this.#message.resume();
      },
      (error: unknown) => this.#taker.fail(error),
    );
  }

  /** Called by node:http; a piece before the end may still be with the taker. */
  end(): void {
    this.#hasEnded = true;
    if (!this.#isTaking) this.#finish();
  }

  #attempt(chunk: Buffer): void | Promise<void> {
    try {
      return this.#inflater === undefined ? this.#deliver(chunk) : this.#inflater.write(chunk);
    } catch (error) {
      this.#taker.fail(error);
      return undefined;
    }
  }

  #deliver(chunk: Buffer): void | Promise<void> {
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes > this.#maxBytes) throw bodyTooLarge(this.#maxBytes);
    return chunk.length <= this.#chunkSize ? this.#taker.takeChunk(chunk) : this.#deliverPieces(chunk);
  }

  async #deliverPieces(chunk: Buffer): Promise<void> {
    for (let start = 0; start < chunk.length && !this.#taker.isOver; start += this.#chunkSize) {
      await this.#taker.takeChunk(chunk.subarray(start, start + this.#chunkSize));
    }
  }

  #finish(): void {
    if (this.#taker.isOver) return;
    if (this.#inflater === undefined) {
      this.#complete();
      return;
    }
    this.#inflater.end().then(
      () => this.#complete(),
      (error: unknown) => this.#taker.fail(error),
    );
  }

  #complete(): void {
    clearTimeout(this.#timer);
    if (!this.#taker.isOver) this.#taker.takeEnd();
  }
}

/** Holds a body to its limits that somebody else reads: at its arrival, which is all that can be seen of it. */
export function limitUnreadBody(
  message: IncomingMessage,
  { maxBytes, timeoutMs }: Pick<BodyLimits, "maxBytes" | "timeoutMs">,
  fail: (error: HTTPInputError) => void,
): void {
  let receivedBytes = 0;
  const { push } = message;
  message.push = function (chunk: Buffer | null, encoding?: BufferEncoding) {
    receivedBytes += chunk?.length ?? 0;
    if (receivedBytes > maxBytes) {
      fail(bodyTooLarge(maxBytes));
      return false;
    }
    return push.call(this, chunk, encoding);
  };
  if (timeoutMs === undefined) return;
  const timer = setTimeout(() => message.complete || fail(tooSlow()), timeoutMs);
  message.once("close", () => clearTimeout(timer));
}

function tooSlow(): HTTPInputError {
  return new HTTPInputError("the body took too long", { status: 408 });
}

// Shared by all bodies: a message carries its own, so that no request needs functions of its own.

function passChunk(this: NodeIncomingMessage, chunk: Buffer): void {
  this[bodyOf]!.chunk(chunk);
}

function passEnd(this: NodeIncomingMessage): void {
  this[bodyOf]!.end();
}
