/** The answers of the server itself, to requests that never reach a handler. */

import type { HTTPConnection } from "./connection.js";
import { HTTPHeaders } from "./headers.js";
import { reasonPhrase } from "./reasons.js";

export interface Refusal {
  readonly status: number;
  readonly reason: string;
  /** Flat list of names and values. */
  readonly headers: string[];
  readonly body: string;
}

/**
 * Makes the answer to a request that is refused: a bare status line for 400, as in Tornado, and a tiny page for everything
 * that a person may run into.
 *
 * Nothing of the request is repeated in it, so that there is nothing to escape but our own words.
 */
export function makeRefusal(status: number): Refusal {
  const reason = reasonPhrase(status);
  if (status === 400) return { status, reason, headers: [], body: "" };
  const title = `${status}: ${reason}`.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  const body = `<html><title>${title}</title><body>${title}</body></html>`;
  const headers = [
    "Content-Type",
    "text/html; charset=UTF-8",
    "Content-Length",
    String(body.length),
    "Content-Security-Policy",
    "default-src 'none'",
    "Connection",
    "close",
  ];
  return { status, reason, headers, body };
}

/** Gives the bare answer for a handler that failed to give any; a connection whose answer has begun is cut. */
export function refuseRequest(connection: HTTPConnection, status: number): void {
  const { reason, headers, body } = makeRefusal(status);
  try {
    connection.writeHeaders({ code: status, reason }, HTTPHeaders.fromRaw(headers), body);
    connection.finish();
  } catch {
    connection.cut();
  }
}

/** The same as bytes, for a socket that has no message any more. */
export function refusalBytes(status: number): string {
  const { reason, headers, body } = makeRefusal(status);
  let text = `HTTP/1.1 ${status} ${reason}\r\n`;
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return `${text}\r\n${body}`;
}
