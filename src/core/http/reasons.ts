/** The reason phrases of status codes, as Node knows them. */

import { STATUS_CODES } from "node:http";

/** Reason phrases by status code; Tornado's `httputil.responses`. */
export const responses: ReadonlyMap<number, string> = new Map(
  Object.entries(STATUS_CODES).map(([code, reason]) => [Number(code), reason ?? "Unknown"]),
);

/** Returns the reason phrase of a status code, or `Unknown`. */
export function reasonPhrase(code: number): string {
  return STATUS_CODES[code] ?? "Unknown";
}
