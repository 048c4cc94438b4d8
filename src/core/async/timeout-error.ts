/** The error of everything that was given a time and has used it up. */

/** Thrown when a `timeout` has passed. What was waited for is not cancelled by it, unless its page says so. */
export class TimeoutError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TimeoutError";
  }
}
