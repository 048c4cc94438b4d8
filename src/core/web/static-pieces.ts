/** The pieces that a static file's answer is made of: ranges of the file, and what stands between several of them. */

import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { type ByteRange, contentRange } from "../http/range.js";

/** A range of the file, or bytes between two ranges. */
export type Piece = ByteRange | Uint8Array;

/** An answer with several ranges. */
export interface MultipartRanges {
  readonly pieces: readonly Piece[];
  readonly contentType: string;
  readonly lengthBytes: number;
}

const chunkBytes = 128 * 1024;

/**
 * Lays out an answer of type multipart/byteranges (RFC 9110, section 14.6).
 *
 * @param contentType - Type of the file itself, which each part names.
 */
export function multipartRanges(
  ranges: readonly ByteRange[],
  sizeBytes: number,
  contentType: string | undefined,
): MultipartRanges {
  // Random, so that no file can contain it on purpose.
  const boundary = randomBytes(16).toString("hex");
  const typeLine = contentType === undefined ? "" : `Content-Type: ${contentType}\r\n`;
  const pieces: Piece[] = [];
  for (const range of ranges) {
    const opening = `${pieces.length === 0 ? "" : "\r\n"}--${boundary}\r\n`;
    pieces.push(Buffer.from(`${opening}${typeLine}Content-Range: ${contentRange(range, sizeBytes)}\r\n\r\n`), range);
  }
  pieces.push(Buffer.from(`\r\n--${boundary}--\r\n`));
  const lengthBytes = pieces.reduce((total, piece) => total + lengthOf(piece), 0);
  return { pieces, contentType: `multipart/byteranges; boundary=${boundary}`, lengthBytes };
}

/** Reads a range of an open file in chunks, each when it is asked for. */
export async function* readRange(handle: FileHandle, { start, end }: ByteRange): AsyncGenerator<Uint8Array> {
  for (let position = start; position < end; ) {
    const chunk = Buffer.allocUnsafeSlow(Math.min(chunkBytes, end - position));
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) throw new Error(`The file became shorter while it was sent: it ended at byte ${position}.`);
    yield bytesRead === chunk.length ? chunk : chunk.subarray(0, bytesRead);
    position += bytesRead;
  }
}

function lengthOf(piece: Piece): number {
  return piece instanceof Uint8Array ? piece.length : piece.end - piece.start;
}
