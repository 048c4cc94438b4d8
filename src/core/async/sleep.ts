/** Lets time pass. */

import { onAbort } from "./on-abort.js";
import { Timer } from "./timer.js";

/**
 * Resolves after so many seconds.
 *
 * @param seconds - Fractions allowed.
 * @param options - A `signal` ends the sleep with its reason.
 */
export function sleep(seconds: number, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = new Timer(seconds, () => {
      forget?.();
      resolve();
    });
    const wake = () => {
      timer.clear();
      reject(signal?.reason);
    };
    const forget = signal === undefined ? undefined : onAbort(signal, wake);
  });
}
