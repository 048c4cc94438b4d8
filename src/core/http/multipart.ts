/** Reads `multipart/form-data` (RFC 7578), chunk by chunk, so that a file need never be in memory as a whole. */

import { parseHeaderParameters } from "./header-parameters.js";
import { HTTPHeaders } from "./headers.js";
import { HTTPInputError } from "./http-input-error.js";

export interface MultipartLimits {
  /** Most parts of a body. Default 100. */
  readonly maxParts?: number;
  /** Most bytes of the headers of one part. Default 10 kB. */
  readonly maxPartHeaderSize?: number;
}

/** The beginning of a part: what its headers say. */
export interface MultipartPart {
  readonly name: string;
  /** Name of the file as the client sent it, folders included; `undefined` for an ordinary argument. */
  readonly filename: string | undefined;
  /** As declared; `application/unknown` if it was not. */
  readonly contentType: string;
  readonly headers: HTTPHeaders;
}

/** What a body consists of: for each part its beginning, its data in any number of pieces, and its end. */
export type MultipartEvent =
  | { readonly type: "part"; readonly part: MultipartPart }
  | { readonly type: "data"; readonly chunk: Buffer }
  | { readonly type: "partEnd" };

const dash = 0x2d;
const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads the body of a form as it arrives.
 *
 * @example
 * const reader = new MultipartReader(boundaryOf(contentType));
 * for await (const chunk of chunks) {
 *   for (const event of reader.read(chunk)) await take(event);
 * }
 * reader.finish();
 */
export class MultipartReader {
  /** What stands between parts. The first one has no line end before it; a virtual one is put there. */
  readonly #delimiter: Buffer;
  readonly #maxParts: number;
  readonly #maxPartHeaderSize: number;
  #state: "delimiter" | "headers" | "data" | "end" = "delimiter";
  #unread: Buffer = Buffer.from("\r\n");
  #parts = 0;

  /** @throws HTTPInputError for a boundary that RFC 2046, section 5.1.1, does not allow. */
  constructor(boundary: string, limits: MultipartLimits = {}) {
    if (!/^[\x20-\x7e]{0,69}[\x21-\x7e]$/.test(boundary)) {
      throw new HTTPInputError("The boundary of a multipart body is missing or malformed.");
    }
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
    this.#maxParts = limits.maxParts ?? 100;
    this.#maxPartHeaderSize = limits.maxPartHeaderSize ?? 10 * 1024;
  }

  /**
   * Gives what a chunk completes. All events must be taken before the next chunk is given.
   *
   * @throws HTTPInputError at the first thing that is wrong.
   */
  *read(chunk: Buffer): Generator<MultipartEvent, void> {
    // Text behind the last delimiter means nothing, RFC 2046, section 5.1.1.
    if (this.#state === "end") return;
    let bytes = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    for (;;) {
      if (this.#state === "delimiter") {
        const length = this.#delimiter.length;
        if (bytes.length < length + 2) break;
        if (bytes.compare(this.#delimiter, 0, length, 0, length) !== 0) {
          throw new HTTPInputError("A multipart body does not begin with its boundary.");
        }
        this.#state = this.#afterDelimiter(bytes[length]!, bytes[length + 1]!);
        if (this.#state === "data") throw new HTTPInputError("A multipart body does not begin with its boundary.");
        bytes = bytes.subarray(length + 2);
      } else if (this.#state === "headers") {
        const end = bytes.indexOf("\r\n\r\n");
        if ((end === -1 ? bytes.length : end) > this.#maxPartHeaderSize) {
          throw new HTTPInputError("The headers of a part are too large.");
        }
        if (end === -1) break;
        yield { type: "part", part: readPart(bytes.subarray(0, end)) };
        bytes = bytes.subarray(end + 4);
        this.#state = "data";
      } else if (this.#state === "data") {
        const { place, next } = this.#findDelimiter(bytes);
        if (next === null) {
          const keep = place === -1 ? this.#delimiter.length - 1 : bytes.length - place;
          const ready = bytes.length - keep;
          if (ready > 0) {
            yield { type: "data", chunk: bytes.subarray(0, ready) };
            bytes = bytes.subarray(ready);
          }
          break;
        }
        if (place > 0) yield { type: "data", chunk: bytes.subarray(0, place) };
        yield { type: "partEnd" };
        bytes = bytes.subarray(place + this.#delimiter.length + 2);
        this.#state = next;
      } else {
        bytes = bytes.subarray(bytes.length);
        break;
      }
    }
    this.#unread = bytes;
  }

  /** @throws HTTPInputError if the body has ended before its last delimiter. */
  finish(): void {
    if (this.#state !== "end") throw new HTTPInputError("A multipart body has no final boundary.");
  }

  /**
   * Finds where the data of a part ends, and what comes then: `null` if these bytes do not tell yet.
   *
   * A longer word that begins with the boundary is data like any other. It is passed over here: a piece of data for each would let a
   * body made of such words take many times its own memory.
   */
  #findDelimiter(bytes: Buffer): { place: number; next: "headers" | "end" | null } {
    for (let from = 0; ; ) {
      const place = bytes.indexOf(this.#delimiter, from);
      const end = place + this.#delimiter.length;
      if (place === -1 || bytes.length < end + 2) return { place, next: null };
      const next = this.#afterDelimiter(bytes[end]!, bytes[end + 1]!);
      if (next !== "data") return { place, next };
      from = end;
    }
  }

  /** What the two bytes behind a delimiter make of it: the next part, the end, or no delimiter at all. */
  #afterDelimiter(first: number, second: number): "headers" | "end" | "data" {
    if (first === dash && second === dash) return "end";
    if (first !== carriageReturn || second !== lineFeed) return "data";
    if (++this.#parts > this.#maxParts) {
      throw new HTTPInputError(`A multipart body has more than ${this.#maxParts} parts.`);
    }
    return "headers";
  }
}

/**
 * Returns the boundary that a `Content-Type` declares.
 *
 * @throws HTTPInputError if there is none.
 */
export function boundaryOf(contentType: string): string {
  const boundary = parseHeaderParameters(contentType).parameters.get("boundary");
  if (boundary === undefined) throw new HTTPInputError("A multipart body needs a boundary in its Content-Type.");
  return boundary;
}

function readPart(bytes: Buffer): MultipartPart {
  let text: string;
  try {
    text = strictUtf8.decode(bytes);
  } catch (error) {
    throw new HTTPInputError("The headers of a part are not UTF-8.", { cause: error });
  }
  const headers = HTTPHeaders.parse(text);
  const disposition = parseHeaderParameters(headers.get("Content-Disposition") ?? "");
  const name = disposition.parameters.get("name");
  if (disposition.value !== "form-data" || name === undefined || name === "") {
    throw new HTTPInputError("A part has no form-data disposition with a name.");
  }
  return {
    name,
    // A file input that was left empty sends an empty name; such a part is an ordinary argument.
    filename: disposition.parameters.get("filename") || undefined,
    contentType: headers.get("Content-Type") ?? "application/unknown",
    headers,
  };
}
