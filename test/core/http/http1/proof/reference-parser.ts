/**
 * A second reader of requests, to hold the fast one against: plain, slow and over the whole stream at once.
 *
 * Every rule is a line that names its section. It shares no code with the transport, and it looks at nothing twice in two
 * ways: what is not matched by a pattern of the grammar is refused.
 */

import { isIPv6 } from "node:net";

/** What the limits of the reader are called here too. */
export interface ReferenceLimits {
  readonly maxHeaderBytes: number;
  readonly maxHeaderCount: number;
}

export interface ReferenceRequest {
  readonly method: string;
  /** In origin form, as handlers see it; `*` for OPTIONS. */
  readonly path: string;
  /** The minor version. */
  readonly minor: number;
  /** Names and values, in order. */
  readonly fields: readonly (readonly [string, string])[];
  readonly authority: string | undefined;
  /** Declared length of the body; -1 if it is chunked. */
  readonly bodyBytes: number;
  readonly keepAlive: boolean;
  readonly hasUpgrade: boolean;
  readonly expectsContinue: boolean;
  /** What there is of the body. */
  body: string;
  isComplete: boolean;
}

/** How a stream ends: between two messages, within one, or where it must be refused. */
export type ReferenceEnd =
  | { readonly kind: "end" }
  /**
   * Whether a reader may refuse what there is: it may say of half a line that no line begins so. One that is wrong about it is
   * found by streams that are cut there, and whole.
   */
  | { readonly kind: "incomplete"; readonly mayRefuse: boolean }
  /** Any of these statuses is right: a message can break several rules at once. */
  | { readonly kind: "refused"; readonly statuses: readonly number[] };

export interface ReferenceReading {
  readonly requests: ReferenceRequest[];
  readonly end: ReferenceEnd;
}

/** RFC 9110, section 5.6.2. */
const tokenPattern = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
/**
 * RFC 9112, section 3: single spaces, and a version with one digit on each side. The target's own form comes later; bytes above
 * ASCII are let through in it, as in Tornado.
 */
const requestLinePattern = new RegExp(`^(${tokenPattern}) ([\\x21-\\x7e\\x80-\\xff]+) HTTP/(\\d)\\.(\\d)$`);
/** RFC 9112, section 5, and RFC 9110, section 5.5: no blank before the colon, no control characters but the tab within. */
const fieldPattern = new RegExp(`^(${tokenPattern}):[ \\t]*([\\t\\x20-\\x7e\\x80-\\xff]*)$`);
/** RFC 9110, section 5.6.4. */
const quotedStringPattern = '"(?:[\\t\\x20\\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"';
/** RFC 9112, sections 7.1 and 7.1.1; no size that can be counted needs more digits. */
const chunkLinePattern = new RegExp(
  `([0-9A-Fa-f]{1,16})((?:[ \\t]*;[ \\t]*${tokenPattern}(?:[ \\t]*=[ \\t]*(?:${tokenPattern}|${quotedStringPattern}))?)*)\\r\\n`,
  "y",
);
/** RFC 9110, section 6.5.1: fields of framing, routing, authentication and the content's meaning never come behind it. */
const forbiddenTrailer =
  /^(?:authorization|connection|content-encoding|content-length|content-range|content-type|cookie|expect|host|transfer-encoding|upgrade)$/i;

/** Reads everything that a stream holds, one character a byte. */
export function readWithReference(stream: string, limits: ReferenceLimits): ReferenceReading {
  const requests: ReferenceRequest[] = [];
  let position = 0;
  for (;;) {
    // RFC 9112, section 2.2: one empty line before a request is forgiven.
    if (stream.startsWith("\r\n", position)) position += 2;
    if (position === stream.length) return { requests, end: { kind: "end" } };
    const headEnd = stream.indexOf("\r\n\r\n", position);
    if (headEnd === -1) return { requests, end: { kind: "incomplete", mayRefuse: true } };
    const head = readHead(stream.slice(position, headEnd), limits);
    if (Array.isArray(head)) return { requests, end: { kind: "refused", statuses: head } };
    requests.push(head);
    const body = readBody(stream, headEnd + 4, head, limits);
    if (typeof body !== "number") return { requests, end: body };
    head.isComplete = true;
    position = body;
    // RFC 9112, section 9.6: what follows the last request of a connection is nobody's.
    if (!head.keepAlive) return { requests, end: { kind: "end" } };
  }
}

