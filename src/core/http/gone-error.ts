/** What is told to those who write to a client that is not there any more. */

import type { WriteCallback } from "./connection.js";

/** Makes the error, of the kind that Node gives for a socket that was reset. */
export function goneError(): Error {
  return Object.assign(new Error("The client closed the connection."), { code: "ECONNRESET" });
}

/** Calls back with it, in a later turn: nobody expects a callback before the call has returned. */
export function failLater(callback: WriteCallback | undefined): void {
  if (callback !== undefined) process.nextTick(callback, goneError());
}
