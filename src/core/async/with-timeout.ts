/** Puts a limit on how long a promise is waited for. */

import { onAbort } from "./on-abort.js";
import { type ErrorClass, logUnlessQuiet } from "./quiet-errors.js";
import { TimeoutError } from "./timeout-error.js";
import { Timer } from "./timer.js";

/** What {@link withTimeout} takes. */
export interface WithTimeoutOptions {
  /** Errors of these classes are not logged when they come after the limit. */
  readonly quietExceptions?: ErrorClass | readonly ErrorClass[];
}

/**
 * Waits for a promise until a limit.
 *
 * What the promise stands for goes on after it: give it the same `AbortSignal` where it takes one. Its error, when it
 * fails later, is logged.
 *
 * @param limit - Seconds from now (in Tornado a plain number is a point in time), or a signal.
 * @throws TimeoutError after that time; the reason of a signal.
 */
export function withTimeout<Value>(
  limit: number | AbortSignal,
  promise: Value | PromiseLike<Value>,
  options: WithTimeoutOptions = {},
): Promise<Value> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const forget = onLimit(limit, (reason) => {
      isOver = true;
      reject(reason);
    });
    Promise.resolve(promise).then(
      (value) => {
        forget();
        resolve(value);
      },
      (error: unknown) => {
        forget();
        if (isOver) logUnlessQuiet("A promise failed after its timeout", error, options.quietExceptions);
        else reject(error);
      },
    );
  });
}

/** @returns A function that takes the limit off. */
function onLimit(limit: number | AbortSignal, reached: (reason: unknown) => void): () => void {
  if (typeof limit === "number") {
    const timer = new Timer(limit, () => reached(new TimeoutError(`Nothing came within ${limit} s.`)));
    return () => timer.clear();
  }
  const abort = () => reached(limit.reason);
  if (limit.aborted) abort();
  return onAbort(limit, abort);
}
