/** Lets one task in at a time. */

import { TornadoError } from "../errors.js";
import { type AcquiredLock, Semaphore } from "./semaphore.js";
import type { WaitOptions } from "./waiters.js";

/**
 * A mutual exclusion of tasks: who waits longest comes next. It is not reentrant.
 *
 * @example
 * const lock = new Lock();
 * using _ = await lock.acquire();
 */
export class Lock {
  readonly #place = new Semaphore(1);

  get isLocked(): boolean {
    return this.#place.value === 0;
  }

  /**
   * Takes the lock, and waits for it if need be.
   *
   * @returns A guard for `using`; whoever ignores it calls {@link release}.
   * @throws TimeoutError when the timeout has passed before.
   */
  acquire(options: WaitOptions = {}): Promise<AcquiredLock> {
    return this.#place.acquire(options);
  }

  /** @throws TornadoError `RELEASED_TOO_OFTEN` when nobody holds the lock. */
  release(): void {
    if (!this.isLocked) {
      throw new TornadoError("RELEASED_TOO_OFTEN", "A Lock was released that nobody holds. Call acquire() before.");
    }
    this.#place.release();
  }

  /** Runs a function while the lock is held, which is given back when the function is done or has failed. */
  withLock<Result>(run: () => Result | Promise<Result>, options: WaitOptions = {}): Promise<Result> {
    return this.#place.withLock(run, options);
  }
}
