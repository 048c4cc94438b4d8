/** Reads `a=1&b=2`: query strings and urlencoded bodies. Values are bytes, names are UTF-8. */

import { percentDecodeInPlace } from "../escape/percent-decoding.js";
import { HTTPInputError } from "./http-input-error.js";

/** Most arguments that one query or body may have. Each costs memory that the client did not pay for. */
export const defaultMaxArguments = 1000;

/**
 * Parses urlencoded text in which every character stands for one byte (latin-1).
 *
 * Only `&` separates; blank values are kept, empty pieces are not; a malformed percent escape stands for itself.
 *
 * @throws HTTPInputError with more than `maxArguments`.
 */
export function parseUrlEncoded(text: string, maxArguments = defaultMaxArguments): Map<string, Buffer[]> {
  const parsed = new Map<string, Buffer[]>();
  let count = 0;
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf("&", start);
    if (end === -1) end = text.length;
    if (end > start) {
      if (++count > maxArguments) throw new HTTPInputError(`There are more than ${maxArguments} arguments.`);
      // Searched for in the piece alone: a search to the end of the text, once a piece, would be quadratic.
      const piece = text.slice(start, end);
      const equals = piece.indexOf("=");
      const name = equals === -1 ? piece : piece.slice(0, equals);
      const value = equals === -1 ? "" : piece.slice(equals + 1);
      addArgument(parsed, decodeBytes(name).toString(), decodeBytes(value));
    }
    start = end + 1;
  }
  return parsed;
}

/** Flattens names with lists of values into pairs, as `urlConcat` and `URLSearchParams` take them. */
export function* qsToQsl<Value>(parsed: Iterable<readonly [string, Iterable<Value>]>): Generator<[string, Value]> {
  for (const [name, values] of parsed) {
    for (const value of values) yield [name, value];
  }
}

/** Adds a value behind those that a name has. */
export function addArgument(parsed: Map<string, Buffer[]>, name: string, value: Buffer): void {
  const values = parsed.get(name);
  if (values === undefined) parsed.set(name, [value]);
  else values.push(value);
}

function decodeBytes(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (!text.includes("%") && !text.includes("+")) return bytes;
  return percentDecodeInPlace(bytes, true);
}
