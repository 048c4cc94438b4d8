/** A log-in that has failed. */

import { HTTPError } from "../web/http-error.js";

export interface AuthErrorOptions extends ErrorOptions {
  /** The error's code as the provider gave it, such as `access_denied`. */
  readonly providerCode?: string | null;
}

/**
 * Ends a log-in: 403 when the visitor, or who sends them, is at fault; 502 when the provider is.
 *
 * The message is for the log. Catch it to show a page of your own.
 */
export class AuthError extends HTTPError {
  /** The code of an error answer of the provider, such as `access_denied` when the visitor has refused. */
  readonly providerCode: string | null;

  constructor(statusCode: number, logMessage: string, options: AuthErrorOptions = {}) {
    const { providerCode = null, ...errorOptions } = options;
    super(statusCode, logMessage, errorOptions);
    this.providerCode = providerCode;
  }
}

/** Makes the error of an answer that names one; its text comes from outside, and is quoted and cut. */
export function providerError(statusCode: number, code: unknown, description?: unknown): AuthError {
  const quoted = [code, description].filter((text) => typeof text === "string").map((text) => shown(text as string));
  return new AuthError(statusCode, `the provider answered ${quoted.join(", ")}`, {
    providerCode: typeof code === "string" ? code.slice(0, 100) : null,
  });
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
