/** Reads a JSON request body, and refuses what is none or would poison an object's prototype. */

import { isUtf8 } from "node:buffer";
import { HTTPError } from "./http-error.js";

/** Whether a Content-Type declares JSON: `application/json`, or any type that ends in `+json` (RFC 6839). */
export function isJsonType(contentType: string): boolean {
  const type = contentType.split(";", 1)[0]!.trim().toLowerCase();
  return type === "application/json" || /^[^/]+\/[^/]+\+json$/.test(type);
}

/**
 * Parses a JSON body.
 *
 * @throws HTTPError 415 when it is not declared as JSON; 400 when it is none, or has a key that reaches for a prototype.
 */
export function parseJsonBody(contentType: string | undefined, body: Uint8Array): unknown {
  if (contentType === undefined || !isJsonType(contentType)) {
    throw new HTTPError(415, `Expected a body of type application/json, not ${contentType ?? "one without a type"}`);
  }
  if (!isUtf8(body)) throw new HTTPError(400, "The JSON body is not valid UTF-8");
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");

  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new HTTPError(400, `The body is not JSON: ${withoutExcerpt((cause as Error).message)}`);
  }
  // A key can be spelt with escapes, so those are looked at as well.
  if (/__proto__|constructor|\\u/.test(text)) refusePrototypeKeys(value);
  return value;
}

/** V8 quotes the text around the mistake: it may be a password, and this message is logged. */
function withoutExcerpt(message: string): string {
  const excerpt = message.indexOf(",");
  return message.endsWith("is not valid JSON") && excerpt !== -1 ? message.slice(0, excerpt) : message;
}

/** Such keys do no harm here, but turn into `Object.prototype` when the value is merged into another object. */
function refusePrototypeKeys(root: unknown): void {
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== "object" || value === null) continue;
    if (Object.hasOwn(value, "__proto__")) throw new HTTPError(400, 'The JSON body has a key "__proto__"');
    if (Object.hasOwn(value, "constructor")) {
      const made = (value as { constructor: unknown }).constructor;
      if (typeof made === "object" && made !== null && Object.hasOwn(made, "prototype")) {
        throw new HTTPError(400, 'The JSON body has a key "constructor.prototype"');
      }
    }
    for (const child of Object.values(value)) pending.push(child);
  }
}
