/** Turns bytes into requests: the reading half of the transport, which knows no socket. */

import { HTTPHeaders, trimWhitespace } from "../headers.js";
import { HTTPInputError } from "../http-input-error.js";
import { mayBeDecisive, RequestHead } from "../request-head.js";
import { ChunkFraming } from "./chunk-framing.js";
import { type HeadLimits, HeadScanner } from "./head-scanner.js";

/** What a request may measure before its body, which is for the target to count. */
export type RequestReaderLimits = HeadLimits;

/** Takes what was read. Each request is `headRead`, any number of `bodyAnnounced` and `bodyRead`, and `messageRead`. */
export interface RequestReaderTarget {
  /** A head that is safe to act on. */
  headRead(head: RequestHead): void;
  /** The chunks that have begun make up so many bytes, of which not all need have come. It may stop the reader, and not pause it. */
  bodyAnnounced(bytes: number): void;
  /** A piece of the body, without its framing. It is a view of what was pushed, and lent as that was. */
  bodyRead(chunk: Buffer): void;
  /** The request has come to its end. The next one is held back until `resume`. */
  messageRead(): void;
  /** Nothing that comes can be trusted any more, and nothing more is read. */
  refused(error: HTTPInputError): void;
}

/** Fields that may not stand behind a body, where nobody looks before the request is acted on (RFC 9110, section 6.5.1). */
export const forbiddenTrailers: ReadonlySet<string> = new Set([
  "authorization",
  "connection",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "cookie",
  "expect",
  "host",
  "transfer-encoding",
  "upgrade",
]);

/** Methods by their text, so that the usual ones are the same string each time. */
const commonMethods = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"];

/** What is read next. */
const HEAD = 0;
const BODY = 1;
const CHUNKS = 2;
const TRAILERS = 3;
const END = 4;
/** The body broke off in the middle of a packet whose first part was given. */
const FAILED = 5;

const noBytes = Buffer.alloc(0);
/** At so many pieces, what is kept is put together. */
const maxKeptPieces = 64;

/**
 * Reads the requests of one connection, in order, and one at a time.
 *
 * What comes while it is paused is kept, and read by `resume`. The target may pause and resume it from within a call: it
 * never calls the target from within another call of it.
 */
export class RequestReader {
  readonly #limits: RequestReaderLimits;
  readonly #target: RequestReaderTarget;
  readonly #scanner: HeadScanner;
  #state = HEAD;
  #isPaused = false;
  #isRunning = false;
  #isRefused = false;
  /** Bytes of the body that have not come yet. */
  #remaining = 0;
  #chunks: ChunkFraming | undefined = undefined;
  #failure: HTTPInputError | undefined = undefined;
  /** The first bytes of a head whose end has not come yet; what comes in small packets is copied together here. */
  #head: Buffer = noBytes;
  #headBytes = 0;
  /** What is being read, how far it has been, and where it ends. */
  #bytes: Buffer = noBytes;
  #at = 0;
  #end = 0;
  /** What came behind it while the reader was paused. */
  #kept: Buffer[] | undefined = undefined;
  #keptBytes = 0;

  constructor(limits: RequestReaderLimits, target: RequestReaderTarget) {
    this.#limits = limits;
    this.#target = target;
    this.#scanner = new HeadScanner(limits);
  }

  /** Bytes that wait for `resume`. */
  get keptBytes(): number {
    return this.#end - this.#at + this.#keptBytes;
  }

  /** Whether nothing of the next request has come yet. */
  get isBetweenRequests(): boolean {
    return this.#state === HEAD && this.#scanner.isAtStart && this.keptBytes === 0;
  }

