/** The errors by which the framework itself refuses a request: so common that they go without a stack. */

import { HTTPError } from "./http-error.js";

/**
 * Makes an `HTTPError` without the frames of its stack, which cost more than the rest of a 404 and would name nothing but files
 * of the framework. What an app throws, or calls forth by a call of its own, is a plain `HTTPError`.
 */
export function expectedError(statusCode: number, logMessage: string | null = null): HTTPError {
  const { stackTraceLimit } = Error;
  // By reflection, which does not throw where the property is frozen.
  Reflect.set(Error, "stackTraceLimit", 0);
  try {
    return new HTTPError(statusCode, logMessage);
  } finally {
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  }
}
