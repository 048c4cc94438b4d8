/** The errors of the framework itself: a stable code, and a message that says what happened, where, and what to do. */

/**
 * An error that a person can act on. The message says what happened, where, and what to do, in that order.
 *
 * The command line prints it in one line and without a stack, which a plain `Error` would get.
 */
export class TornadoError extends Error {
  /** Stable name of the error, such as `PORT_IN_USE`; each has a paragraph in docs/reference/errors.md. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Gives any thrown value as an `Error`, since JavaScript lets a program throw everything. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  const error = new Error(`A value that is not an Error was thrown: ${written(thrown)}`);
  // No place of ours explains what the app has thrown.
  error.stack = `Error: ${error.message}`;
  return error;
}

/** Not every value can be turned into a string: an object may have no prototype, or throw when it is asked. */
function written(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}
