/** Writes the first line of a response (RFC 9112, section 4), for all transports. */

import { HTTPOutputError } from "./http-input-error.js";

/** Anything but control characters, and nothing that is more than a byte. */
const notInReason = /[^\t\x20-\x7e\x80-\xff]/;
/** The lines that were written last, by code: nearly every response of a process has one of a few. */
const writtenLines: ({ readonly reason: string; readonly text: string } | undefined)[] = [];

/**
 * Writes a status line, its end included.
 *
 * @throws HTTPOutputError for a reason with a line end, which would begin headers of its own (CVE-2025-67724), and for a code that is
 *   not final: after it the client would wait for the real answer (RFC 9110, section 15.2).
 */
export function statusLine(code: number, reason: string): string {
  const known = writtenLines[code];
  if (known?.reason === reason) return known.text;
  const isFinal = (code >= 200 && code <= 999) || code === 101;
  if (!isFinal || !Number.isInteger(code) || notInReason.test(reason)) {
    throw new HTTPOutputError(`${code} ${JSON.stringify(reason)} cannot be a status line.`);
  }
  const text = `HTTP/1.1 ${code} ${reason}\r\n`;
  writtenLines[code] = { reason, text };
  return text;
}
