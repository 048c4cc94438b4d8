/** What the server remembers of one visitor between requests, as a handler sees it. */

import { TornadoError } from "../errors.js";

/** What the request's session was, as it was kept. */
export interface KeptSession {
  /** Its id in the store; `null` when the cookie itself holds the data. */
  readonly id: string | null;
  /** The data as JSON text. */
  readonly text: string;
  /** When the session began, in seconds since 1970. */
  readonly beganAt: number;
  /** Whether so much time has passed that its cookie is to be sent again. */
  readonly isDueForRenewal: boolean;
}

/** What is to be done with the session when the answer goes out. */
export type SessionFate = "keep" | "write" | "regenerate" | "delete";

/** An empty session, as text. */
const emptyText = "{}";

/**
 * Values that stay with a visitor from request to request. Changes are kept when the answer goes out, and a session without
 * values is not kept at all.
 *
 * Values are what JSON can express. A value that is an object may also be changed in place.
 */
export class Session {
  readonly #kept: KeptSession | null;
  readonly #maxBytes: number;
  #values: Map<string, unknown>;
  #isDestroyed = false;
  #mustRegenerate = false;
  #isSealed = false;
  #isCookieSent = false;

  /** @param maxBytes - Most bytes that its JSON may have. */
  constructor(kept: KeptSession | null, maxBytes: number) {
    this.#kept = kept;
    this.#maxBytes = maxBytes;
    // A map, so that no key reaches a prototype.
    this.#values = new Map(kept === null ? [] : Object.entries(JSON.parse(kept.text) as object));
  }

  /** Whether the request brought no session. */
  get isNew(): boolean {
    return this.#kept === null;
  }

  /** Names of the values. */
  get keys(): string[] {
    return [...this.#values.keys()];
  }

  /** Returns a value, whose type is yours to know; `undefined` if there is none. */
  get<Value = unknown>(key: string): Value | undefined {
    return this.#values.get(key) as Value | undefined;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /**
   * Sets a value.
   *
   * @throws TypeError for a value that JSON has no word for.
   * @throws TornadoError `SESSION_TOO_LARGE` when the session outgrows its limit; the value before stays.
   */
  set(key: string, value: unknown): void {
    this.#refuseIfSealed();
    if (JSON.stringify(value) === undefined) {
      throw new TypeError(`A session cannot keep ${typeof value} as "${key}". Give it a value that JSON can express.`);
    }
    const had = this.#values.has(key);
    const before = this.#values.get(key);
    this.#values.set(key, value);
    try {
      this.toText();
    } catch (error) {
      if (had) this.#values.set(key, before);
      else this.#values.delete(key);
      throw error;
    }
  }

  /** Removes a value; says whether there was one. */
  delete(key: string): boolean {
    this.#refuseIfSealed();
    return this.#values.delete(key);
  }

  /**
   * Gives the session a new id and keeps its values; the old id is worth nothing any more. Call it when someone logs in:
   * whoever has planted or seen the id before must not be logged in along with them. Its `maxLifetime` begins anew.
   */
  regenerate(): void {
    this.#refuseIfSealed();
    this.#mustRegenerate = true;
  }

  /** Removes all values, the cookie, and what the store has: for logging out. Values set afterwards begin a new session. */
  destroy(): void {
    this.#refuseIfSealed();
    this.#values = new Map();
    this.#isDestroyed = true;
  }

  /** Whether the answer carries the session's cookie, or takes it away; known when it is sealed. */
  get isCookieSent(): boolean {
    return this.#isCookieSent;
  }

  /** When the kept session began, in seconds since 1970; `null` for a new one. */
  get keptBeganAt(): number | null {
    return this.#kept?.beganAt ?? null;
  }

  /** The kept session's id in the store. */
  get keptId(): string | null {
    return this.#kept?.id ?? null;
  }

  /**
   * The values as JSON.
   *
   * @throws TornadoError `SESSION_TOO_LARGE`
   */
  toText(): string {
    // Object.fromEntries defines its properties, so that even "__proto__" is a key like any other.
    const text = JSON.stringify(Object.fromEntries(this.#values));
    const bytes = Buffer.byteLength(text);
    if (bytes > this.#maxBytes) {
      throw new TornadoError(
        "SESSION_TOO_LARGE",
        `A session has ${bytes} bytes, and ${this.#maxBytes} are allowed. Keep less in it, or set a store in the "sessions" setting.`,
      );
    }
    return text;
  }

  /** Ends changes: the answer goes out. Says what is to be done; the second time, that is nothing. */
  seal(): SessionFate {
    if (this.#isSealed) return "keep";
    this.#isSealed = true;
    const fate = this.#decideFate();
    this.#isCookieSent = fate !== "keep";
    return fate;
  }

  #decideFate(): SessionFate {
    const text = this.toText();
    if (text === emptyText) return this.#kept === null ? "keep" : "delete";
    if (this.#isDestroyed || this.#mustRegenerate) return "regenerate";
    const isSame = this.#kept !== null && this.#kept.text === text && !this.#kept.isDueForRenewal;
    return isSame ? "keep" : "write";
  }

  #refuseIfSealed(): void {
    if (!this.#isSealed) return;
    throw new Error("The session cannot change any more: the answer's headers are out. Change it before flush().");
  }
}
