/** Lets tasks wait until something is so, and pass at once from then on. */

import { timesOut, Waiters, type WaitOptions } from "./waiters.js";

/** A flag to wait for. */
export class Event {
  readonly #waiters = new Waiters();
  #isSet = false;

  isSet(): boolean {
    return this.#isSet;
  }

  /** Lets everybody pass, until {@link clear}. */
  set(): void {
    this.#isSet = true;
    while (this.#waiters.wake());
  }

  /** From now on tasks wait again. Those that were let pass are not called back. */
  clear(): void {
    this.#isSet = false;
  }

  /**
   * Waits until the flag is set.
   *
   * @throws TimeoutError when the timeout has passed before.
   */
  async wait(options: WaitOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    if (!this.#isSet) await this.#waiters.wait(options, timesOut("Event.wait()", options));
  }
}
