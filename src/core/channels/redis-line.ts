/** One connection to Redis that is made anew when it is lost, also when Redis only stops to answer. */

import { setTimeout as sleep } from "node:timers/promises";

/** As much of a client of @redis/client as is used here. */
export interface RedisClient {
  on(event: "error", listener: (error: unknown) => void): unknown;
  connect(): Promise<unknown>;
  ping(): Promise<unknown>;
  publish(channel: string, message: string): Promise<number>;
  sendCommand(command: readonly string[]): Promise<unknown>;
  subscribe(channels: string | string[], listener: RedisListener): Promise<void>;
  unsubscribe(channel: string, listener: RedisListener): Promise<void>;
  destroy(): void;
}

/** Takes a message of a channel of Redis. */
export type RedisListener = (message: string, key: string) => void;

/** What happens to a line. */
export interface RedisLineEvents {
  /** A new connection stands. The line counts as up when this is done; what it throws ends the connection. */
  connected(client: RedisClient): Promise<void>;
  /** Asks something that Redis answers at once: one that does not is given up. */
  ask(client: RedisClient): Promise<unknown>;
  /** The connection is lost, or could not be made. Another is tried after a while. */
  lost(error: unknown): void;
}

/** How a line is watched. */
export interface RedisTiming {
  /** Between two questions whether Redis is still there, which a line that is cut without a word would not tell. */
  readonly watchIntervalMs: number;
  /** To connect, and to answer each such question. */
  readonly answerTimeoutMs: number;
}

export const usualTiming: RedisTiming = { watchIntervalMs: 5000, answerTimeoutMs: 5000 };

const firstDelayMs = 100;
const longestDelayMs = 2000;

/** Connects until it is closed. The library could try again by itself, but waits without end for one that never answers. */
export class RedisLine {
  readonly #create: () => RedisClient;
  readonly #events: RedisLineEvents;
  readonly #timing: RedisTiming;
  readonly #closing = new AbortController();
  readonly #ended: Promise<void>;

  constructor(create: () => RedisClient, events: RedisLineEvents, timing: RedisTiming) {
    this.#create = create;
    this.#events = events;
    this.#timing = timing;
    this.#ended = this.#run();
  }

  /** Ends the line for good. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      const client = this.#create();
      let end: (error: unknown) => void = () => {};
      const lost = new Promise<never>((_, reject) => {
        end = reject;
      });
      lost.catch(() => {});
      client.on("error", end);
      signal.addEventListener("abort", end, { once: true });
      try {
        await this.#inTime(client.connect(), lost);
        await this.#inTime(this.#events.connected(client), lost);
        failures = 0;
        await this.#watch(client, lost);
      } catch (error) {
        if (!signal.aborted) this.#events.lost(error);
      } finally {
        signal.removeEventListener("abort", end);
        client.destroy();
      }
      // Cut short by the end.
      await sleep(delay(failures++), undefined, { signal }).catch(() => {});
    }
  }

  /** Returns never: it ends by what it throws. */
  async #watch(client: RedisClient, lost: Promise<never>): Promise<never> {
    for (;;) {
      await Promise.race([sleep(this.#timing.watchIntervalMs, undefined, { ref: false }), lost]);
      await this.#inTime(this.#events.ask(client), lost);
    }
  }

  async #inTime<T>(work: Promise<T>, lost: Promise<never>): Promise<T> {
    const { answerTimeoutMs } = this.#timing;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`it has not answered for ${answerTimeoutMs / 1000} s`)),
        answerTimeoutMs,
      );
    });
    // What comes after the end of the race is of no account.
    work.catch(() => {});
    try {
      return await Promise.race([work, late, lost]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Processes that lose Redis together must not return together. */
function delay(failures: number): number {
  return Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures, 20)) * (0.8 + 0.4 * Math.random());
}
