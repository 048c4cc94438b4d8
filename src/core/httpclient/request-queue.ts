/** Lets so many requests run at once; the others wait their turn. */

import { HTTPTimeoutError } from "./http-response.js";

/** Gives the place back; further calls do nothing. */
export type Release = () => void;

interface Waiting {
  readonly begin: () => void;
}

/** A line, first come first served. */
export class RequestQueue {
  readonly #maxRunning: number;
  readonly #waiting = new Set<Waiting>();
  #running = 0;

  constructor(maxRunning: number) {
    this.#maxRunning = maxRunning;
  }

  /** Resolves when it is the caller's turn. A timeout of 0 is none. */
  enter(timeoutMs: number, signal: AbortSignal): Promise<Release> {
    if (this.#running < this.#maxRunning) return Promise.resolve(this.#begin());
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", abort);
        this.#waiting.delete(waiting);
      };
      const waiting = {
        begin: () => {
          leave();
          resolve(this.#begin());
        },
      };
      const abort = () => {
        leave();
        reject(signal.reason);
      };
      const expire = () => {
        leave();
        const running = `${this.#maxRunning} requests are running`;
        reject(
          new HTTPTimeoutError(`Timeout in request queue: ${running}. Raise maxClients`, { kind: "queue-timeout" }),
        );
      };
      const timer = timeoutMs === 0 ? undefined : setTimeout(expire, timeoutMs);
      signal.addEventListener("abort", abort, { once: true });
      this.#waiting.add(waiting);
    });
  }

  #begin(): Release {
    this.#running++;
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#running--;
      const [next] = this.#waiting;
      next?.begin();
    };
  }
}
