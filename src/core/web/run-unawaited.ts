/** Calls what an author has written at a place where nobody waits for it. */

import { applicationLog } from "../log.js";

/** Runs an action whose failure, at once or later, may do no more than get into the log. */
export function runUnawaited(action: () => unknown, what: string): void {
  try {
    const result = action();
    if (result instanceof Promise) noteRejection(result, what);
  } catch (error) {
    note(error, what);
  }
}

// Functions of their own, so that an action that does not fail, as at the end of every request, costs no closure.

function noteRejection(promise: Promise<unknown>, what: string): void {
  promise.catch((error: unknown) => note(error, what));
}

function note(error: unknown, what: string): void {
  applicationLog.error(`Uncaught exception in ${what}`, error);
}
