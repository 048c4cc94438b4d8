/** Calls a function again and again, on a grid of time that slow calls do not shift. */

import { TornadoError } from "../errors.js";
import { callbackName, runLogged } from "./run-logged.js";
import { Timer } from "./timer.js";

/** What {@link PeriodicCallback} takes. */
export interface PeriodicCallbackOptions {
  /** Each period varies by this part of itself: with 0.1 it is 5 % longer or shorter at most. Default 0. */
  readonly jitter?: number;
  /** Lets the process end while it waits for the next call. Default false. */
  readonly unref?: boolean;
}

/**
 * Calls a function every so many milliseconds.
 *
 * A call that takes longer than the period makes the next ones fall out: two never run at once, and those that come are on
 * the grid that began with `start()`. What the function throws is logged, and the calls go on. Clocks that are set do not
 * matter to it.
 *
 * @example
 * const cleaning = new PeriodicCallback(() => removeOldFiles(), 60_000);
 * cleaning.start();
 */
export class PeriodicCallback implements Disposable {
  readonly #callback: () => unknown;
  readonly #periodMs: number;
  readonly #jitter: number;
  readonly #unref: boolean;
  #timer: Timer | null = null;
  #nextMs = 0;
  #isCalling = false;

  /**
   * @param callbackTime - Milliseconds, as in Tornado.
   * @throws TornadoError `BAD_ARGUMENT` unless the time is above zero and the jitter from 0 to below 2.
   */
  constructor(callback: () => unknown, callbackTime: number, options: PeriodicCallbackOptions = {}) {
    const { jitter = 0, unref = false } = options;
    if (!(callbackTime > 0) || !Number.isFinite(callbackTime)) {
      throw new TornadoError(
        "BAD_ARGUMENT",
        `A PeriodicCallback was made with a period of ${String(callbackTime)}. Give milliseconds above zero.`,
      );
    }
    if (!(jitter >= 0 && jitter < 2)) {
      throw new TornadoError(
        "BAD_ARGUMENT",
        `A PeriodicCallback was made with a jitter of ${String(jitter)}. Give a part of the period, such as 0.1.`,
      );
    }
    this.#callback = callback;
    this.#periodMs = callbackTime;
    this.#jitter = jitter;
    this.#unref = unref;
  }

  /** Begins: the first call comes after one period. Does nothing when it runs already. */
  start(): void {
    if (this.#timer !== null) return;
    this.#nextMs = performance.now();
    this.#schedule();
  }

  /** Ends: no call comes any more. One that is running is not interrupted. */
  stop(): void {
    this.#timer?.clear();
    this.#timer = null;
  }

  isRunning(): boolean {
    return this.#timer !== null;
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  #schedule(): void {
    const nowMs = performance.now();
    const periodMs = this.#periodMs * (1 + this.#jitter * (Math.random() - 0.5));
    this.#nextMs = nextOnGrid(this.#nextMs, nowMs, periodMs);
    const timer = new Timer((this.#nextMs - nowMs) / 1000, () => void this.#tick(timer));
    this.#timer = this.#unref ? timer.unref() : timer;
  }

  async #tick(timer: Timer): Promise<void> {
    // Stopped and started again within a call that still runs: that one counts as this grid's first call.
    if (!this.#isCalling) {
      this.#isCalling = true;
      await runLogged(this.#callback, callbackName(this.#callback));
      this.#isCalling = false;
    }
    if (this.#timer === timer) this.#schedule();
  }
}

/**
 * Finds the next point of a grid.
 *
 * @param lastMs - The point before; it may lie ahead of now, since timers fire up to a millisecond early.
 */
export function nextOnGrid(lastMs: number, nowMs: number, periodMs: number): number {
  if (lastMs > nowMs) return lastMs + periodMs;
  return lastMs + (Math.floor((nowMs - lastMs) / periodMs) + 1) * periodMs;
}
