/** Calls what an author has written at a place where nobody waits for it. */

import { applicationLog } from "../log.js";

/** Runs an action whose failure, at once or later, may do no more than get into the log. */
export function runUnawaited(action: () => unknown, what: string): void {
  const note = (error: unknown) => applicationLog.error(`Uncaught exception in ${what}`, error);
  try {
    const result = action();
    if (result instanceof Promise) result.catch(note);
  } catch (error) {
    note(error);
  }
}
