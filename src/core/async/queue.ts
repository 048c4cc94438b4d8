/** Queues between tasks: whoever puts in waits when they are full, whoever takes out waits when they are empty. */

import { TornadoError } from "../errors.js";
import { Event } from "./event.js";
import { type Compare, FifoItems, LifoItems, naturalOrder, PriorityItems, type QueueItems } from "./queue-items.js";
import { timesOut, Waiters, type WaitOptions } from "./waiters.js";

/** Thrown by `getNowait` when there is nothing to get. */
export class QueueEmpty extends Error {
  constructor() {
    super("The queue is empty. Wait with get(), or look at empty() before.");
    this.name = "QueueEmpty";
  }
}

/** Thrown by `putNowait` when there is no room. */
export class QueueFull extends Error {
  constructor() {
    super("The queue is full. Wait with put(), or look at full() before.");
    this.name = "QueueFull";
  }
}

/**
 * A queue that hands items out in the order in which they were put in.
 *
 * @example
 * const queue = new Queue<string>(10);
 * for await (const url of queue) {
 *   await visit(url);
 *   queue.taskDone();
 * }
 */
export class Queue<Item> implements AsyncIterable<Item> {
  readonly #maxsize: number;
  readonly #items: QueueItems<Item>;
  readonly #getters = new Waiters<Item>();
  /** Those who wait for room; the item is put in at the moment when there is some. */
  readonly #putters = new Waiters();
  readonly #finished = new Event();
  #unfinished = 0;

  /**
   * @param maxsize - Most items that wait in it; 0, the default, is no limit.
   * @param items - Where they are kept, for a queue with an order of its own.
   * @throws TornadoError `BAD_ARGUMENT` unless the size is a whole number of at least 0.
   */
  constructor(maxsize = 0, items: QueueItems<Item> = new FifoItems()) {
    if (!Number.isSafeInteger(maxsize) || maxsize < 0) {
      throw new TornadoError(
        "BAD_ARGUMENT",
        `${new.target.name} was made with a maxsize of ${String(maxsize)}. Give a whole number of at least 0; 0 is no limit.`,
      );
    }
    this.#maxsize = maxsize;
    this.#items = items;
    this.#finished.set();
  }

  /** Most items that wait in it; 0 is no limit. */
  get maxsize(): number {
    return this.#maxsize;
  }

  /** How many items wait in it. */
  qsize(): number {
    return this.#items.size;
  }

  empty(): boolean {
    return this.#items.size === 0;
  }

  full(): boolean {
    return this.#maxsize > 0 && this.#items.size >= this.#maxsize;
  }

  /**
   * Puts an item in, and waits for room if need be.
   *
   * @throws TimeoutError when the timeout has passed before; the item is not in the queue then.
   */
  async put(item: Item, options: WaitOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    if (!this.full()) {
      this.#add(item);
      return;
    }
    await this.#putters.wait(options, timesOut(`${this.constructor.name}.put()`, options), () => this.#add(item));
  }

  /** @throws QueueFull when there is no room. */
  putNowait(item: Item): void {
    if (this.full()) throw new QueueFull();
    this.#add(item);
  }

  /**
   * Takes the next item, and waits for one if need be.
   *
   * @throws TimeoutError when the timeout has passed before.
   */
  async get(options: WaitOptions = {}): Promise<Item> {
    options.signal?.throwIfAborted();
    if (this.empty()) return await this.#getters.wait(options, timesOut(`${this.constructor.name}.get()`, options));
    return this.#take();
  }

  /** @throws QueueEmpty when there is nothing to get. */
  getNowait(): Item {
    if (this.empty()) throw new QueueEmpty();
    return this.#take();
  }

  /**
   * Says that an item which was taken is dealt with. {@link join} waits for it.
   *
   * @throws TornadoError `RELEASED_TOO_OFTEN` when every item was dealt with already.
   */
  taskDone(): void {
    if (this.#unfinished === 0) {
      throw new TornadoError(
        "RELEASED_TOO_OFTEN",
        "taskDone() was called more often than items were put in. Call it once for each item.",
      );
    }
    this.#unfinished--;
    if (this.#unfinished === 0) this.#finished.set();
  }

  /**
   * Waits until every item was dealt with.
   *
   * @throws TimeoutError when the timeout has passed before.
   */
  join(options: WaitOptions = {}): Promise<void> {
    return this.#finished.wait(options);
  }

  /** Takes items for ever: the loop ends when its body breaks out of it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for (;;) yield await this.get();
  }

  #add(item: Item): void {
    this.#items.add(item);
    this.#unfinished++;
    this.#finished.clear();
    // Through the queue even when somebody waits: its order decides, and it refuses what it cannot order.
    if (this.#getters.size > 0) this.#getters.wake(this.#items.take());
  }

  #take(): Item {
    const item = this.#items.take();
    this.#putters.wake();
    return item;
  }
}

/** What {@link PriorityQueue} takes. */
export interface PriorityQueueOptions<Item> {
  /** Says which of two items comes first: a negative number for the left one. Default: {@link naturalOrder}. */
  readonly compare?: Compare<Item>;
}

/** A queue that hands the smallest item out first, and equal ones in the order in which they were put in. */
export class PriorityQueue<Item> extends Queue<Item> {
  constructor(maxsize = 0, options: PriorityQueueOptions<Item> = {}) {
    super(maxsize, new PriorityItems(options.compare ?? naturalOrder));
  }
}

/** A queue that hands the newest item out first. */
export class LifoQueue<Item> extends Queue<Item> {
  constructor(maxsize = 0) {
    super(maxsize, new LifoItems());
  }
}
