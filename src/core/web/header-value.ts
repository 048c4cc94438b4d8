/** What a handler may give as the value of a header. */

import { formatTimestamp } from "../http/date.js";
import { HTTPInputError, HTTPOutputError } from "../http/http-input-error.js";

/** A value that a header can have; a `Date` becomes an HTTP date. */
export type HeaderValue = string | number | bigint | Date | Uint8Array;

/**
 * Gives the text of a value.
 *
 * @throws TypeError for a value of another kind.
 */
export function headerText(name: string, value: HeaderValue): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (value instanceof Date) return formatTimestamp(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  throw new TypeError(`The header ${name} must be a text, a number, bytes or a Date, not ${typeof value}.`);
}

/** The client did nothing wrong when a handler sets a bad header: without this it would be answered 400. */
export function asOutputError(error: unknown): unknown {
  return error instanceof HTTPInputError ? new HTTPOutputError(error.message, { cause: error }) : error;
}
