/** Decides how a response is framed (RFC 9112, sections 6 and 9), from what its handler said about it. */

import type { HTTPHeaders } from "./headers.js";
import { HTTPOutputError } from "./http-input-error.js";

/** What goes on the wire, and what must be true of the body behind it. */
export interface ResponseFraming {
  /** Flat list of names and values, in latin-1. */
  readonly fields: readonly string[];
  /** Whether the fields are the same in ASCII and UTF-8. */
  readonly isAscii: boolean;
  /** Length that the body must have, -1 if nothing is said about it. */
  readonly promisedBytes: number;
  /** Whether the connection ends with this response. */
  readonly closes: boolean;
  /** Whether there may be a body: not for HEAD, 1xx, 204 and 304. */
  readonly hasBody: boolean;
  /** Whether the body is to be chunked, for want of a length. */
  readonly isChunked: boolean;
  /** Whether `fields` say so already. */
  readonly saysChunked: boolean;
}

/**
 * Frames a response as Tornado does: no header that the handler did not give, but `Connection` where the protocol needs it.
 *
 * @param mustClose - The connection cannot be used again, whatever the handler says.
 * @throws HTTPOutputError for a `Content-Length` that is no number, or that stands beside another or a `Transfer-Encoding`, and for
 *   a `Transfer-Encoding` that is not done here: its end would be unknown to the client.
 */
export function frameResponse(
  code: number,
  method: string,
  isHTTP10: boolean,
  headers: HTTPHeaders,
  mustClose: boolean,
): ResponseFraming {
  const { isAscii } = headers;
  let fields = isAscii ? headers.flat() : toLatin1(headers.flat());
  let length: string | undefined;
  let connection: string | undefined;
  let transferEncoding: string | undefined;
  let isContradicted = false;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    if (name.length === 14 && name.toLowerCase() === "content-length") {
      isContradicted = length !== undefined;
      length = fields[i + 1]!;
    } else if (name.length === 10 && name.toLowerCase() === "connection") {
      connection = joined(connection, fields[i + 1]!.toLowerCase());
    } else if (name.length === 17 && name.toLowerCase() === "transfer-encoding") {
      transferEncoding = joined(transferEncoding, fields[i + 1]!);
    }
  }
  const hasBody = method !== "HEAD" && code >= 200 && code !== 204 && code !== 304;
  if (transferEncoding !== undefined && (isHTTP10 || transferEncoding !== "chunked")) {
    throw new HTTPOutputError(`A Transfer-Encoding of ${JSON.stringify(transferEncoding)} cannot be sent.`);
  }
  if (length !== undefined && (isContradicted || transferEncoding !== undefined || !/^\d{1,15}$/.test(length))) {
    throw new HTTPOutputError(`A Content-Length of ${JSON.stringify(length)} cannot be sent.`);
  }

  // Without chunks, the end of an HTTP/1.0 body of unknown length is the end of the connection.
  const hasKnownEnd = length !== undefined || !hasBody;
  let closes = mustClose || (isHTTP10 && !hasKnownEnd) || connection?.includes("close") === true;
  if (code === 101) {
    // What follows is another protocol's: not a word about the connection but the handler's own, and never HTTP again.
    closes = true;
  } else if (connection === undefined) {
    if (closes && !isHTTP10) fields = [...fields, "Connection", "close"];
    else if (!closes && isHTTP10) fields = [...fields, "Connection", "Keep-Alive"];
  } else if (closes && !connection.includes("close")) {
    fields = withConnectionClose(fields);
  }
  return {
    fields,
    isAscii,
    promisedBytes: hasBody && length !== undefined ? Number(length) : -1,
    closes,
    hasBody,
    isChunked: hasBody && length === undefined && !isHTTP10,
    saysChunked: transferEncoding !== undefined,
  };
}

/** Several fields of a name are one list (RFC 9110, section 5.3). */
function joined(list: string | undefined, value: string): string {
  return list === undefined ? value : `${list}, ${value}`;
}

/** Headers are bytes: characters that latin-1 does not have are sent as UTF-8, as Tornado does. */
function toLatin1(fields: readonly string[]): string[] {
  return fields.map((text) => (/[^\x00-\xff]/.test(text) ? Buffer.from(text).toString("latin1") : text));
}

function withConnectionClose(fields: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i]!.toLowerCase() !== "connection") kept.push(fields[i]!, fields[i + 1]!);
  }
  kept.push("Connection", "close");
  return kept;
}
