/** Reads the first lines of messages (RFC 9112, sections 3 and 4), strictly. */

import type { RequestStartLine, ResponseStartLine } from "./connection.js";
import { HTTPInputError } from "./http-input-error.js";

const requestLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e\x80-\xff]+) (HTTP\/1\.[0-9])$/;
const statusLine = /^(HTTP\/1\.[0-9]) ([1-9][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?$/;

/** @throws HTTPInputError if it is none, or of another version than 1.x. */
export function parseRequestStartLine(line: string): RequestStartLine {
  const match = requestLine.exec(line);
  if (match === null) throw new HTTPInputError("Malformed request line.");
  return { method: match[1]!, path: match[2]!, version: match[3]! };
}

/** @throws HTTPInputError if it is none, or of another version than 1.x. */
export function parseResponseStartLine(line: string): ResponseStartLine & { readonly version: string } {
  const match = statusLine.exec(line);
  if (match === null) throw new HTTPInputError("Malformed status line.");
  return { version: match[1]!, code: Number(match[2]), reason: match[3] ?? "" };
}
