/** Decides, before any handler is chosen, whether the head of a request is safe to act on: the rules of all transports. */

import { isIPv6 } from "node:net";
import { HTTPHeaders, trimWhitespace } from "./headers.js";
import { HTTPInputError } from "./http-input-error.js";

/**
 * Host and port as RFC 9112, section 3.2, writes them, without the comma and the quote: where two `Host` fields were joined by
 * somebody in between, there is a comma.
 */
const authorityForm = /^(?:(?:[A-Za-z0-9\-._~!$&()*+;=]|%[0-9A-Fa-f]{2})+|\[([0-9A-Fa-f:.]+)\])(?::\d{0,5})?$/;
/** A list of tokens, RFC 9110, section 5.6.1; transfer codings with parameters do not exist. */
const codings = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[ \t]*,[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+)*$/;
const digits = /^\d+$/;

/** The last host found valid: nearly every request of a process names the same. */
let lastValidHost: string | undefined;

/**
 * By the length of a field's name, the first letter of the one field of that length that decides something: all others need
 * not even be cut out of the head.
 */
const decisiveInitials = new Uint8Array(32);
for (const name of [
  "host",
  "expect",
  "upgrade",
  "connection",
  "content-type",
  "authorization",
  "content-length",
  "transfer-encoding",
]) {
  decisiveInitials[name.length] = name.charCodeAt(0);
}

/** Whether a name of that length, and with that first character, may be one that `RequestHead.take` looks at. */
export function mayBeDecisive(nameLength: number, firstCharacter: number): boolean {
  return decisiveInitials[nameLength] === (firstCharacter | 0x20);
}

/**
 * What the framing and routing of a request depend on.
 *
 * Each rule in it refuses a shape that two readers of the same bytes could read as two different requests. Errors are returned,
 * since refusing must not cost more than serving.
 */
export class RequestHead {
  readonly headers: HTTPHeaders;
  method = "";
  /** The target as sent. */
  target = "";
  /** The target in origin form, `*` for OPTIONS. */
  path = "/";
  /** 0 or 1. */
  minorVersion = 1;
  /** Declared length of the body, 0 if there is none, -1 if it is chunked. */
  bodyBytes = 0;
  /** The host of a target in absolute form, which takes the place of `Host` (RFC 9112, section 3.2.2). */
  authority: string | undefined = undefined;
  /** Whether the connection may be used again, for all that the client says (RFC 9112, section 9.3). */
  keepAlive = true;
  /** Whether the client waits for `100 Continue` before it sends the body. */
  expectsContinue = false;

  #host: string | undefined = undefined;
  #contentLength: string | undefined = undefined;
  #transferEncoding: string | undefined = undefined;
  #connection: string | undefined = undefined;
  #upgrade: string | undefined = undefined;
  #hasAuthorization = false;
  #hasContentType = false;

  constructor(headers: HTTPHeaders) {
    this.headers = headers;
  }

