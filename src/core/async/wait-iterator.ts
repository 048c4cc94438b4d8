/** Gives the results of several promises in the order in which they come. */

import { TornadoError } from "../errors.js";
import { FifoItems } from "./queue-items.js";

/**
 * Hands over results one by one, each as soon as it is there.
 *
 * @example
 * const pages = new WaitIterator({ one: fetchPage("/1"), two: fetchPage("/2") });
 * for await (const page of pages) console.log(pages.currentIndex, page);
 */
export class WaitIterator<Value> implements AsyncIterable<Value> {
  readonly #done = new FifoItems<{ readonly key: number | string; readonly promise: Promise<Value> }>();
  #wake: (() => void) | null = null;
  #left: number;
  #currentIndex: number | string | null = null;
  #currentFuture: Promise<Value> | null = null;

  /** @param promises - An array, or an object whose keys become the {@link currentIndex}. */
  constructor(
    promises: readonly (Value | PromiseLike<Value>)[] | Readonly<Record<string, Value | PromiseLike<Value>>>,
  ) {
    const isArray = Array.isArray(promises);
    const entries = Object.entries(promises) as [string, Value | PromiseLike<Value>][];
    this.#left = entries.length;
    for (const [name, given] of entries) {
      const promise = Promise.resolve(given);
      const settle = () => this.#settled(isArray ? Number(name) : name, promise);
      promise.then(settle, settle);
    }
  }

  /** The index, or the name, of the result that {@link next} gave last. */
  get currentIndex(): number | string | null {
    return this.#currentIndex;
  }

  /** The promise of the result that {@link next} gave last. */
  get currentFuture(): Promise<Value> | null {
    return this.#currentFuture;
  }

  /** Whether {@link next} has given all results. */
  done(): boolean {
    return this.#left === 0;
  }

  /**
   * Waits for the next result. One that failed throws its error, and the others can still be waited for.
   *
   * @throws TornadoError `BAD_ARGUMENT` when all were given, or when an earlier call still waits.
   */
  async next(): Promise<Value> {
    if (this.#left === 0 || this.#wake !== null) {
      const why =
        this.#left === 0 ? "has no more results. Look at done() before" : "is waited for already. Await next()";
      throw new TornadoError("BAD_ARGUMENT", `The WaitIterator ${why}.`);
    }
    if (this.#done.size === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
    const { key, promise } = this.#done.take();
    this.#left--;
    this.#currentIndex = key;
    this.#currentFuture = promise;
    return await promise;
  }

  /** An error ends the loop; another loop goes on behind it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Value, void, undefined> {
    while (!this.done()) yield await this.next();
  }

  #settled(key: number | string, promise: Promise<Value>): void {
    this.#done.add({ key, promise });
    this.#wake?.();
  }
}
