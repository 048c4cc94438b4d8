/** Makes the bytes of a response: status line, fields and chunks, as text of latin-1 where that is cheaper than buffers. */

import { HTTPOutputError } from "../http-input-error.js";

/** RFC 9112, section 4: anything but control characters, and nothing that is more than a byte. */
const notInReason = /[^\t\x20-\x7e\x80-\xff]/;
/** The status lines that were written last, by code: nearly every response of a process has one of a few. */
const statusLines: ({ readonly reason: string; readonly text: string } | undefined)[] = [];

/**
 * Writes a status line.
 *
 * @throws HTTPOutputError for a reason with a line end, which would begin headers of its own (CVE-2025-67724), and for a code that is
 *   not final: after it the client would wait for the real answer (RFC 9110, section 15.2).
 */
export function statusLine(code: number, reason: string): string {
  const known = statusLines[code];
  if (known?.reason === reason) return known.text;
  const isFinal = (code >= 200 && code <= 999) || code === 101;
  if (!isFinal || !Number.isInteger(code) || notInReason.test(reason)) {
    throw new HTTPOutputError(`${code} ${JSON.stringify(reason)} cannot be a status line.`);
  }
  const text = `HTTP/1.1 ${code} ${reason}\r\n`;
  statusLines[code] = { reason, text };
  return text;
}

/** Writes the head of a response. */
export function headText(line: string, fields: readonly string[]): string {
  let text = line;
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`;
  return `${text}\r\n`;
}

/** The bytes as a text in which each character stands for one. */
export function toLatin1(body: Uint8Array | string): string {
  if (typeof body === "string") return Buffer.from(body).toString("latin1");
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1");
}

/** Writes a piece of a chunked body behind a text of latin-1, which may be empty. */
export function chunkBytes(text: string, chunk: Uint8Array | string): Buffer {
  const isText = typeof chunk === "string";
  const size = isText ? Buffer.byteLength(chunk) : chunk.byteLength;
  const before = `${text}${size.toString(16)}\r\n`;
  const bytes = Buffer.allocUnsafe(before.length + size + 2);
  bytes.write(before, 0, "latin1");
  if (isText) bytes.write(chunk, before.length, "utf8");
  else bytes.set(chunk, before.length);
  bytes.write("\r\n", before.length + size, "latin1");
  return bytes;
}
