/** Where sessions are kept when they are not in the cookie itself. */

/** What a session holds: values that JSON can express. */
export type SessionData = Readonly<Record<string, unknown>>;

/** What a store is told when it writes a session. */
export interface SessionWriteOptions {
  readonly isNew: boolean;
}

/**
 * Keeps sessions: in Redis, a table, or wherever several processes find them.
 *
 * An id is only ever one that was made here; what a client invents never arrives.
 */
export interface SessionStore {
  /** Returns what was written under an id, or `null` when there is nothing or it has expired. */
  read(id: string): SessionData | null | Promise<SessionData | null>;
  /**
   * Keeps the data for so many seconds from now.
   *
   * @param options.isNew - False for a session that was read before: write it only if it is still there. Another request may have
   *   ended it meanwhile, and whoever has a copy of its cookie would be logged in again.
   */
  write(id: string, data: SessionData, maxAgeSeconds: number, options: SessionWriteOptions): void | Promise<void>;
  /** Forgets a session; there may be none. */
  delete(id: string): void | Promise<void>;
}

/**
 * Keeps sessions in the memory of one process: for development and tests.
 *
 * They end with the process, and the workers of `tornado start --fork` do not see one another's.
 */
export class MemorySessionStore implements SessionStore {
  readonly #maxSessions: number;
  /** In the order in which they were written. As text, so that nobody changes what is kept. */
  readonly #sessions = new Map<string, { readonly text: string; readonly expiresMs: number }>();

  /** @param options.maxSessions - Beyond these, the one that was written longest ago is forgotten. Default 10,000. */
  constructor(options: { readonly maxSessions?: number } = {}) {
    this.#maxSessions = options.maxSessions ?? 10_000;
  }

  /** How many sessions there are, some of which may have expired. */
  get size(): number {
    return this.#sessions.size;
  }

  read(id: string): SessionData | null {
    const kept = this.#sessions.get(id);
    if (kept === undefined) return null;
    if (kept.expiresMs > performance.now()) return JSON.parse(kept.text) as SessionData;
    this.#sessions.delete(id);
    return null;
  }

  write(id: string, data: SessionData, maxAgeSeconds: number, { isNew }: SessionWriteOptions = { isNew: true }): void {
    if (!this.#sessions.delete(id) && !isNew) return;
    this.#sessions.set(id, { text: JSON.stringify(data), expiresMs: performance.now() + maxAgeSeconds * 1000 });
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= this.#maxSessions) break;
      this.#sessions.delete(oldest);
    }
  }

  delete(id: string): void {
    this.#sessions.delete(id);
  }
}
