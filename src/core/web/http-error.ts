/** Exceptions that end a handler with an answer of their own. */

import { format } from "node:util";
import { reasonPhrase } from "../http/reasons.js";

/** What else an `HTTPError` can say. */
export interface HTTPErrorOptions extends ErrorOptions {
  /** Reason phrase of the status line, in place of the standard one. */
  readonly reason?: string;
  /** Values for `%s`, `%d`, `%j` in the log message. */
  readonly args?: readonly unknown[];
}

/**
 * Ends the request with a status code and the error page.
 *
 * The log message is for the log alone: the client never sees it unless the `serveTraceback` setting is on.
 *
 * ```ts
 * throw new HTTPError(404, `no story ${id}`);
 * ```
 */
export class HTTPError extends Error {
  readonly statusCode: number;
  readonly logMessage: string | null;
  readonly reason: string | null;

  constructor(statusCode = 500, logMessage: string | null = null, options: HTTPErrorOptions = {}) {
    if (!Number.isInteger(statusCode) || statusCode < 200 || statusCode > 999) {
      throw new RangeError(`HTTPError takes a status from 200 to 999, not ${String(statusCode)}.`);
    }
    const { reason = null, args } = options;
    const text = logMessage !== null && args !== undefined ? format(logMessage, ...args) : logMessage;
    // Error looks for the cause, and for nothing else.
    super(`HTTP ${statusCode}: ${reason ?? reasonPhrase(statusCode)}${text === null ? "" : ` (${text})`}`, options);
    this.name = new.target.name;
    this.statusCode = statusCode;
    this.logMessage = text;
    this.reason = reason;
  }
}

/** Thrown by `getArgument` for an argument that is not there and has no default: 400. */
export class MissingArgumentError extends HTTPError {
  readonly argName: string;

  constructor(argName: string) {
    super(400, `Missing argument ${argName}`);
    this.argName = argName;
  }
}

/** Ends the request quietly: what was written, and the argument if there is one, is the answer. */
export class Finish extends Error {
  readonly chunk: string | Uint8Array | object | undefined;

  constructor(chunk?: string | Uint8Array | object) {
    super("The handler has finished");
    this.name = "Finish";
    this.chunk = chunk;
  }
}
