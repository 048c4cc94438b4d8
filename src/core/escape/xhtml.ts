/** Escapes text for HTML. */

import { toUnicode } from "./unicode.js";

const needsEscape = /["&'<>]/g;

/** Below this length a loop over the characters is faster than starting the regular expression. */
const shortLength = 24;

/**
 * Escapes text so that it is safe inside HTML elements and quoted attributes: `& < > " '` become
 * `&amp; &lt; &gt; &quot; &#x27;`.
 */
export function xhtmlEscape(value: string | Uint8Array): string {
  const text = typeof value === "string" ? value : toUnicode(value);
  const length = text.length;
  if (length < shortLength) {
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      // One comparison passes letters, which are nearly everything.
      if (code <= 62 && entityOf(code) !== "") return escapeFrom(text, index);
    }
    return text;
  }
  needsEscape.lastIndex = 0;
  return needsEscape.test(text) ? escapeFrom(text, needsEscape.lastIndex - 1) : text;
}

/** Escapes text whose first character to escape stands at `first`. */
function escapeFrom(text: string, first: number): string {
  let escaped = "";
  let copied = 0;
  let index = first;
  // Markup has its special characters close together, prose far apart: look a little way by hand, then leap.
  let leapAt = first + 16;
  while (index < text.length) {
    const entity = entityOf(text.charCodeAt(index));
    if (entity !== "") {
      escaped += text.slice(copied, index) + entity;
      copied = index + 1;
      leapAt = index + 16;
    } else if (index >= leapAt) {
      needsEscape.lastIndex = index;
      if (!needsEscape.test(text)) break;
      index = needsEscape.lastIndex - 1;
      leapAt = index + 16;
      continue;
    }
    index++;
  }
  return escaped + text.slice(copied);
}

function entityOf(code: number): string {
  switch (code) {
    case 34:
      return "&quot;";
    case 38:
      return "&amp;";
    case 39:
      return "&#x27;";
    case 60:
      return "&lt;";
    case 62:
      return "&gt;";
    default:
      return "";
  }
}
