/** The kinds of reads: each looks at what has arrived and takes its result as soon as it is there. */

import { TornadoError } from "../errors.js";
import type { ReadBuffer } from "./read-buffer.js";
import { UnsatisfiableReadError } from "./stream-errors.js";

/** Takes its result out of the buffer, or gives `undefined` until there is more. */
export type Attempt<Result> = (buffer: ReadBuffer) => Result | undefined;

/** Options of `readBytes` and `readInto`. */
export interface ReadBytesOptions {
  /** Takes what there is as soon as there is anything. Default false: waits for all. */
  readonly partial?: boolean;
}

/** Options of `readUntil` and `readUntilRegex`. */
export interface ReadUntilOptions {
  /** Closes the stream when the end was not found within so many bytes, itself included. Default: no limit of its own. */
  readonly maxBytes?: number;
}

/** A number of bytes. */
export function bytesAttempt(count: number, { partial = false }: ReadBytesOptions): Attempt<Buffer> {
  requireCount("readBytes()", count);
  return (buffer) => {
    if (buffer.size >= count) return buffer.take(count);
    return partial && buffer.size > 0 ? buffer.take(buffer.size) : undefined;
  };
}

/** Bytes into the caller's memory, which need not wait in ours. */
export function intoAttempt(target: Uint8Array, { partial = false }: ReadBytesOptions): Attempt<number> {
  let filled = 0;
  return (buffer) => {
    filled += buffer.takeInto(target.subarray(filled));
    return filled === target.length || (partial && filled > 0) ? filled : undefined;
  };
}

/** Everything up to a delimiter, with it. */
export function untilAttempt(delimiter: Uint8Array, { maxBytes }: ReadUntilOptions): Attempt<Buffer> {
  if (delimiter.length === 0) {
    throw new TornadoError("BAD_ARGUMENT", "readUntil() was given an empty delimiter. Give at least one byte.");
  }
  if (maxBytes !== undefined) requireCount("readUntil()", maxBytes);
  let searched = 0;
  return (buffer) => {
    const position = buffer.indexOf(delimiter, searched);
    const found = position === -1 ? undefined : position + delimiter.length;
    limit("The delimiter", found ?? buffer.size, maxBytes);
    // What was searched is not searched again, but for a beginning of the delimiter at its end.
    if (found === undefined) searched = Math.max(0, buffer.size - delimiter.length + 1);
    return found === undefined ? undefined : buffer.take(found);
  };
}

/** Everything up to the end of the first match, with it. */
export function regexAttempt(pattern: RegExp, { maxBytes }: ReadUntilOptions): Attempt<Buffer> {
  if (maxBytes !== undefined) requireCount("readUntilRegex()", maxBytes);
  // Sticky and global expressions remember where they have been; ours always looks from the beginning.
  const expression = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
  return (buffer) => {
    const match = expression.exec(buffer.asLatin1());
    const found = match === null ? undefined : match.index + match[0].length;
    limit(`A match of ${pattern}`, found ?? buffer.size, maxBytes);
    return found === undefined ? undefined : buffer.take(found);
  };
}

function limit(what: string, bytes: number, maxBytes: number | undefined): void {
  if (maxBytes !== undefined && bytes > maxBytes) throw new UnsatisfiableReadError(what, maxBytes);
}

function requireCount(method: string, count: number): void {
  if (Number.isSafeInteger(count) && count >= 0) return;
  throw new TornadoError(
    "BAD_ARGUMENT",
    `${method} was given ${String(count)} bytes. Give a whole number of at least 0.`,
  );
}
