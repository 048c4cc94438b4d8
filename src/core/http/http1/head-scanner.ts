/** Reads the head of a request byte by byte, across as many packets as it takes: the grammar of RFC 9112, sections 2 to 5. */

import { HTTPInputError } from "../http-input-error.js";
import { tooManyFields, unsupportedVersion } from "../request-head.js";

/** What a head may measure. */
export interface HeadLimits {
  /** Most bytes of request line and fields together, their line ends included. */
  readonly maxHeaderBytes: number;
  /** Most fields. */
  readonly maxHeaderCount: number;
}

/** Set for the bytes of a token (RFC 9110, section 5.6.2): method names and field names. */
const isToken = bytesOf(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/);
/** Set for the bytes of a target. Bytes above ASCII are not in RFC 3986, but browsers of old and curl send them. */
const isTarget = bytesOf(/[\x21-\x7e\x80-\xff]/);
/** Set for the bytes of a field's value (RFC 9110, section 5.5), with the blanks around it. */
const isValue = bytesOf(/[\t\x20-\x7e\x80-\xff]/);

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const COLON = 0x3a;
const DOT = 0x2e;
const ZERO = 0x30;

/** Where in the grammar the next byte stands. */
const AT_START = 0;
const IN_EMPTY_LINE = 1;
const IN_METHOD = 2;
const IN_TARGET = 3;
const IN_VERSION = 4;
const IN_LINE_END = 5;
const AT_FIELD = 6;
const IN_NAME = 7;
const IN_VALUE = 8;
const IN_FIELD_END = 9;
const IN_HEAD_END = 10;

const versionPrefix = Buffer.from("HTTP/");

/** One scanner reads one head after another. It keeps places, never bytes; whoever feeds it keeps those. */
export class HeadScanner {
  /** For each field, where its colon is and where its line ends, counted from the first byte of the head. */
  places: number[] = [];
  methodEnd = 0;
  targetEnd = 0;
  /** Where the first field begins. */
  fieldsStart = 0;
  /** 0 or 1. */
  minorVersion = 1;
  /** Length of the head that was finished last, its empty line included. */
  length = 0;
  /** Why the head cannot be accepted; set when `scan` returns -2. */
  failure: HTTPInputError | undefined = undefined;

  readonly #limits: HeadLimits;
  #state = AT_START;
  /** Bytes of the head that were scanned before. */
  #scanned = 0;
  #major = 0;
  #hadEmptyLine = false;

  constructor(limits: HeadLimits) {
    this.#limits = limits;
  }

  /** How many bytes of an unfinished head have been scanned. */
  get scanned(): number {
    return this.#scanned;
  }

  /** Whether nothing of the next head has come, but for the empty line that may stand before it. */
  get isAtStart(): boolean {
    return this.#state === AT_START || this.#state === IN_EMPTY_LINE;
  }

  /** Gets ready for the next head. */
  reset(): void {
    this.places = [];
    this.#state = AT_START;
    this.#scanned = 0;
    this.#hadEmptyLine = false;
  }

  /** Gets ready for the fields that may follow a chunked body, which have no request line before them. */
  resetToTrailers(): void {
    this.reset();
    this.#state = AT_FIELD;
    this.fieldsStart = 0;
  }