/** Reads a head without its last two line ends; gives the statuses of the rules that it breaks, if any. */
function readHead(text: string, limits: ReferenceLimits): ReferenceRequest | number[] {
  const broken: number[] = [];
  const lines = text.split("\r\n");
  const line = requestLinePattern.exec(lines[0]!);
  if (text.length + 4 > limits.maxHeaderBytes) broken.push(lines[0]!.length + 2 > limits.maxHeaderBytes ? 414 : 431);
  if (lines.length - 1 > limits.maxHeaderCount) broken.push(431);
  if (line === null) return [...broken, 400, 505];
  const [, method, target, major, minorDigit] = line as unknown as [string, string, string, string, string];
  const minor = Number(minorDigit);
  // RFC 9112, section 2.3; a version of our major one that is not defined is no better than another major one.
  if (major !== "1" || minor > 1) broken.push(400, 505);

  const fields: [string, string][] = [];
  for (const fieldLine of lines.slice(1)) {
    // RFC 9112, section 5.2: a folded line matches no more than a bare CR, a bare LF or a NUL does.
    const field = fieldPattern.exec(fieldLine);
    if (field === null) return [...broken, 400];
    fields.push([field[1]!, field[2]!.replace(/[ \t]+$/, "")]);
  }
  const values = (name: string) => fields.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);

  // RFC 9112, section 3.2: exactly one Host, needed from 1.1 on.
  const hosts = values("host");
  if (hosts.length > 1 || (hosts.length === 0 && minor >= 1)) broken.push(400);
  if (hosts.length > 0 && !isAuthority(hosts[0]!)) broken.push(400);
  // RFC 9110, section 5.3: fields that are no lists come once.
  for (const name of ["authorization", "content-type", "content-length", "transfer-encoding"]) {
    if (values(name).length > 1) broken.push(400);
  }
  // RFC 9112, section 6.3 and RFC 9110, section 8.6: digits, and a number that can be counted to.
  const [length] = values("content-length");
  let bodyBytes = 0;
  if (length !== undefined) {
    bodyBytes = Number(length);
    if (!/^\d+$/.test(length) || !Number.isSafeInteger(bodyBytes)) broken.push(400);
  }
  const [coding] = values("transfer-encoding");
  if (coding !== undefined) {
    // RFC 9112, section 6.1: not in 1.0, not beside a length; chunked last and once; nothing else is implemented.
    if (minor === 0 || length !== undefined) broken.push(400);
    if (coding.toLowerCase() !== "chunked") broken.push(400, 501);
    bodyBytes = -1;
  }
  const form = readTarget(method, target);
  if (typeof form === "number") broken.push(form);
  if (broken.length > 0 || typeof form === "number") return broken;

  const connection = values("connection").flatMap((value) => value.toLowerCase().split(/[ \t]*,[ \t]*/));
  return {
    method,
    path: form.path,
    authority: form.authority,
    minor,
    fields,
    bodyBytes,
    // RFC 9112, section 9.3.
    keepAlive: !connection.includes("close") && (minor === 1 || connection.includes("keep-alive")),
    // RFC 9110, section 7.8: not from 1.0, and not without the option, which says that it is for the next hop.
    hasUpgrade: minor === 1 && values("upgrade").length > 0 && connection.includes("upgrade"),
    // RFC 9110, section 10.1.1: not for 1.0, and not without a body to wait for.
    expectsContinue: minor === 1 && values("expect").some((value) => value.toLowerCase() === "100-continue"),
    body: "",
    isComplete: false,
  };
}

