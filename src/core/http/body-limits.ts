/** The limits of a request's body: what a handler may set them to, and what passes them. */

import { HTTPInputError } from "./http-input-error.js";

/** @throws RangeError */
export function checkMaxBodySize(maxBodyBytes: number): void {
  if (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 0) {
    throw new RangeError(`setMaxBodySize(${String(maxBodyBytes)}) is no size. Give it a whole number of bytes.`);
  }
}

/** @throws RangeError when a timer could not count the time. */
export function checkBodyTimeout(seconds: number): void {
  if (typeof seconds !== "number" || !(seconds > 0) || seconds * 1000 > 2 ** 31 - 1) {
    throw new RangeError(`setBodyTimeout(${String(seconds)}) is no time. Give it seconds above zero, at most 24 days.`);
  }
}

/** Makes the error for a body that passes its limit, whether it says so itself or is found to. */
export function bodyTooLarge(maxBodyBytes: number): HTTPInputError {
  return new HTTPInputError(`a body of more than ${maxBodyBytes} bytes`, { status: 413 });
}
