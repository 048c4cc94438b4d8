/** Bytes that have arrived and were not read yet, in one piece, so that a search never begins anew at a chunk's edge. */

const nothing = Buffer.alloc(0);

/** Bytes in, bytes out, each copied a constant number of times however they are cut. */
export class ReadBuffer {
  #bytes: Buffer = nothing;
  #start = 0;
  #end = 0;
  /** The memory is a chunk that came from outside, of which parts were handed out: it must not be written to. */
  #isShared = false;

  get size(): number {
    return this.#end - this.#start;
  }

  append(chunk: Buffer): void {
    if (this.size === 0) {
      this.#bytes = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#isShared = true;
      return;
    }
    this.#makeRoom(chunk.length);
    chunk.copy(this.#bytes, this.#end);
    this.#end += chunk.length;
  }

  /** Takes the first bytes out; there must be as many. */
  take(count: number): Buffer {
    const taken = this.#bytes.subarray(this.#start, this.#start + count);
    // A small part would keep the memory of the whole alive.
    const isLent = this.#isShared && count * 2 > this.#bytes.length;
    const result = isLent ? taken : Buffer.from(taken);
    this.#drop(count);
    return result;
  }

  /** Takes the first bytes out into a place of the caller's. @returns How many, which is what both have room for. */
  takeInto(target: Uint8Array): number {
    const count = Math.min(this.size, target.length);
    target.set(this.#bytes.subarray(this.#start, this.#start + count));
    this.#drop(count);
    return count;
  }

  /** Position of a sequence, or -1. */
  indexOf(sequence: Uint8Array, from: number): number {
    return this.#bytes.subarray(this.#start, this.#end).indexOf(sequence, from);
  }

  /** All bytes as characters of the same numbers, for regular expressions. */
  asLatin1(): string {
    return this.#bytes.toString("latin1", this.#start, this.#end);
  }

  #drop(count: number): void {
    this.#start += count;
    if (this.#start < this.#end) return;
    this.#start = 0;
    this.#end = 0;
    this.#bytes = nothing;
    this.#isShared = false;
  }

  #makeRoom(count: number): void {
    const { size } = this;
    if (this.#end + count <= this.#bytes.length && !this.#isShared) return;
    // Moved to the front only when that frees half of the memory: then each byte is moved once on average.
    if (!this.#isShared && (size + count) * 2 <= this.#bytes.length) {
      this.#bytes.copyWithin(0, this.#start, this.#end);
    } else {
      const larger = Buffer.allocUnsafeSlow((size + count) * 2);
      this.#bytes.copy(larger, 0, this.#start, this.#end);
      this.#bytes = larger;
      this.#isShared = false;
    }
    this.#start = 0;
    this.#end = size;
  }
}
