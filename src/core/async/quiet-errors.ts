/** Errors that come when nobody waits for them any more: logged, but for those that the caller expects. */

import { toError } from "../errors.js";
import { applicationLog } from "../log.js";

/** A class of errors, such as `StreamClosedError`. */
// biome-ignore lint/suspicious/noExplicitAny: the arguments of a constructor that is never called here.
export type ErrorClass = abstract new (...args: any[]) => Error;

/** Logs an error that came too late, unless it is of one of the quiet classes. */
export function logUnlessQuiet(message: string, error: unknown, quiet: ErrorClass | readonly ErrorClass[] = []): void {
  const classes = Array.isArray(quiet) ? (quiet as readonly ErrorClass[]) : [quiet as ErrorClass];
  if (!classes.some((one) => error instanceof one)) applicationLog.error(message, toError(error));
}
