/** Lets tasks wait until another one says that something has changed. */

import { Waiters, type WaitOptions } from "./waiters.js";

/**
 * Tells waiting tasks that something they look at is another one now.
 *
 * @example
 * while (messages.since(cursor).length === 0) await condition.wait({ signal: this.request.signal });
 */
export class Condition {
  readonly #waiters = new Waiters<boolean>();

  /**
   * Waits for the next {@link notify}.
   *
   * @returns `false` when the timeout has passed before.
   */
  wait(options: WaitOptions = {}): Promise<boolean> {
    return this.#waiters.wait(options, () => false);
  }

  /** Wakes the `count` tasks that have waited longest. They go on after the code that runs now. */
  notify(count = 1): void {
    for (let left = count; left > 0 && this.#waiters.wake(true); left--);
  }

  /** Wakes every task that waits. */
  notifyAll(): void {
    this.notify(this.#waiters.size);
  }
}
