/** Makes JSON of what a handler writes that is neither text nor bytes. */

import { refusePromise } from "./refuse-promise.js";

/**
 * Encodes an object or an array.
 *
 * @throws TypeError for anything else, for what would be an empty object in JSON, and for a promise: it was meant to be awaited.
 */
export function jsonText(value: unknown, encode: (value: unknown) => string): string {
  refuseUnwritable(value);
  const text: unknown = encode(value);
  refusePromise(text, "jsonEncode()");
  if (typeof text === "string") return text;
  throw new TypeError(`The setting "jsonEncode" must give text, not ${typeof text}.`);
}

function refuseUnwritable(chunk: unknown): void {
  if (typeof chunk !== "object" || chunk === null) {
    throw new TypeError(
      `write() takes text, bytes, an object or an array, not ${chunk === null ? "null" : typeof chunk}. Turn it into text.`,
    );
  }
  if (typeof (chunk as PromiseLike<unknown>).then === "function") {
    // Nobody will ever wait for it: a rejection would end the process.
    Promise.resolve(chunk).catch(() => {});
    throw new TypeError("write() was given a promise. Await it, and write what it gives.");
  }
  if (chunk instanceof Map || chunk instanceof Set || ArrayBuffer.isView(chunk) || chunk instanceof ArrayBuffer) {
    throw new TypeError(
      `write() cannot turn a ${chunk.constructor.name} into JSON. Give an object, an array or a Uint8Array.`,
    );
  }
}
