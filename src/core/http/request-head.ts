/** Decides, before any handler is chosen, whether the head of a request is safe to act on. */

import { HTTPInputError } from "./http-input-error.js";

/** What the framing and routing of a request depend on. */
export interface RequestHead {
  /** The target in origin form, `*` for OPTIONS. */
  readonly path: string;
  /** Declared length of the body, 0 if there is none, -1 if it is chunked. */
  readonly bodyBytes: number;
  /** The host of a target in absolute form, which takes the place of `Host` (RFC 9112, section 3.2.2). */
  readonly authority: string | undefined;
  /** Whether the client asked for another protocol. */
  readonly hasUpgrade: boolean;
}

/** Stands in for a head that was not acceptable; nothing of the body is read. */
export const refusedHead: RequestHead = { path: "/", bodyBytes: -1, authority: undefined, hasUpgrade: false };

/**
 * Host and port as RFC 9112, section 3.2, writes them, without the comma and the quote: where two `Host` fields were joined by
 * somebody in between, there is a comma.
 */
const authority = /^(?:[A-Za-z0-9\-._~%!$&()*+;=]+|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/;
/** A list of tokens, RFC 9110, section 5.6.1; transfer codings with parameters do not exist. */
const codings = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[ \t]*,[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+)*$/;

/** The last host found valid: nearly every request of a process names the same. */
let lastValidHost: string | undefined;

/**
 * Checks a request head that a lenient parser let through.
 *
 * Each rule refuses a shape that two readers of the same bytes could read as two different requests.
 *
 * @returns The head, or the error to answer with; it is returned since refusing must not cost more than serving.
 */
export function checkRequestHead(
  method: string,
  target: string,
  version: string,
  rawHeaders: readonly string[],
  maxFields: number,
): RequestHead | HTTPInputError {
  if (version !== "1.1" && version !== "1.0") {
    return new HTTPInputError(`HTTP/${version} is not supported`, { status: 505 });
  }
  if (rawHeaders.length > 2 * maxFields) {
    return new HTTPInputError(`more than ${maxFields} header fields`, { status: 431 });
  }
  let host: string | undefined;
  let transferEncoding: string | undefined;
  let bodyBytes = 0;
  let hasUpgrade = false;
  let hasAuthorization = false;
  let hasContentType = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    // Most names are told apart by their length, which costs nothing.
    switch (name.length) {
      case 4:
        if (name !== "Host" && name.toLowerCase() !== "host") break;
        if (host !== undefined) return new HTTPInputError("more than one Host");
        host = rawHeaders[i + 1]!;
        break;
      case 7:
        if (name.toLowerCase() === "upgrade") hasUpgrade = true;
        break;
      case 12:
        if (name.toLowerCase() !== "content-type") break;
        if (hasContentType) return new HTTPInputError("more than one Content-Type");
        hasContentType = true;
        break;
      case 13:
        if (name.toLowerCase() !== "authorization") break;
        if (hasAuthorization) return new HTTPInputError("more than one Authorization");
        hasAuthorization = true;
        break;
      case 14:
        // Digits only and once: the parser has made sure of it.
        if (name.toLowerCase() === "content-length") bodyBytes = Number(rawHeaders[i + 1]);
        break;
      case 17:
        if (name.toLowerCase() !== "transfer-encoding") break;
        if (transferEncoding !== undefined) return new HTTPInputError("more than one Transfer-Encoding");
        transferEncoding = rawHeaders[i + 1]!;
        break;
    }
  }
  if (host === undefined) {
    if (version === "1.1") return new HTTPInputError("no Host");
  } else if (host !== lastValidHost) {
    if (!authority.test(host)) return new HTTPInputError("malformed Host");
    lastValidHost = host;
  }
  if (transferEncoding !== undefined) {
    const error = checkTransferEncoding(transferEncoding, version);
    if (error !== undefined) return error;
    bodyBytes = -1;
  }
  if (!Number.isSafeInteger(bodyBytes)) return new HTTPInputError("malformed Content-Length");
  if (target.includes("#")) return new HTTPInputError("a fragment in the target");
  if (target.charCodeAt(0) === 0x2f || (target === "*" && method === "OPTIONS")) {
    return { path: target, bodyBytes, authority: undefined, hasUpgrade };
  }
  const absolute = /^https?:\/\/([^/?]*)(.*)$/i.exec(target);
  if (absolute === null || !authority.test(absolute[1]!)) return new HTTPInputError("malformed target");
  const path = absolute[2]!.startsWith("/") ? absolute[2]! : `/${absolute[2]!}`;
  return { path, bodyBytes, authority: absolute[1]!, hasUpgrade };
}

function checkTransferEncoding(value: string, version: string): HTTPInputError | undefined {
  // RFC 9112, section 6.1: a 1.0 recipient in between would have taken the chunks for content.
  if (version === "1.0") return new HTTPInputError("Transfer-Encoding in HTTP/1.0");
  const coding = value.toLowerCase();
  if (coding === "chunked") return undefined;
  if (codings.test(coding) && /, *chunked$/.test(coding) && coding.indexOf("chunked") === coding.length - 7) {
    return new HTTPInputError("a transfer coding that is not implemented", { status: 501 });
  }
  return new HTTPInputError("malformed Transfer-Encoding");
}
