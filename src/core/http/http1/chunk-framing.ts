/** Reads what stands between the pieces of a chunked body (RFC 9112, section 7.1), byte by byte, and strictly. */

import { HTTPInputError } from "../http-input-error.js";

/** Where in the grammar the next byte stands. */
const IN_SIZE = 1;
const BEFORE_SEMICOLON = 2;
const BEFORE_NAME = 3;
const IN_NAME = 4;
const BEFORE_EQUALS = 5;
const BEFORE_VALUE = 6;
const IN_VALUE = 7;
const IN_QUOTES = 8;
const IN_ESCAPE = 9;
const BEHIND_QUOTES = 10;
const IN_SIZE_END = 11;
const AT_DATA_END = 12;
const IN_DATA_END = 13;

const CR = 0x0d;
const LF = 0x0a;

/** What a byte may be in a chunk's first line; several may be true of one. */
const TOKEN = 1;
const BLANK = 2;
const QUOTABLE = 4;

const kinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return (
    (/[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(character) ? TOKEN : 0) |
    (/[ \t]/.test(character) ? BLANK : 0) |
    (/[\t\x20-\x7e\x80-\xff]/.test(character) ? QUOTABLE : 0)
  );
});

/** Sizes of 16 digits and more are above what a number holds exactly; and leading zeros must end somewhere. */
const maxSizeDigits = 16;

/** The framing of one chunked body. */
export class ChunkFraming {
  /** Whether the last chunk's size has been read: trailers follow. */
  isLast = false;
  /** What all chunks whose size has been read make up, come or not. */
  announcedBytes = 0;
  /** Why the body cannot be accepted; set when `scan` returns -2. */
  failure: HTTPInputError | undefined = undefined;

  readonly #maxExtensionBytes: number;
  #state = IN_SIZE;
  #digits = 0;
  /** The size as read so far; then what of the chunk has not been taken yet. */
  #remaining = 0;
  #extensionBytes = 0;

  /** @param maxExtensionBytes - Of all chunks together: nobody needs them, and they count as nobody's body. */
  constructor(maxExtensionBytes: number) {
    this.#maxExtensionBytes = maxExtensionBytes;
  }

  /** How many bytes of data come next; 0 when framing does. */
  get dataBytes(): number {
    return this.#state === AT_DATA_END ? this.#remaining : 0;
  }

  /** Takes data off what comes next. */
  take(dataBytes: number): void {
    this.#remaining -= dataBytes;
  }

  /**
   * Reads up to a chunk's first byte of data, to the trailers, or to `end`.
   *
   * @returns The index of what was not read; -2 when the body is refused.
   */
  scan(bytes: Uint8Array, start: number, end: number): number {
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      switch (this.#state) {
        case AT_DATA_END:
          if (byte !== CR) return this.#fail("a chunk longer than its size");
          this.#state = IN_DATA_END;
          break;
        case IN_DATA_END:
          if (byte !== LF) return this.#fail("a chunk that does not end in CRLF");
          this.#state = IN_SIZE;
          break;
        case IN_SIZE_END:
          if (byte !== LF) return this.#fail("a chunk size that does not end in CRLF");
          this.#state = AT_DATA_END;
          this.isLast = this.#remaining === 0;
          this.announcedBytes += this.#remaining;
          this.#digits = 0;
          return i + 1;
        case IN_SIZE: {
          const digit = hexadecimal(byte);
          if (digit !== -1) {
            this.#remaining = this.#remaining * 16 + digit;
            this.#digits++;
            if (this.#digits > maxSizeDigits || !Number.isSafeInteger(this.#remaining)) {
              return this.#fail("a chunk size that is too large");
            }
            break;
          }
          if (this.#digits === 0) return this.#fail("malformed chunk size");
          this.#state = afterExtensionPart(byte, BEFORE_SEMICOLON);
          if (this.#state === -1) return this.#fail("malformed chunk size");
          break;
        }
        default:
          if (++this.#extensionBytes > this.#maxExtensionBytes) {
            this.failure = new HTTPInputError("too many chunk extensions", { status: 413 });
            return -2;
          }
          this.#state = nextInExtension(this.#state, byte);
          if (this.#state === -1) return this.#fail("malformed chunk extension");
      }
    }
    return end;
  }

  #fail(message: string): -2 {
    this.failure = new HTTPInputError(message);
    return -2;
  }
}

function hexadecimal(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** The state that a byte of an extension leads to, -1 if it may not stand there. */
function nextInExtension(state: number, byte: number): number {
  const kind = kinds[byte]!;
  switch (state) {
    case BEFORE_SEMICOLON:
      if ((kind & BLANK) !== 0) return BEFORE_SEMICOLON;
      return byte === 0x3b ? BEFORE_NAME : -1;
    case BEFORE_NAME:
      if ((kind & BLANK) !== 0) return BEFORE_NAME;
      return (kind & TOKEN) !== 0 ? IN_NAME : -1;
    case IN_NAME:
      if ((kind & TOKEN) !== 0) return IN_NAME;
      return byte === 0x3d ? BEFORE_VALUE : afterExtensionPart(byte, BEFORE_EQUALS);
    case BEFORE_EQUALS:
      if ((kind & BLANK) !== 0) return BEFORE_EQUALS;
      if (byte === 0x3d) return BEFORE_VALUE;
      return byte === 0x3b ? BEFORE_NAME : -1;
    case BEFORE_VALUE:
      if ((kind & BLANK) !== 0) return BEFORE_VALUE;
      if (byte === 0x22) return IN_QUOTES;
      return (kind & TOKEN) !== 0 ? IN_VALUE : -1;
    case IN_VALUE:
      return (kind & TOKEN) !== 0 ? IN_VALUE : afterExtensionPart(byte, BEFORE_SEMICOLON);
    case IN_QUOTES:
      if (byte === 0x22) return BEHIND_QUOTES;
      if (byte === 0x5c) return IN_ESCAPE;
      return (kind & QUOTABLE) !== 0 ? IN_QUOTES : -1;
    case IN_ESCAPE:
      return (kind & QUOTABLE) !== 0 ? IN_QUOTES : -1;
    default:
      return afterExtensionPart(byte, BEFORE_SEMICOLON);
  }
}

/** What may follow a size, a name or a value: the end of the line, another extension, or blanks before it. */
function afterExtensionPart(byte: number, behindBlank: number): number {
  if (byte === CR) return IN_SIZE_END;
  if (byte === 0x3b) return BEFORE_NAME;
  return (kinds[byte]! & BLANK) !== 0 ? behindBlank : -1;
}
