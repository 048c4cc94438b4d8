/** A line of promises that are served in the order in which they came; whoever gives up leaves it at once. */

import { onAbort } from "./on-abort.js";
import { TimeoutError } from "./timeout-error.js";
import { Timer } from "./timer.js";

/** How long something is waited for. */
export interface WaitOptions {
  /** Seconds from now; fractions allowed, 0 does not wait. Default: no limit. */
  readonly timeout?: number | undefined;
  /** Ends the waiting with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** One who waits. The neighbours make leaving cheap wherever it stands: a line of timed-out waiters keeps no memory. */
class Waiter<Value> {
  previous: Waiter<Value> | null = null;
  next: Waiter<Value> | null = null;
  readonly resolve: (value: Value) => void;
  readonly reject: (reason: unknown) => void;
  readonly whenWoken: (() => void) | undefined;
  #timer: Timer | undefined;
  #forgetSignal: (() => void) | undefined;

  constructor(resolve: (value: Value) => void, reject: (reason: unknown) => void, whenWoken?: () => void) {
    this.resolve = resolve;
    this.reject = reject;
    this.whenWoken = whenWoken;
  }

  giveUpAfter(seconds: number, giveUp: () => void): void {
    this.#timer = new Timer(seconds, giveUp);
  }

  giveUpOn(signal: AbortSignal, giveUp: () => void): void {
    this.#forgetSignal = onAbort(signal, giveUp);
  }

  settled(): void {
    this.#timer?.clear();
    this.#forgetSignal?.();
  }
}

/** The waiters of one lock, queue or condition, first come, first served. */
export class Waiters<Value = void> {
  #first: Waiter<Value> | null = null;
  #last: Waiter<Value> | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /**
   * Joins the line.
   *
   * @param onTimeout - Says what a timeout gives, or throws its error.
   * @param whenWoken - Runs within {@link wake}, so that nobody can come between; what it throws is the waiter's error.
   */
  wait(options: WaitOptions, onTimeout: () => Value, whenWoken?: () => void): Promise<Value> {
    const { timeout, signal } = options;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const waiter = new Waiter(resolve, reject, whenWoken);
      if (timeout !== undefined) waiter.giveUpAfter(timeout, () => this.#timedOut(waiter, onTimeout));
      if (signal !== undefined) waiter.giveUpOn(signal, () => this.#leave(waiter).reject(signal.reason));
      this.#join(waiter);
    });
  }

  /**
   * Serves the first one, or the next when that one cannot go on.
   *
   * @returns `false` when nobody waits.
   */
  wake(value: Value): boolean {
    while (this.#first !== null) {
      const waiter = this.#leave(this.#first);
      try {
        waiter.whenWoken?.();
        waiter.resolve(value);
        return true;
      } catch (error) {
        waiter.reject(error);
      }
    }
    return false;
  }

  #timedOut(waiter: Waiter<Value>, onTimeout: () => Value): void {
    this.#leave(waiter);
    try {
      waiter.resolve(onTimeout());
    } catch (error) {
      waiter.reject(error);
    }
  }

  #join(waiter: Waiter<Value>): void {
    waiter.previous = this.#last;
    if (this.#last === null) this.#first = waiter;
    else this.#last.next = waiter;
    this.#last = waiter;
    this.#size++;
  }

  #leave(waiter: Waiter<Value>): Waiter<Value> {
    const { previous, next } = waiter;
    if (previous === null) this.#first = next;
    else previous.next = next;
    if (next === null) this.#last = previous;
    else next.previous = previous;
    waiter.previous = null;
    waiter.next = null;
    this.#size--;
    waiter.settled();
    return waiter;
  }
}

/** Makes what {@link Waiters.wait} needs where a timeout is an error. */
export function timesOut(what: string, options: WaitOptions): () => never {
  return () => {
    throw new TimeoutError(`${what} has waited for ${options.timeout} s in vain.`);
  };
}
