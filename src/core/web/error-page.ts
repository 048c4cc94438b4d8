/** The answers that errors get when a handler has no page of its own. */

import { inspect } from "node:util";
import { xhtmlEscape } from "../escape.js";

/** No script, style, image or frame: whatever text gets into an error page, it stays text. */
export const errorPagePolicy = "default-src 'none'";

/** Tornado's minimal page: the status, twice, escaped. */
export function errorPage(statusCode: number, reason: string): string {
  const text = xhtmlEscape(`${statusCode}: ${reason}`);
  return `<html><title>${text}</title><body>${text}</body></html>`;
}

/** An error with its causes, as text. */
export function errorTrace(error: Error): string {
  return `${inspect(error, { colors: false })}\n`;
}
