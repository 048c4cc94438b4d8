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
  /** Entries at the front that have been taken; moved off in one go, since each move costs as much as the queue is long. */
  #taken = 0;
  #bytes = 0;
  #dropped = 0;

  get size(): number {
    return this.#entries.length - this.#taken;
  }

  /** How many entries gave way since this was asked last. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Says no when something had to give way. */
  add(entry: OutgoingEntry): boolean {
    this.#entries.push(entry);
    this.#bytes += entry.text.length;
    let hasRoom = true;
    while (this.size > 1 && (this.size > maxEntries || this.#bytes > maxBytes)) {
      this.removeFirst(1);
      this.#dropped++;
      hasRoom = false;
    }
    return hasRoom;
  }

  /** The oldest entries, which stay. */
  first(count: number): readonly OutgoingEntry[] {
    return this.#entries.slice(this.#taken, this.#taken + count);
  }

  removeFirst(count: number): void {
    const end = Math.min(this.#taken + count, this.#entries.length);
    for (let index = this.#taken; index < end; index++) this.#bytes -= this.#entries[index]!.text.length;
    this.#taken = end;
    if (this.#taken < 1000 && this.#taken < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#taken);
    this.#taken = 0;
  }
}
