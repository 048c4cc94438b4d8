/** Lets time pass. */

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
    const wake = () => {
      timer.clear();
      reject(signal?.reason);
    };
    const timer = new Timer(seconds, () => {
      signal?.removeEventListener("abort", wake);
      resolve();
    });
    signal?.addEventListener("abort", wake, { once: true });
  });
}
