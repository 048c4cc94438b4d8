/** Escapes text for URLs, and back. */

import { percentDecodeInPlace } from "./percent-decoding.js";
import { toUnicode, utf8 } from "./unicode.js";

/** How a space is written in a URL. */
export interface PlusOption {
  /** As in a query, a space is `+` and a slash is escaped; otherwise, as in a path, `%20` and left alone. Default true. */
  readonly plus?: boolean;
}

/** Escapes text for use in a URL; everything but letters, digits and `_ . - ~` becomes `%XX` of its UTF-8 bytes. */
export function urlEscape(value: string | Uint8Array, { plus = true }: PlusOption = {}): string {
  // Through bytes and back, a lone surrogate becomes U+FFFD, where encodeURIComponent would throw.
  const text = /[\ud800-\udfff]/.test(toUnicode(value)) ? utf8(value).toString() : toUnicode(value);
  const escaped = encodeURIComponent(text).replace(/[!'()*]/g, percentEncode);
  return plus ? escaped.replaceAll("%20", "+") : escaped.replaceAll("%2F", "/");
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** What to make of the bytes of an unescaped URL. */
export interface UrlUnescapeOptions extends PlusOption {
  /** `null` gives the bytes themselves. Default UTF-8. */
  readonly encoding?: BufferEncoding | null;
}

/** Decodes a value from a URL. Broken escapes stay as they are, and bytes that are not UTF-8 become U+FFFD. */
export function urlUnescape(value: string | Uint8Array, options: UrlUnescapeOptions & { encoding: null }): Buffer;
export function urlUnescape(
  value: string | Uint8Array,
  options?: PlusOption & { readonly encoding?: BufferEncoding },
): string;
export function urlUnescape(
  value: string | Uint8Array,
  { encoding = "utf8", plus = true }: UrlUnescapeOptions = {},
): string | Buffer {
  // A copy: the caller's bytes stay as they are.
  const bytes = percentDecodeInPlace(Buffer.from(utf8(value)), plus);
  return encoding === null ? bytes : bytes.toString(encoding);
}

/**
 * Parses a query string. Only `&` separates; the same name may come often.
 *
 * @param options - `keepBlankValues` keeps `a=` and `a`. Default false, as in Tornado.
 */
export function parseQsBytes(
  query: string | Uint8Array,
  { keepBlankValues = false }: { readonly keepBlankValues?: boolean } = {},
): Map<string, Buffer[]> {
  // A copy: the caller's bytes stay as they are.
  const bytes = Buffer.from(utf8(query));
  const fields = new Map<string, Buffer[]>();
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(0x26, start);
    const end = found === -1 ? bytes.length : found;
    const field = bytes.subarray(start, end);
    start = end + 1;
    const equals = field.indexOf(0x3d);
    const value = equals === -1 ? field.subarray(field.length) : field.subarray(equals + 1);
    if (field.length === 0 || (value.length === 0 && !keepBlankValues)) continue;
    const name = percentDecodeInPlace(equals === -1 ? field : field.subarray(0, equals), true).toString();
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [percentDecodeInPlace(value, true)]);
    else values.push(percentDecodeInPlace(value, true));
  }
  return fields;
}
