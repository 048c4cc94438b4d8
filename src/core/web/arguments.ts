/** How the bytes of an argument become the text that a handler sees. */

import { isUtf8 } from "node:buffer";
import { isSecretName, redacted } from "../redact.js";
import { HTTPError } from "./http-error.js";

/** How an argument is read. */
export interface ArgumentOptions {
  /** Whether white space at both ends is removed. Default true. */
  readonly strip?: boolean;
}

/**
 * Decodes an argument as UTF-8.
 *
 * @param name - Its name, for the log.
 * @throws HTTPError 400 when the bytes are not valid UTF-8.
 */
export function decodeUtf8Argument(value: Buffer, name?: string | null): string {
  if (!isUtf8(value)) {
    const isSecret = typeof name === "string" && isSecretName(name);
    const shown = isSecret ? redacted : JSON.stringify(value.toString("latin1").slice(0, 40));
    throw new HTTPError(400, `Invalid unicode in ${name ?? "url"}: ${shown}`);
  }
  return value.toString("utf8");
}

/** Puts a space for control characters, which no form sends and no database likes, and trims. */
export function cleanArgument(text: string, strip: boolean): string {
  const clean = /[\x00-\x08\x0e-\x1f]/.test(text) ? text.replace(/[\x00-\x08\x0e-\x1f]/g, " ") : text;
  return strip ? stripped(clean) : clean;
}

/** Takes off what Python's `strip` does: unlike `trim`, a next-line character (U+0085), and no byte order mark. */
function stripped(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return end - start === text.length ? text : text.slice(start, end);
}

/** Python's `str.isspace`, without the separators of ASCII, which are spaces by now. */
function isBlank(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  if (code === 0x85 || code === 0xa0) return true;
  if (code < 0x1680) return false;
  return (code >= 0x2000 && code <= 0x200a) || [0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000].includes(code);
}

/**
 * Gathers arguments for a schema: a text where a name came once, a list where it came more often.
 *
 * The object has no prototype, so that no name can reach one.
 */
export function collectArguments(
  names: Iterable<string>,
  read: (name: string) => string[],
): Record<string, string | string[]> {
  const collected: Record<string, string | string[]> = Object.create(null);
  for (const name of names) {
    const values = read(name);
    collected[name] = values.length === 1 ? values[0]! : values;
  }
  return collected;
}
