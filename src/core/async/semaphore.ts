/** Lets a number of tasks in, and makes the others wait in line. */

import { TornadoError } from "../errors.js";
import { timesOut, Waiters, type WaitOptions } from "./waiters.js";

/** A place that was taken. Leaving the block of a `using` gives it back, and so does `release()`; a second time does nothing. */
export class AcquiredLock implements Disposable {
  #release: (() => void) | null;

  constructor(release: () => void) {
    this.#release = release;
  }

  release(): void {
    const release = this.#release;
    this.#release = null;
    release?.();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/**
 * A number of places, taken and given back. Who waits longest gets the next one.
 *
 * @example
 * const semaphore = new Semaphore(2);
 * await semaphore.withLock(() => fetchPage(url));
 */
export class Semaphore {
  readonly #waiters = new Waiters<AcquiredLock>();
  #free: number;

  /**
   * @param value - How many tasks may be in at once.
   * @throws TornadoError `BAD_ARGUMENT` unless it is a whole number of at least 0.
   */
  constructor(value = 1) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new TornadoError(
        "BAD_ARGUMENT",
        `${new.target.name} was made with ${String(value)} places. Give a whole number of at least 0.`,
      );
    }
    this.#free = value;
  }

  /** How many places are free. */
  get value(): number {
    return this.#free;
  }

  /**
   * Takes a place, and waits for one if need be.
   *
   * @returns A guard for `using`; whoever ignores it calls {@link release}.
   * @throws TimeoutError when the timeout has passed before.
   */
  async acquire(options: WaitOptions = {}): Promise<AcquiredLock> {
    options.signal?.throwIfAborted();
    if (this.#free === 0)
      return await this.#waiters.wait(options, timesOut(`${this.constructor.name}.acquire()`, options));
    this.#free--;
    return this.#acquired();
  }

  /** Gives a place back: to the first one in line, if there is one. */
  release(): void {
    if (!this.#waiters.wake(this.#acquired())) this.#free++;
  }

  /** Runs a function with a place of its own, which is given back when the function is done or has failed. */
  async withLock<Result>(run: () => Result | Promise<Result>, options: WaitOptions = {}): Promise<Result> {
    const acquired = await this.acquire(options);
    try {
      return await run();
    } finally {
      acquired.release();
    }
  }

  #acquired(): AcquiredLock {
    return new AcquiredLock(() => this.release());
  }
}

/** A {@link Semaphore} that refuses to have more places than it was made with. */
export class BoundedSemaphore extends Semaphore {
  readonly #bound: number;

  constructor(value = 1) {
    super(value);
    this.#bound = value;
  }

  /** @throws TornadoError `RELEASED_TOO_OFTEN` when no place is taken. */
  override release(): void {
    if (this.value >= this.#bound) {
      throw new TornadoError(
        "RELEASED_TOO_OFTEN",
        "A BoundedSemaphore was released more often than acquired. Release once for each acquire().",
      );
    }
    super.release();
  }
}
