/** Timers that count seconds, and hold longer than the 24 days of Node's own. */

import { TornadoError } from "../errors.js";

/** The longest time that a timer of Node holds; given more, it would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** A timer that runs a function once. */
export class Timer {
  readonly #run: () => void;
  #leftMs: number;
  #current: NodeJS.Timeout | undefined;
  #isUnref = false;

  /**
   * @param seconds - Fractions allowed; what is below zero is zero, and `Infinity` never comes.
   * @throws TornadoError `BAD_ARGUMENT` when it is no number.
   */
  constructor(seconds: number, run: () => void) {
    if (typeof seconds !== "number" || Number.isNaN(seconds)) {
      throw new TornadoError("BAD_ARGUMENT", `A time of ${String(seconds)} was given. Give a number of seconds.`);
    }
    this.#run = run;
    this.#leftMs = Math.max(0, seconds * 1000);
    this.#next();
  }

  /** Does not keep the process alive. */
  unref(): this {
    this.#isUnref = true;
    this.#current?.unref();
    return this;
  }

  clear(): void {
    clearTimeout(this.#current);
  }

  #next(): void {
    const stepMs = Math.min(this.#leftMs, LONGEST_MS);
    this.#leftMs -= stepMs;
    this.#current = setTimeout(() => (this.#leftMs > 0 ? this.#next() : this.#run()), stepMs);
    if (this.#isUnref) this.#current.unref();
  }
}
