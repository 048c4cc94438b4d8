/** What a handler has written and not sent yet: text as long as it is only text, pieces of bytes otherwise. */

/** Text is joined by the engine at little cost and is turned into bytes once, by the transport. */
export type PendingBody = string | Uint8Array[];

/** Adds a piece; the body given must not be used any more. */
export function appendChunk(body: PendingBody, chunk: string | Uint8Array): PendingBody {
  if (typeof body === "string") {
    if (typeof chunk === "string") return body + chunk;
    return body === "" ? [chunk] : [Buffer.from(body), chunk];
  }
  body.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  return body;
}

/** Gives the whole as one piece. */
export function joinBody(body: PendingBody): string | Uint8Array {
  if (typeof body === "string") return body;
  return body.length === 1 ? body[0]! : Buffer.concat(body);
}

/** Counts the bytes that the body has on the wire. */
export function bodyLength(body: PendingBody): number {
  if (typeof body === "string") return Buffer.byteLength(body);
  let length = 0;
  for (const piece of body) length += piece.byteLength;
  return length;
}

/** Gives the whole as bytes, as transforms want it. */
export function bodyBytes(body: PendingBody): Buffer {
  const whole = joinBody(body);
  if (typeof whole === "string") return Buffer.from(whole);
  return Buffer.isBuffer(whole) ? whole : Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength);
}
