/** Why a WebSocket is closed, in the numbers of RFC 6455, section 7.4. */

/** The codes that this side sends by itself. */
export const closeCodes = {
  normal: 1000,
  /** The server ends. */
  goingAway: 1001,
  /** The client does what it may not, such as sending without end what nobody has read. */
  policy: 1008,
  /** A callback has thrown, or a ping was not answered. */
  internalError: 1011,
  /** Come again: another process goes on. */
  serviceRestart: 1012,
  /** The client reads more slowly than it is sent to. */
  tryAgainLater: 1013,
} as const;

/** How long the other side may take to answer a close frame before the connection is dropped, as in Tornado. */
export const closeTimeoutMs = 5000;

/** A close frame is a control frame, of which two bytes are the code. */
const maxReasonBytes = 123;

/** What the other side said in its close frame. */
export interface CloseInformation {
  /** `null` when it gave none, or when the connection ended without such a frame. */
  readonly code: number | null;
  readonly reason: string | null;
}

/**
 * Checks what a close frame is to say.
 *
 * @throws RangeError for a code that must not be sent, and for a reason that does not fit into the frame.
 */
export function checkClose(code: number | undefined, reason: string | undefined): void {
  if (code !== undefined && !isSendableCode(code)) {
    throw new RangeError(`close() takes 1000 to 1014 without 1004 to 1006, or 3000 to 4999, not ${String(code)}.`);
  }
  if (reason !== undefined && Buffer.byteLength(reason) > maxReasonBytes) {
    throw new RangeError(`A reason to close has at most ${maxReasonBytes} bytes of UTF-8. Shorten it.`);
  }
}

function isSendableCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  return (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) || (code >= 3000 && code <= 4999);
}
