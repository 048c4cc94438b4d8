/** Computes the entity tag of a response's body. Many an answer is the same as the one before, and needs no new digest. */

import { hash } from "node:crypto";

/** To compare longer ones costs as much as it saves, and they would be kept. */
const maxRememberedLength = 1024;
/** A text that is another each time is not worth a copy each time. */
const missesPerCopy = 8;
/** A short text that each class of handlers has answered, with its tag. */
const knownTags = new WeakMap<object, KnownTag>();

interface KnownTag {
  text: string;
  tag: string;
  /** How often another text has come. */
  misses: number;
}

/**
 * Gives the SHA-1 of a body in double quotes, as Tornado does.
 *
 * @param handlerClass - Whose answer it is: those of one class are the likeliest to be the same.
 */
export function bodyTag(body: string | Uint8Array, handlerClass: object): string {
  if (typeof body !== "string" || body.length > maxRememberedLength) return digest(body);
  const known = knownTags.get(handlerClass);
  if (known === undefined) {
    const tag = digest(body);
    knownTags.set(handlerClass, { text: copyOf(body), tag, misses: 0 });
    return tag;
  }
  if (known.text === body) return known.tag;
  const tag = digest(body);
  if (++known.misses % missesPerCopy === 0) {
    known.text = copyOf(body);
    known.tag = tag;
  }
  return tag;
}

/** A text that is cut out of another keeps all of that in memory. */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}

function digest(body: string | Uint8Array): string {
  return `"${hash("sha1", body, "hex")}"`;
}