  /** Whether the client asks for another protocol: not in HTTP/1.0, and not without the option that says it means us (RFC 9110, section 7.8). */
  get hasUpgrade(): boolean {
    if (this.#upgrade === undefined || this.minorVersion === 0) return false;
    return this.#connection !== undefined && hasOption(this.#connection, "upgrade");
  }

  /**
   * Whether the connection must end with the answer, unless it becomes a WebSocket.
   *
   * Any other upgrade that nobody takes is ignored, and the connection kept: Java's clients offer `h2c` on each request. But who asks
   * for a WebSocket has no other use for the connection; and proxies there have been that took any answer to it for a 101, and
   * passed on unseen whatever came behind it.
   */
  get wantsWebSocket(): boolean {
    return this.hasUpgrade && this.#upgrade!.toLowerCase().includes("websocket");
  }

  /** Takes a field, of which only those that `mayBeDecisive` says need be given. */
  take(name: string, value: string): HTTPInputError | undefined {
    switch (name.length) {
      case 4:
        if (name !== "Host" && name.toLowerCase() !== "host") break;
        if (this.#host !== undefined) return new HTTPInputError("more than one Host");
        this.#host = value;
        break;
      case 6:
        if (name.toLowerCase() === "expect" && value.toLowerCase() === "100-continue") this.expectsContinue = true;
        break;
      case 7:
        if (name.toLowerCase() !== "upgrade") break;
        this.#upgrade = this.#upgrade === undefined ? value : `${this.#upgrade},${value}`;
        break;
      case 10:
        if (name !== "Connection" && name.toLowerCase() !== "connection") break;
        this.#connection = this.#connection === undefined ? value : `${this.#connection},${value}`;
        break;
      case 12:
        if (name.toLowerCase() !== "content-type") break;
        if (this.#hasContentType) return new HTTPInputError("more than one Content-Type");
        this.#hasContentType = true;
        break;
      case 13:
        if (name.toLowerCase() !== "authorization") break;
        if (this.#hasAuthorization) return new HTTPInputError("more than one Authorization");
        this.#hasAuthorization = true;
        break;
      case 14:
        if (name.toLowerCase() !== "content-length") break;
        if (this.#contentLength !== undefined) return new HTTPInputError("more than one Content-Length");
        this.#contentLength = value;
        break;
      case 17:
        if (name.toLowerCase() !== "transfer-encoding") break;
        if (this.#transferEncoding !== undefined) return new HTTPInputError("more than one Transfer-Encoding");
        this.#transferEncoding = value;
        break;
    }
    return undefined;
  }

  /** Decides, when all fields have been taken. */
  settle(method: string, target: string, minorVersion: number): HTTPInputError | undefined {
    this.method = method;
    this.target = target;
    this.minorVersion = minorVersion;
    return this.#settleHost() ?? this.#settleFraming() ?? this.#settleTarget();
  }

  #settleHost(): HTTPInputError | undefined {
    const host = this.#host;
    if (host === undefined) return this.minorVersion === 0 ? undefined : new HTTPInputError("no Host");
    if (host === lastValidHost) return undefined;
    if (!isAuthority(host)) return new HTTPInputError("malformed Host");
    lastValidHost = host;
    return undefined;
  }

  #settleFraming(): HTTPInputError | undefined {
    if (this.minorVersion === 0) {
      // A client of that version does not know the expectation, and is not sent an answer to it.
      this.expectsContinue = false;
      this.keepAlive = this.#connection !== undefined && hasOption(this.#connection, "keep-alive");
    }
    if (this.#connection !== undefined && hasOption(this.#connection, "close")) this.keepAlive = false;
    const contentLength = this.#contentLength;
    if (contentLength !== undefined) {
      this.bodyBytes = Number(contentLength);
      if (!digits.test(contentLength) || !Number.isSafeInteger(this.bodyBytes)) {
        return new HTTPInputError("malformed Content-Length");
      }
    }
    if (this.#transferEncoding === undefined) return undefined;
    this.bodyBytes = -1;
    if (contentLength !== undefined) return new HTTPInputError("both Content-Length and Transfer-Encoding");
    return checkTransferEncoding(this.#transferEncoding, this.minorVersion);
  }

  #settleTarget(): HTTPInputError | undefined {
    const { method, target } = this;
    if (target.includes("#")) return new HTTPInputError("a fragment in the target");
    if (method === "CONNECT") {
      // A tunnel is for proxies, which no application of ours is (RFC 9110, section 9.3.6).
      return isAuthority(target)
        ? new HTTPInputError("a tunnel was asked for", { status: 405 })
        : new HTTPInputError("malformed target");
    }
    if (target.charCodeAt(0) === 0x2f || (target === "*" && method === "OPTIONS")) {
      this.path = target;
      return undefined;
    }
    const absolute = /^https?:\/\/([^/?]*)(.*)$/is.exec(target);
    if (absolute === null || !isAuthority(absolute[1]!)) return new HTTPInputError("malformed target");
    this.path = absolute[2]!.startsWith("/") ? absolute[2]! : `/${absolute[2]!}`;
    this.authority = absolute[1]!;
    return undefined;
  }
}

/**
 * Checks a request head that a lenient parser let through.
 *
 * @returns The head, or the error to answer with.
 */
export function checkRequestHead(
  method: string,
  target: string,
  version: string,
  headers: HTTPHeaders,
  maxFields: number,
): RequestHead | HTTPInputError {
  if (version !== "1.1" && version !== "1.0") return unsupportedVersion(version);
  const rawHeaders = headers.flat();
  if (rawHeaders.length > 2 * maxFields) return tooManyFields(maxFields);
  const head = new RequestHead(headers);
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (!mayBeDecisive(name.length, name.charCodeAt(0))) continue;
    const error = head.take(name, rawHeaders[i + 1]!);
    if (error !== undefined) return error;
  }
  return head.settle(method, target, version === "1.0" ? 0 : 1) ?? head;
}

/** Stands in for a head that was not acceptable; nothing of the body is read. */
export const refusedHead = new RequestHead(new HTTPHeaders());
refusedHead.bodyBytes = -1;

export function unsupportedVersion(version: string): HTTPInputError {
  return new HTTPInputError(`HTTP/${version} is not supported`, { status: 505 });
}

export function tooManyFields(maxFields: number): HTTPInputError {
  return new HTTPInputError(`more than ${maxFields} header fields`, { status: 431 });
}

/** Brackets hold an address of IPv6 and nothing that only resembles one (RFC 3986, section 3.2.2). */
function isAuthority(text: string): boolean {
  const match = authorityForm.exec(text);
  return match !== null && (match[1] === undefined || isIPv6(match[1]));
}

/** Whether a comma-separated list has an option, compared without case. */
function hasOption(list: string, option: string): boolean {
  if (list.length < option.length) return false;
  const lowerCaseList = list.toLowerCase();
  if (lowerCaseList === option) return true;
  return lowerCaseList.includes(option) && lowerCaseList.split(",").some((each) => trimWhitespace(each, 0) === option);
}

function checkTransferEncoding(value: string, minorVersion: number): HTTPInputError | undefined {
  // RFC 9112, section 6.1: a 1.0 recipient in between would have taken the chunks for content.
  if (minorVersion === 0) return new HTTPInputError("Transfer-Encoding in HTTP/1.0");
  const coding = value.toLowerCase();
  if (coding === "chunked") return undefined;
  if (codings.test(coding) && /, *chunked$/.test(coding) && coding.indexOf("chunked") === coding.length - 7) {
    return new HTTPInputError("a transfer coding that is not implemented", { status: 501 });
  }
  return new HTTPInputError("malformed Transfer-Encoding");
}
