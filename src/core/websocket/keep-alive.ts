/** Pings the other side, so that proxies keep the connection and one that is gone without a word is noticed. */

import { Timer } from "../async/timer.js";
import { closeCodes } from "./close-codes.js";

/** The connection that is kept alive. */
interface PingedConnection {
  readonly isOpen: boolean;
  readonly isPaused: boolean;
  ping(): void;
  close(code: number, reason: string): void;
}

/** Pings at intervals until it is stopped, and closes a connection that does not answer in time. */
export class KeepAlive {
  readonly #connection: PingedConnection;
  readonly #intervalSeconds: number;
  readonly #timeoutSeconds: number;
  #isAnswered = true;
  #timer: Timer;

  constructor(connection: PingedConnection, intervalSeconds: number, timeoutSeconds: number) {
    this.#connection = connection;
    this.#intervalSeconds = intervalSeconds;
    // An answer that may come later than the next ping could be the answer to either.
    this.#timeoutSeconds = Math.min(timeoutSeconds, intervalSeconds);
    this.#timer = new Timer(intervalSeconds, () => this.#ping());
  }

  /** A pong has arrived. */
  answered(): void {
    this.#isAnswered = true;
  }

  stop(): void {
    this.#timer.clear();
  }

  #ping(): void {
    if (!this.#connection.isOpen) return;
    this.#isAnswered = false;
    this.#connection.ping();
    this.#timer = new Timer(this.#timeoutSeconds, () => this.#check());
  }

  #check(): void {
    // While a callback works and more has come, nothing is read, the answer neither.
    if (!this.#isAnswered && !this.#connection.isPaused) {
      // Tornado says 1000, which tells clients that are only slow that they need not come back.
      if (this.#connection.isOpen) this.#connection.close(closeCodes.internalError, "ping timed out");
      return;
    }
    this.#timer = new Timer(this.#intervalSeconds - this.#timeoutSeconds, () => this.#ping());
  }
}
