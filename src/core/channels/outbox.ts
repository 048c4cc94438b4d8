/** Messages that wait for a line to be up, in order and within bounds. */

/** One message on its way out. */
export interface OutgoingEntry {
  readonly channel: string;
  readonly text: string;
}

const maxEntries = 10_000;
const maxBytes = 16 * 2 ** 20;

/** A queue whose oldest entries give way when it is full: of what happened long ago, nobody waits any more. */
export class Outbox {
  #entries: OutgoingEntry[] = [];
  /** Entries at the front that are gone; moved off in one go, since each move costs as much as the queue is long. */
  #gone = 0;
  /** How many have gone before those. */
  #moved = 0;
  #bytes = 0;
  #dropped = 0;

  get size(): number {
    return this.#entries.length - this.#gone;
  }

  /** Whether entries gave way since {@link takeDropped} was called last. */
  get hasDropped(): boolean {
    return this.#dropped > 0;
  }

  /** How many entries gave way since this was asked last. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  add(entry: OutgoingEntry): void {
    this.#entries.push(entry);
    this.#bytes += entry.text.length;
    while (this.size > 1 && (this.size > maxEntries || this.#bytes > maxBytes)) {
      this.#remove(1);
      this.#dropped++;
    }
  }

  /** The oldest entries, which stay, and the position of the first of them among all that there ever were. */
  first(count: number): { readonly entries: readonly OutgoingEntry[]; readonly position: number } {
    return {
      entries: this.#entries.slice(this.#gone, this.#gone + count),
      position: this.#moved + this.#gone,
    };
  }

  /** Removes what is before a position; some of it may have given way meanwhile. */
  removeBefore(position: number): void {
    const count = position - this.#moved - this.#gone;
    if (count > 0) this.#remove(count);
  }

  #remove(count: number): void {
    const end = Math.min(this.#gone + count, this.#entries.length);
    for (let index = this.#gone; index < end; index++) this.#bytes -= this.#entries[index]!.text.length;
    this.#gone = end;
    if (this.#gone < 1000 && this.#gone < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#gone);
    this.#moved += this.#gone;
    this.#gone = 0;
  }
}
