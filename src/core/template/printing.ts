/** How values of a template become text. */

import { toUnicode } from "../escape/unicode.js";
import { xhtmlEscape } from "../escape/xhtml.js";

/** Gives a value as text: nothing for `null` and `undefined`, bytes as UTF-8. Throws for a promise. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  if (typeof value !== "object") return String(value);
  if (value instanceof Uint8Array) return toUnicode(value);
  if (isPromise(value)) throw new TypeError('The value is a promise. Write "await" before the expression.');
  return String(value);
}

/** Gives a value as text escaped for HTML. */
export function escapedTextOf(value: unknown): string {
  if (typeof value === "string") return xhtmlEscape(value);
  // Digits need no escaping.
  if (typeof value === "number") return `${value}`;
  return xhtmlEscape(textOf(value));
}

/** Gives what a loop can go over. Throws an error that says what it is instead. */
export function iterableOf(value: unknown): Iterable<unknown> {
  if (Array.isArray(value)) return value;
  if (value !== null && value !== undefined && typeof (value as Iterable<unknown>)[Symbol.iterator] === "function") {
    return value as Iterable<unknown>;
  }
  if (value === null || typeof value !== "object") {
    throw new TypeError(`The loop goes over ${value === null ? "null" : describe(value)}, which holds no values.`);
  }
  if (isPromise(value)) throw new TypeError('The loop goes over a promise. Write "await" before it.');
  throw new TypeError('The loop goes over a plain object. Write "Object.values(…)" or "Object.entries(…)" around it.');
}

/** Gives a method that remembers its object. */
export function boundMethod(object: unknown, key: PropertyKey): unknown {
  const method = (object as Record<PropertyKey, unknown>)[key];
  return typeof method === "function" ? method.bind(object) : method;
}

/** Says whether a value can be awaited. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

function describe(value: unknown): string {
  return value === undefined ? "undefined" : `a ${typeof value}`;
}
