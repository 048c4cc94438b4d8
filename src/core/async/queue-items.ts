/** What a queue keeps its items in: three orders to take them out again. */

import { TornadoError } from "../errors.js";

/** Keeps items until they are taken. */
export interface QueueItems<Item> {
  readonly size: number;
  add(item: Item): void;
  /** Takes the next one; there must be one. */
  take(): Item;
}

/** Says which of two items comes first: a negative number for the left one. */
export type Compare<Item> = (left: Item, right: Item) => number;

/** First in, first out. */
export class FifoItems<Item> implements QueueItems<Item> {
  #items: (Item | undefined)[] = [];
  /** Those before it were taken. They are cut off when they are the greater part: `shift()` would move all for each one. */
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  add(item: Item): void {
    this.#items.push(item);
  }

  take(): Item {
    const item = this.#items[this.#head] as Item;
    this.#items[this.#head] = undefined;
    this.#head++;
    if (this.#head > 32 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

/** Last in, first out. */
export class LifoItems<Item> implements QueueItems<Item> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: Item): void {
    this.#items.push(item);
  }

  take(): Item {
    return this.#items.pop() as Item;
  }
}

interface Ranked<Item> {
  readonly item: Item;
  readonly arrival: number;
}

/** Smallest first; equal ones in the order in which they came. A binary heap. */
export class PriorityItems<Item> implements QueueItems<Item> {
  readonly #heap: Ranked<Item>[] = [];
  readonly #compare: Compare<Item>;
  #arrivals = 0;

  constructor(compare: Compare<Item>) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#heap.length;
  }

  add(item: Item): void {
    const added = { item, arrival: this.#arrivals };
    // Found out before the heap is touched: an item that cannot be compared must not stay in it half placed.
    const places = this.#placesAbove(added);
    this.#arrivals++;
    this.#heap.push(added);
    let place = this.#heap.length - 1;
    for (const above of places) {
      this.#heap[place] = this.#heap[above]!;
      place = above;
    }
    this.#heap[place] = added;
  }

  take(): Item {
    const heap = this.#heap;
    const [first] = heap;
    const places = this.#placesBelow();
    const last = heap.pop()!;
    if (heap.length === 0) return last.item;
    let place = 0;
    for (const below of places) {
      heap[place] = heap[below]!;
      place = below;
    }
    heap[place] = last;
    return first!.item;
  }

  /** The places, upwards from the end, whose items come after the given one. */
  #placesAbove(added: Ranked<Item>): number[] {
    const places: number[] = [];
    let place = this.#heap.length;
    // Compared once even where it has no rival, so that a lonely item is refused as well.
    if (place === 0) this.#compare(added.item, added.item);
    while (place > 0) {
      place = (place - 1) >> 1;
      if (!this.#isBefore(added, this.#heap[place]!)) break;
      places.push(place);
    }
    return places;
  }

  /** The places, downwards from the beginning, whose items come before the last one; found before the heap is touched. */
  #placesBelow(): number[] {
    const places: number[] = [];
    const length = this.#heap.length - 1;
    let below = 1;
    while (below < length) {
      if (below + 1 < length && this.#isBefore(this.#heap[below + 1]!, this.#heap[below]!)) below++;
      if (!this.#isBefore(this.#heap[below]!, this.#heap[length]!)) break;
      places.push(below);
      below = 2 * below + 1;
    }
    return places;
  }

  #isBefore(left: Ranked<Item>, right: Ranked<Item>): boolean {
    const order = this.#compare(left.item, right.item);
    return order < 0 || (order === 0 && left.arrival < right.arrival);
  }
}

/**
 * Orders numbers, bigints, texts and dates as `<` does, and arrays by the first elements that differ, as Python orders tuples.
 *
 * Objects behind the priority of such an array, `[1, job]`, have no order of their own and need none.
 *
 * @throws TornadoError `NOT_COMPARABLE` for everything else.
 */
export function naturalOrder(left: unknown, right: unknown): number {
  if (Array.isArray(left) && Array.isArray(right)) return arrayOrder(left, right);
  const [one, other] = [comparable(left), comparable(right)];
  if (one === undefined || other === undefined || !isSameKind(one, other)) throw notComparable(left, right);
  return one < other ? -1 : one > other ? 1 : 0;
}

function arrayOrder(left: readonly unknown[], right: readonly unknown[]): number {
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [one, other] = [left[index], right[index]];
    // The priority itself must have an order; what it is the priority of need not.
    if (index > 0 && isUnordered(one) && isUnordered(other)) continue;
    const order = naturalOrder(one, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function isUnordered(value: unknown): boolean {
  return !Array.isArray(value) && comparable(value) === undefined;
}

function comparable(value: unknown): number | bigint | string | undefined {
  if (value instanceof Date) return comparable(value.getTime());
  if (typeof value === "number") return Number.isNaN(value) ? undefined : value;
  return typeof value === "string" || typeof value === "bigint" ? value : undefined;
}

function isSameKind(one: number | bigint | string, other: number | bigint | string): boolean {
  return (typeof one === "string") === (typeof other === "string");
}

function notComparable(left: unknown, right: unknown): TornadoError {
  const kind = (value: unknown) => (Array.isArray(value) ? "an array" : `a value of type ${typeof value}`);
  return new TornadoError(
    "NOT_COMPARABLE",
    `A PriorityQueue cannot order ${kind(left)} and ${kind(right)}. Put in [priority, item], or give it a "compare" function.`,
  );
}
