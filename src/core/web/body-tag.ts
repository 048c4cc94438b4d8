/** Computes the entity tag of a response's body. Many an answer is the same as the one before, and needs no new digest. */

import { hash } from "node:crypto";

/** To compare longer ones costs as much as it saves, and they would be kept. */
const maxRememberedLength = 1024;
/** The last short text of each class of handlers, with its tag. */
const lastTags = new WeakMap<object, { text: string; tag: string }>();

/**
 * Gives the SHA-1 of a body in double quotes, as Tornado does.
 *
 * @param handlerClass - Whose answer it is: those of one class are the likeliest to be the same.
 */
export function bodyTag(body: string | Uint8Array, handlerClass: object): string {
  if (typeof body !== "string" || body.length > maxRememberedLength) return digest(body);
  const last = lastTags.get(handlerClass);
  if (last === undefined) {
    const tag = digest(body);
    lastTags.set(handlerClass, { text: body, tag });
    return tag;
  }
  if (last.text !== body) {
    last.tag = digest(body);
    last.text = body;
  }
  return last.tag;
}

function digest(body: string | Uint8Array): string {
  return `"${hash("sha1", body, "hex")}"`;
}
