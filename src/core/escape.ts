/** Escapes and unescapes text for HTML, JSON and URLs, and turns addresses in text into links. */

import { toUnicode } from "./escape/unicode.js";

export { type LinkifyOptions, linkify } from "./escape/linkify.js";
export { toUnicode, utf8 } from "./escape/unicode.js";
export { type PlusOption, parseQsBytes, type UrlUnescapeOptions, urlEscape, urlUnescape } from "./escape/url.js";
export { xhtmlEscape } from "./escape/xhtml.js";
export { xhtmlUnescape } from "./escape/xhtml-unescape.js";

const lineSeparator = /[\u2028\u2029]/;
/** Characters that JSON allows and a `<script>` block does not: the end tag, a comment's start, two line separators. */
const unsafeInScript = /<\/|<!--|[\u2028\u2029]/g;

/**
 * Gives a value as JSON text that may also stand inside a `<script>` block.
 *
 * What JSON has no word for, such as `undefined` and functions, is `null`.
 */
export function jsonEncode(value: unknown): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) return "null";
  // Nearly every text is safe, and these two questions are answered by a scan; the whole expression is not.
  if (!text.includes("<") && !lineSeparator.test(text)) return text;
  return text.replace(unsafeInScript, escapeForScript);
}

function escapeForScript(unsafe: string): string {
  if (unsafe === "</") return "<\\/";
  if (unsafe === "<!--") return "\\u003c!--";
  return unsafe === "\u2028" ? "\\u2028" : "\\u2029";
}

/** Gives the value of JSON text. Throws `SyntaxError` when it is not JSON. */
export function jsonDecode(value: string | Uint8Array): unknown {
  return JSON.parse(toUnicode(value));
}

/** Replaces every run of ASCII white space and control characters by one space, and trims all white space at the ends. */
export function squeeze(value: string): string {
  return value.replace(/[\0-\x20]+/g, " ").trim();
}