  /** Whether a body has begun that has not come to its end. */
  get isInBody(): boolean {
    return this.#state === BODY || this.#state === CHUNKS || this.#state === TRAILERS;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Whether it is calling the target, and will go on by itself after `resume`. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /**
   * Reads, or keeps what cannot be read now.
   *
   * @param bytes - They are lent for the time of the call: what is kept of them is copied.
   * @param end - Where they end.
   */
  push(bytes: Buffer, end = bytes.length): void {
    if (this.#isRefused) return;
    if (this.#isPaused || this.#isRunning) {
      this.#kept ??= [];
      this.#kept.push(copyOf(bytes, 0, end));
      this.#keptBytes += end;
      // A buffer weighs hundreds of bytes: a client that sends single ones must not have us keep many.
      if (this.#kept.length === maxKeptPieces) this.#kept = [Buffer.concat(this.#kept)];
      return;
    }
    this.#bytes = bytes;
    this.#at = 0;
    this.#end = end;
    try {
      this.#run();
    } finally {
      if (this.#bytes === bytes) this.#use(copyOf(bytes, this.#at, end));
    }
  }

  /** Holds back everything that would come next. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Reads on. */
  resume(): void {
    this.#isPaused = false;
    if (!this.#isRunning && !this.#isRefused) this.#run();
  }

  /** Reads nothing any more, as after a refusal. */
  stop(): void {
    this.#isRefused = true;
    this.#use(noBytes);
    this.#kept = undefined;
    this.#keptBytes = 0;
    this.#head = noBytes;
  }

  /** Gives up what has come behind the message that was read last, and stops. */
  takeRest(): Buffer {
    const all = Buffer.concat([this.#bytes.subarray(this.#at, this.#end), ...(this.#kept ?? [])]);
    this.stop();
    return all;
  }

  /** Has these bytes read next. */
  #use(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#at = 0;
    this.#end = bytes.length;
  }

  #run(): void {
    this.#isRunning = true;
    try {
      while (!this.#isPaused && !this.#isRefused) {
        if (this.#at === this.#end && this.#state < END) {
          if (this.#kept === undefined) break;
          this.#use(this.#kept.length === 1 ? this.#kept[0]! : Buffer.concat(this.#kept));
          this.#kept = undefined;
          this.#keptBytes = 0;
        }
        this.#step(this.#bytes, this.#at);
      }
    } finally {
      this.#isRunning = false;
      if (this.#at === this.#end) this.#use(noBytes);
    }
  }

  /** Reads one part of a message. `#at` is set before the target is called: it may ask for the rest. */
  #step(bytes: Buffer, at: number): void {
    switch (this.#state) {
      case HEAD:
        this.#stepHead(bytes, at);
        break;
      case BODY: {
        const end = Math.min(this.#end, at + this.#remaining);
        this.#remaining -= end - at;
        if (this.#remaining === 0) this.#state = END;
        this.#at = end;
        this.#target.bodyRead(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
        break;
      }
      case CHUNKS:
        this.#stepChunks(bytes, at, this.#chunks!);
        break;
      case TRAILERS:
        this.#stepTrailers(bytes, at);
        break;
      case FAILED:
        this.#refuse(this.#failure!);
        break;
      default:
        this.#state = HEAD;
        this.#isPaused = true;
        this.#target.messageRead();
    }
  }

  #stepHead(bytes: Buffer, at: number): void {
    const scanner = this.#scanner;
    const next = scanner.scan(bytes, at, this.#end);
    if (next < 0) {
      this.#endScan(bytes, next);
      return;
    }
    const text = this.#textBehind(bytes, next);
    const { places, fieldsStart, methodEnd, targetEnd } = scanner;
    const head = new RequestHead(HTTPHeaders.fromText(text, fieldsStart, places));
    let start = fieldsStart;
    for (let i = 0; i < places.length; i += 2) {
      const colon = places[i]!;
      const end = places[i + 1]!;
      if (mayBeDecisive(colon - start, text.charCodeAt(start))) {
        const error = head.take(text.slice(start, colon), trimWhitespace(text, colon + 1, end));
        if (error !== undefined) {
          this.#refuse(error);
          return;
        }
      }
      start = end + 2;
    }
    const error = head.settle(methodOf(text, methodEnd), text.slice(methodEnd + 1, targetEnd), scanner.minorVersion);
    if (error !== undefined) {
      this.#refuse(error);
      return;
    }
    scanner.reset();
    this.#expectBody(head.bodyBytes);
    this.#at = next;
    this.#target.headRead(head);
  }

  #expectBody(bodyBytes: number): void {
    if (bodyBytes === 0) {
      this.#state = END;
    } else if (bodyBytes > 0) {
      this.#state = BODY;
      this.#remaining = bodyBytes;
    } else {
      this.#state = CHUNKS;
      this.#chunks = new ChunkFraming(this.#limits.maxHeaderBytes);
    }
  }

  /** Gives what stands in all chunks of a packet as one piece: a client must not have us keep an object for each byte. */
  #stepChunks(bytes: Buffer, start: number, chunks: ChunkFraming): void {
    let at = start;
    let piece: Buffer | undefined;
    let gathered: Buffer | undefined;
    let gatheredBytes = 0;
    while (at < this.#end && !chunks.isLast) {
      if (chunks.dataBytes === 0) {
        at = chunks.scan(bytes, at, this.#end);
        if (at === -2) break;
        continue;
      }
      const end = Math.min(this.#end, at + chunks.dataBytes);
      chunks.take(end - at);
      if (piece === undefined) {
        piece = bytes.subarray(at, end);
      } else {
        gathered ??= Buffer.allocUnsafeSlow(this.#end - start);
        if (gatheredBytes === 0) gatheredBytes = piece.copy(gathered);
        gatheredBytes += bytes.copy(gathered, gatheredBytes, at, end);
      }
      at = end;
    }
    if (at === -2) {
      this.#failure = chunks.failure;
      this.#state = FAILED;
    } else if (chunks.isLast) {
      this.#state = TRAILERS;
      this.#chunks = undefined;
      this.#scanner.resetToTrailers();
    }
    this.#at = at === -2 ? this.#end : at;
    this.#target.bodyAnnounced(chunks.announcedBytes);
    if (piece !== undefined && !this.#isRefused) this.#target.bodyRead(gathered?.subarray(0, gatheredBytes) ?? piece);
  }

  /** Trailers are read for their end, and dropped: no handler asks for them, and they are not part of what was checked. */
  #stepTrailers(bytes: Buffer, at: number): void {
    const scanner = this.#scanner;
    const next = scanner.scan(bytes, at, this.#end);
    if (next < 0) {
      this.#endScan(bytes, next);
      return;
    }
    const text = this.#textBehind(bytes, next);
    for (const [name] of HTTPHeaders.fromText(text, 0, scanner.places)) {
      if (forbiddenTrailers.has(name.toLowerCase())) {
        this.#refuse(new HTTPInputError(`a ${name} in the trailers`));
        return;
      }
    }
    scanner.reset();
    this.#state = END;
    this.#at = next;
  }

  /** Keeps the bytes of a head that goes on in the next packet, or refuses it. */
  #endScan(bytes: Buffer, result: number): void {
    if (result === -2) {
      this.#refuse(this.#scanner.failure!);
      return;
    }
    this.#hold(bytes, this.#end, this.#scanner.scanned - this.#headBytes);
    this.#at = this.#end;
  }

  /** The text of the head that ends at an index, together with what was held of it. */
  #textBehind(bytes: Buffer, end: number): string {
    const { length } = this.#scanner;
    if (this.#headBytes === 0) return bytes.toString("latin1", end - length, end);
    this.#hold(bytes, end, length - this.#headBytes);
    const text = this.#head.toString("latin1", 0, length);
    this.#head = noBytes;
    this.#headBytes = 0;
    return text;
  }

  /** Copies the last bytes before an index behind those that are held. Grows by doubling, so that single bytes cost no more. */
  #hold(bytes: Buffer, end: number, count: number): void {
    const needed = this.#headBytes + count;
    if (needed > this.#head.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#head.length));
      this.#head.copy(grown, 0, 0, this.#headBytes);
      this.#head = grown;
    }
    bytes.copy(this.#head, this.#headBytes, end - count, end);
    this.#headBytes = needed;
  }

  #refuse(error: HTTPInputError): void {
    this.stop();
    this.#target.refused(error);
  }
}

/** In memory of its own: a piece that waits must not keep the whole packet, nor a pool. */
function copyOf(bytes: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(end - start);
  bytes.copy(copy, 0, start, end);
  return copy;
}

function methodOf(text: string, end: number): string {
  for (const method of commonMethods) {
    if (method.length === end && text.startsWith(method)) return method;
  }
  return text.slice(0, end);
}
