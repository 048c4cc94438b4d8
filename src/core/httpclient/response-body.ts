/** Reads a response's body: inflated, piece by piece, and never more of it than is allowed. */

import { pipeline, type Readable } from "node:stream";
import { type BrotliDecompress, createBrotliDecompress, createGunzip, type Gunzip } from "node:zlib";
import type { HTTPHeaders } from "../http/headers.js";
import { HTTPClientError } from "./http-response.js";

/** Marks what a `streamingCallback` has thrown, which goes to the caller as it is. */
export class CallbackError extends Error {
  constructor(cause: unknown) {
    super("A callback of the request has failed.", { cause });
  }
}

const inflaters: Readonly<Record<string, () => Gunzip | BrotliDecompress>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  br: createBrotliDecompress,
};

/**
 * Takes `Content-Encoding` out of the headers if it can be undone, and leaves what it was in `X-Consumed-Content-Encoding`.
 *
 * @returns The encoding that {@link readBody} has to undo, or `null`.
 */
export function consumeContentEncoding(headers: HTTPHeaders): string | null {
  const encoding = headers.get("Content-Encoding")?.trim().toLowerCase();
  if (encoding === undefined || !Object.hasOwn(inflaters, encoding)) return null;
  headers.set("X-Consumed-Content-Encoding", encoding);
  headers.delete("Content-Encoding");
  return encoding;
}

/**
 * Reads a body to its end; each piece is waited for until it has been taken.
 *
 * What is counted is what comes out of the inflater: a small response can become a large one (CVE-2026-49855).
 *
 * @throws HTTPClientError `too-large` at the first byte that is too many.
 */
export async function readBody(
  body: Readable,
  encoding: string | null,
  maxBytes: number,
  take: (chunk: Buffer) => void | Promise<void>,
): Promise<void> {
  let received = 0;
  for await (const chunk of encoding === null ? body : inflated(body, encoding)) {
    received += chunk.length;
    if (received > maxBytes) throw tooLarge(maxBytes);
    try {
      await take(chunk);
    } catch (error) {
      throw new CallbackError(error);
    }
  }
}

/** Refuses a body by its announced length, before any of it is read. */
export function refuseAnnouncedLength(headers: HTTPHeaders, maxBytes: number): void {
  if (Number(headers.get("Content-Length")) > maxBytes) throw tooLarge(maxBytes);
}

async function* inflated(body: Readable, encoding: string): AsyncGenerator<Buffer> {
  let isEmpty = true;
  async function* watched(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      isEmpty = false;
      yield chunk;
    }
  }
  try {
    // Whichever of the two ends first ends the other; the error comes out of the loop.
    yield* pipeline(body, watched, inflaters[encoding]!(), () => {});
  } catch (error) {
    if (!isInflaterError(error)) throw error;
    // A response to HEAD, for one, names the encoding of a body that it has not.
    if (isEmpty) return;
    const message = `The response is not ${encoding}, or is cut off`;
    throw new HTTPClientError(599, message, { kind: "malformed", cause: error });
  }
}

function isInflaterError(error: unknown): boolean {
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  return typeof code === "string" && /^(?:Z_|ERR_)/.test(code) && typeof errno === "number";
}

function tooLarge(maxBytes: number): HTTPClientError {
  return new HTTPClientError(599, `The response's body is longer than ${maxBytes} bytes. Raise maxBodySize`, {
    kind: "too-large",
  });
}
