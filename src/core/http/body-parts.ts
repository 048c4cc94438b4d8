/** The parts of a multipart body as they arrive: a file is read by whoever wants it, and is never in memory as a whole. */

import type { HTTPHeaders } from "./headers.js";
import { HTTPInputError } from "./http-input-error.js";
import {
  boundaryOf,
  type MultipartEvent,
  type MultipartLimits,
  type MultipartPart,
  MultipartReader,
} from "./multipart.js";

/** What the parts of a body may be. Sizes are bytes. */
export interface BodyPartLimits extends MultipartLimits {
  /** Most bytes of one file. Default: what the whole body may have. */
  readonly maxFileSize?: number;
  /** Most bytes of an argument that is no file, and of what `text()` and `bytes()` read into memory. Default 1 MiB. */
  readonly maxFieldSize?: number;
}

const defaultMaxFieldBytes = 1024 * 1024;

/**
 * A part of a body. It is an iterable of its pieces, which Node's `pipeline` takes as well, and it is to be read before the next
 * part is asked for; what is left of it then is thrown away.
 */
export class BodyPart implements AsyncIterable<Buffer> {
  /** Name of the form field. */
  readonly name: string;
  /** Name of the file as the client sent it, folders included: never use it as a path. `undefined` for what is no file. */
  readonly filename: string | undefined;
  /** As declared by the client; `application/unknown` if it was not. */
  readonly contentType: string;
  readonly headers: HTTPHeaders;
  readonly #events: EventSource;
  readonly #maxBytes: number;
  readonly #maxFieldBytes: number;
  #size = 0;
  #hasEnded = false;

  /** @internal */
  constructor(part: MultipartPart, events: EventSource, limits: BodyPartLimits) {
    this.name = part.name;
    this.filename = part.filename;
    this.contentType = part.contentType;
    this.headers = part.headers;
    this.#events = events;
    this.#maxFieldBytes = limits.maxFieldSize ?? defaultMaxFieldBytes;
    this.#maxBytes =
      part.filename === undefined ? this.#maxFieldBytes : (limits.maxFileSize ?? Number.POSITIVE_INFINITY);
  }

  /** Bytes that have been read so far. */
  get size(): number {
    return this.#size;
  }

  /** Reads the part into memory. @throws HTTPInputError (413) if it has more than `maxFieldSize` bytes. */
  async bytes(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this) {
      this.#refuseBeyond(this.#maxFieldBytes);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** Reads the part as UTF-8 text. @throws HTTPInputError (413) if it has more than `maxFieldSize` bytes. */
  async text(): Promise<string> {
    return (await this.bytes()).toString("utf8");
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    while (!this.#hasEnded) {
      const event = await this.#events.next();
      if (event === null || event.type !== "data") {
        this.#hasEnded = true;
        return;
      }
      this.#size += event.chunk.length;
      this.#refuseBeyond(this.#maxBytes);
      yield event.chunk;
    }
  }

  /** Reads to the end of the part, for nobody. */
  async discard(): Promise<void> {
    for await (const _ of this);
  }

  #refuseBeyond(maxBytes: number): void {
    if (this.#size <= maxBytes) return;
    const what = this.filename === undefined ? "argument" : "file";
    throw new HTTPInputError(`The ${what} ${JSON.stringify(this.name)} has more than ${maxBytes} bytes.`, {
      status: 413,
    });
  }
}

/**
 * Reads the parts of a `multipart/form-data` body in order.
 *
 * @param chunks - The body, in pieces of any size.
 * @throws HTTPInputError for a body of another type (415), for everything that is malformed (400) and for a limit that is
 *   exceeded (400 or 413).
 */
export async function* readBodyParts(
  chunks: AsyncIterable<Buffer>,
  contentType: string | undefined,
  limits: BodyPartLimits = {},
): AsyncGenerator<BodyPart, void, undefined> {
  checkLimits(limits);
  if (contentType === undefined || !/^multipart\/form-data *(?:;|$)/i.test(contentType.trim())) {
    throw new HTTPInputError("A body of type multipart/form-data was expected.", { status: 415 });
  }
  const events = new EventSource(chunks, new MultipartReader(boundaryOf(contentType), limits));
  try {
    for (let event = await events.next(); event !== null; event = await events.next()) {
      if (event.type !== "part") continue;
      const part = new BodyPart(event.part, events, limits);
      yield part;
      await part.discard();
    }
  } finally {
    await events.close();
  }
}

/** A limit that is no number would be no limit. */
function checkLimits(limits: BodyPartLimits): void {
  for (const name of ["maxParts", "maxPartHeaderSize", "maxFileSize", "maxFieldSize"] as const) {
    const limit = limits[name];
    if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 0)) {
      throw new RangeError(`parts() takes a whole number as ${name}, not ${limit}.`);
    }
  }
}

/** What the reader of a body finds, one event after the other; the next piece is asked for when all of the last are taken. */
class EventSource {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #reader: MultipartReader;
  #found: Iterator<MultipartEvent, void> | null = null;

  constructor(chunks: AsyncIterable<Buffer>, reader: MultipartReader) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#reader = reader;
  }

  /** Gives `null` at the end of a complete body. */
  async next(): Promise<MultipartEvent | null> {
    for (;;) {
      const event = this.#found?.next();
      if (event !== undefined && !event.done) return event.value;
      const chunk = await this.#chunks.next();
      if (chunk.done) {
        this.#reader.finish();
        return null;
      }
      this.#found = this.#reader.read(chunk.value);
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
