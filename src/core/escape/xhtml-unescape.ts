/** Reads text out of HTML: the reverse of escaping. In a file of its own, so that a build without it holds no table of names. */

import { decodeHTML } from "entities/decode";
import { toUnicode } from "./unicode.js";

/**
 * Replaces character references by their characters, as browsers do in text: all 2,231 names of HTML, those that need no
 * semicolon, and numbers. What is no reference stays as it is.
 */
export function xhtmlUnescape(value: string | Uint8Array): string {
  const text = toUnicode(value);
  return text.includes("&") ? decodeHTML(text) : text;
}