  /**
   * Scans on.
   *
   * @returns The index behind the head; -1 when all bytes up to `end` are its; -2 when it is refused.
   */
  scan(bytes: Uint8Array, start: number, end: number): number {
    let state = this.#state;
    let i = start;
    // Index 0 of the head, as an index into these bytes.
    let origin = start - this.#scanned;
    const { maxHeaderBytes } = this.#limits;
    let stop = Math.min(end, origin + maxHeaderBytes);
    while (i < stop) {
      switch (state) {
        case IN_VALUE:
          while (i < stop && isValue[bytes[i]!] === 1) i++;
          if (i === stop) break;
          if (bytes[i] !== CR) return this.#fail("malformed field value");
          this.places.push(i - origin);
          if (this.places.length > 2 * this.#limits.maxHeaderCount) {
            return this.#refuse(tooManyFields(this.#limits.maxHeaderCount));
          }
          i++;
          state = IN_FIELD_END;
          break;
        case IN_FIELD_END:
          if (bytes[i] !== LF) return this.#fail("a line that does not end in CRLF");
          i++;
          state = AT_FIELD;
          break;
        case AT_FIELD:
          if (bytes[i] === CR) {
            i++;
            state = IN_HEAD_END;
            break;
          }
          // A fold, or a field without a name, ends here as well.
          if (isToken[bytes[i]!] === 0) return this.#fail("malformed field name");
          state = IN_NAME;
          break;
        case IN_NAME:
          while (i < stop && isToken[bytes[i]!] === 1) i++;
          if (i === stop) break;
          // Not even a blank before the colon (RFC 9112, section 5.1).
          if (bytes[i] !== COLON) return this.#fail("malformed field name");
          this.places.push(i - origin);
          i++;
          state = IN_VALUE;
          break;
        case IN_HEAD_END:
          if (bytes[i] !== LF) return this.#fail("a line that does not end in CRLF");
          this.length = i + 1 - origin;
          return i + 1;
        case IN_METHOD:
          while (i < stop && isToken[bytes[i]!] === 1) i++;
          if (i === stop) break;
          if (bytes[i] !== SPACE) return this.#fail("malformed request line");
          this.methodEnd = i - origin;
          i++;
          state = IN_TARGET;
          break;
        case IN_TARGET:
          while (i < stop && isTarget[bytes[i]!] === 1) i++;
          if (i === stop) break;
          this.targetEnd = i - origin;
          if (bytes[i] !== SPACE || this.targetEnd === this.methodEnd + 1) return this.#fail("malformed request line");
          i++;
          state = IN_VERSION;
          break;
        case IN_VERSION: {
          const failure = this.#takeVersion(bytes[i]!, i - origin - this.targetEnd - 1);
          if (failure !== undefined) return this.#refuse(failure);
          if (bytes[i] === CR) state = IN_LINE_END;
          i++;
          break;
        }
        case IN_LINE_END:
          if (bytes[i] !== LF) return this.#fail("a line that does not end in CRLF");
          i++;
          this.fieldsStart = i - origin;
          state = AT_FIELD;
          break;
        case AT_START:
          if (bytes[i] === CR && !this.#hadEmptyLine) {
            i++;
            state = IN_EMPTY_LINE;
            break;
          }
          if (isToken[bytes[i]!] === 0) return this.#fail("malformed request line");
          origin = i;
          stop = Math.min(end, origin + maxHeaderBytes);
          state = IN_METHOD;
          break;
        case IN_EMPTY_LINE:
          if (bytes[i] !== LF) return this.#fail("a line that does not end in CRLF");
          // RFC 9112, section 2.2: one may be left over from the body before.
          i++;
          this.#hadEmptyLine = true;
          state = AT_START;
          break;
      }
    }
    this.#state = state;
    this.#scanned = state === AT_START || state === IN_EMPTY_LINE ? 0 : i - origin;
    return i - origin < maxHeaderBytes ? -1 : this.#refuse(this.#tooLarge(state));
  }

  /** Takes one byte of the version, of which only `HTTP/1.0` and `HTTP/1.1` go on. */
  #takeVersion(byte: number, place: number): HTTPInputError | undefined {
    const isDigit = byte >= ZERO && byte <= ZERO + 9;
    if (place < 5 && byte === versionPrefix[place]) return undefined;
    if (place === 5 && isDigit) {
      this.#major = byte - ZERO;
      return undefined;
    }
    if (place === 6 && byte === DOT) return undefined;
    if (place === 7 && isDigit) {
      this.minorVersion = byte - ZERO;
      if (this.#major !== 1) return unsupportedVersion(`${this.#major}.${this.minorVersion}`);
      if (this.minorVersion <= 1) return undefined;
    }
    if (place === 8 && byte === CR) return undefined;
    return new HTTPInputError("malformed request line");
  }

  #tooLarge(state: number): HTTPInputError {
    const { maxHeaderBytes } = this.#limits;
    return state === IN_METHOD || state === IN_TARGET || state === IN_VERSION || state === IN_LINE_END
      ? new HTTPInputError(`a request line of more than ${maxHeaderBytes} bytes`, { status: 414 })
      : new HTTPInputError(`more than ${maxHeaderBytes} bytes of header fields`, { status: 431 });
  }

  #fail(message: string): -2 {
    return this.#refuse(new HTTPInputError(message));
  }

  #refuse(failure: HTTPInputError): -2 {
    this.failure = failure;
    return -2;
  }
}

function bytesOf(pattern: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (pattern.test(String.fromCharCode(byte)) ? 1 : 0));
}
