/** The entry point `tornado/gen`: several promises at once, limits on one, and time that passes. */

export { type MultiOptions, multi } from "./multi.js";
export type { ErrorClass } from "./quiet-errors.js";
export { sleep } from "./sleep.js";
export { TimeoutError } from "./timeout-error.js";
export { WaitIterator } from "./wait-iterator.js";
export { type WithTimeoutOptions, withTimeout } from "./with-timeout.js";
