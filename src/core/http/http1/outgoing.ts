/** What waits to be sent on one socket: in order, in pieces that show whether the client takes them, and called back for. */

import type { Socket } from "node:net";
import type { WriteCallback } from "../connection.js";
import { goneError } from "../gone-error.js";

/**
 * Most bytes that the socket is given at once. Of what it has been given, nobody can tell how much has left before all of it has:
 * a client whose speed is to be measured must not have a megabyte in one piece.
 */
const pieceBytes = 128 * 1024;

interface Waiting {
  readonly data: Buffer;
  readonly callback: WriteCallback | undefined;
}

/** The writing half of a session. A short answer to a client that reads goes to its socket at once, and leaves nothing here. */
export class Outgoing {
  readonly #socket: Socket;
  #waiting: Waiting[] | undefined = undefined;
  #waitingBytes = 0;
  /** Calls that the socket owes, which forgets them when it dies. */
  #owed: Set<WriteCallback> | undefined = undefined;
  #isStuck = false;
  #isGathering = false;
  #hasEnded = false;
  /** Second from which on the client's speed is measured, -1 while nothing waits for it. */
  #measuredSince = -1;
  #measuredFrom = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Bytes that the client has not taken yet. */
  get queuedBytes(): number {
    return this.#waitingBytes + this.#socket.writableLength;
  }

  /** Whether the client is behind: nothing more should be made for it. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  /** Gathers what is written until the end of the turn, for one write to the system. */
  gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.#socket.cork();
    process.nextTick(releaseGathered, this);
  }

  /** Lets go what was gathered. */
  release(): void {
    if (!this.#isGathering) return;
    this.#isGathering = false;
    this.#socket.uncork();
  }

  /** Sends bytes; as a string they are latin-1, or UTF-8 if it says so. */
  write(data: Buffer | string, encoding: "latin1" | "utf8", callback: WriteCallback | undefined): void {
    const call = callback === undefined ? undefined : this.#owe(callback);
    if (!this.#isStuck && data.length <= pieceBytes) {
      this.#give(data, encoding, call);
      return;
    }
    const bytes = typeof data === "string" ? Buffer.from(data, encoding) : data;
    this.#waiting ??= [];
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const end = Math.min(bytes.length, at + pieceBytes);
      this.#waiting.push({ data: bytes.subarray(at, end), callback: end === bytes.length ? call : undefined });
    }
    this.#waitingBytes += bytes.length;
    if (!this.#isStuck) this.drained();
  }

  /** Ends our side of the connection behind all that waits. */
  end(): void {
    this.#hasEnded = true;
    if (this.#waiting === undefined) this.#socket.end();
  }

  /** Called when the socket takes more. */
  drained(): void {
    this.#isStuck = false;
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    let count = 0;
    while (count < waiting.length && !this.#isStuck) {
      const { data, callback } = waiting[count++]!;
      this.#waitingBytes -= data.length;
      this.#give(data, "latin1", callback);
    }
    waiting.splice(0, count);
    if (waiting.length > 0) return;
    this.#waiting = undefined;
    if (this.#hasEnded) this.#socket.end();
  }

  /** Gives everything to the socket, as whoever takes it over knows no queue of ours. */
  flush(): void {
    for (const { data, callback } of this.#waiting ?? []) this.#give(data, "latin1", callback);
    this.#waiting = undefined;
    this.#waitingBytes = 0;
    const owed = this.#owed;
    if (owed !== undefined && owed.size > 0) this.#socket.once("close", () => this.closed());
  }

  /** The socket has closed: everything that was not sent is called back for, with an error. */
  closed(): void {
    this.#waiting = undefined;
    this.#waitingBytes = 0;
    const owed = this.#owed;
    this.#owed = undefined;
    if (owed !== undefined) for (const callback of owed) callback(goneError());
  }

  /**
   * Whether the client takes fewer bytes a second than it should, or, if there is no such rate, nothing at all. Called once a second.
   *
   * @param windowSeconds - The time over which it may be slow.
   */
  isTooSlow(seconds: number, minRate: number, windowSeconds: number): boolean {
    const socket = this.#socket;
    const queued = socket.writableLength;
    if (queued === 0) {
      this.#measuredSince = -1;
      return false;
    }
    const taken = socket.bytesWritten - queued;
    if (this.#measuredSince === -1 || taken - this.#measuredFrom >= Math.max(1, minRate * windowSeconds)) {
      this.#measuredSince = seconds;
      this.#measuredFrom = taken;
      return false;
    }
    // What the socket has been given may have left all but its last byte.
    const allowed = windowSeconds + (minRate === 0 ? 0 : (taken - this.#measuredFrom + queued) / minRate);
    return seconds - this.#measuredSince > allowed;
  }

  #give(data: Buffer | string, encoding: "latin1" | "utf8", call: WriteCallback | undefined): void {
    const socket = this.#socket;
    const hasRoom = call === undefined ? socket.write(data, encoding) : socket.write(data, encoding, call);
    if (!hasRoom) this.#isStuck = true;
  }

  /** Makes sure that a callback is called, and once. */
  #owe(callback: WriteCallback): WriteCallback {
    this.#owed ??= new Set();
    const owed = this.#owed;
    // Of its own each time: the same function may be given twice, and each call is owed.
    const call: WriteCallback = (error) => callback(error ?? null);
    owed.add(call);
    return (error) => {
      // The socket calls back without an error for what it was sending when it was destroyed.
      if (error || this.#socket.destroyed) return;
      if (owed.delete(call)) call(null);
    };
  }
}

function releaseGathered(outgoing: Outgoing): void {
  outgoing.release();
}