/** RFC 9112, section 3.2, the four forms of a target. */
function readTarget(method: string, target: string): { path: string; authority: string | undefined } | number {
  // RFC 9110, section 9.3.6: tunnels are for proxies.
  if (method === "CONNECT") return isAuthority(target) ? 405 : 400;
  if (target.includes("#")) return 400;
  if (target.startsWith("/")) return { path: target, authority: undefined };
  if (target === "*") return method === "OPTIONS" ? { path: "*", authority: undefined } : 400;
  const absolute = /^https?:\/\/([^/?]+)(\/[^?]*)?(\?.*)?$/i.exec(target);
  if (absolute === null || !isAuthority(absolute[1]!)) return 400;
  return { path: `${absolute[2] ?? "/"}${absolute[3] ?? ""}`, authority: absolute[1]! };
}

/**
 * RFC 3986, section 3.2, without user information, which RFC 9110, section 4.2.4, wants refused; a comma or a quote betrays two
 * hosts that somebody in between has joined.
 */
function isAuthority(text: string): boolean {
  const match = /^(?:((?:[A-Za-z0-9\-._~!$&()*+;=]|%[0-9A-Fa-f]{2})+)|\[([^\]]+)\])(?::\d{0,5})?$/.exec(text);
  return match !== null && (match[2] === undefined || isIPv6(match[2]));
}

/** Reads a body; gives where it ends, or why it does not. */
function readBody(
  stream: string,
  start: number,
  request: ReferenceRequest,
  limits: ReferenceLimits,
): number | ReferenceEnd {
  if (request.bodyBytes >= 0) {
    request.body = stream.slice(start, start + request.bodyBytes);
    return request.body.length === request.bodyBytes ? start + request.bodyBytes : incomplete;
  }
  let position = start;
  let extensionBytes = 0;
  for (;;) {
    chunkLinePattern.lastIndex = position;
    const line = chunkLinePattern.exec(stream);
    if (line === null)
      return stream.includes("\r\n", position) ? refused(400, 413) : { kind: "incomplete", mayRefuse: true };
    const size = Number.parseInt(line[1]!, 16);
    extensionBytes += line[2]!.length;
    // RFC 9112, section 7.1.1: their total length is limited.
    if (!Number.isSafeInteger(size) || extensionBytes > limits.maxHeaderBytes) return refused(400, 413);
    position = chunkLinePattern.lastIndex;
    if (size === 0) return readTrailers(stream, position, limits);
    request.body += stream.slice(position, position + size);
    position += size;
    // RFC 9112, section 7.1: the data ends where its size says, with a CRLF.
    const end = stream.slice(position, position + 2);
    if (position > stream.length || "\r\n".startsWith(end)) {
      if (end !== "\r\n") return incomplete;
    } else return refused(400);
    position += 2;
  }
}

/** RFC 9112, section 7.1.2. */
function readTrailers(stream: string, start: number, limits: ReferenceLimits): number | ReferenceEnd {
  if (stream.startsWith("\r\n", start)) return start + 2;
  const end = stream.indexOf("\r\n\r\n", start);
  if (end === -1) return { kind: "incomplete", mayRefuse: true };
  const lines = stream.slice(start, end).split("\r\n");
  const broken = [];
  if (end + 4 - start > limits.maxHeaderBytes || lines.length > limits.maxHeaderCount) broken.push(431);
  for (const line of lines) {
    const field = fieldPattern.exec(line);
    if (field === null || forbiddenTrailer.test(field[1]!)) broken.push(400);
  }
  return broken.length > 0 ? { kind: "refused", statuses: broken } : end + 4;
}

const incomplete: ReferenceEnd = { kind: "incomplete", mayRefuse: false };

function refused(...statuses: number[]): ReferenceEnd {
  return { kind: "refused", statuses };
}
