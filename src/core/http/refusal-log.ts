/** Notes what clients did wrong, at most one line a second of a kind: an attack must not fill the disk with its own record. */

import { rateLimited } from "../log/rate-limited.js";
import { generalLog } from "../log.js";

/** Writes a line about a client. */
export const noteRefusal = rateLimited((message) => generalLog.info(message));

/** Writes that a message was refused. */
export function noteMalformed(remoteIp: string, error: Error): void {
  noteRefusal(`Malformed HTTP message from ${remoteIp}: ${error.message}`);
}
