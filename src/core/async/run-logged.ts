/** Runs what nobody waits for: its error goes to the log, not to the process. */

import { toError } from "../errors.js";
import { applicationLog } from "../log.js";

/** Runs a callback, and logs what it throws at once or later. The promise never rejects. */
export async function runLogged(callback: () => unknown, name: string): Promise<void> {
  try {
    await callback();
  } catch (error) {
    applicationLog.error(`Exception in callback ${name}`, toError(error));
  }
}

/** How a callback is called in the log. */
export function callbackName(callback: { readonly name: string }): string {
  return callback.name === "" ? "(anonymous)" : callback.name;
}
