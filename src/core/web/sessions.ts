/** Sessions of an application (the `sessions` setting): how they are found in a request, and kept with the answer. */

import { randomBytes } from "node:crypto";
import type { CookieAttributes } from "../http/cookies.js";
import type { HTTPServerRequest } from "../http/request.js";
import { isPromise } from "./refuse-promise.js";
import { type KeptSession, Session } from "./session.js";
import type { SessionData, SessionStore } from "./session-store.js";

/** How sessions are kept. */
export interface SessionOptions {
  /** Keeps the values; the cookie then holds the session's id alone. Default: the signed cookie holds the values themselves. */
  readonly store?: SessionStore;
  /** Name of the cookie. Default `session`. */
  readonly cookieName?: string;
  /** Seconds that a session lasts from its last use. Default 14 days. */
  readonly maxAge?: number;
  /** Seconds that a session lasts from its beginning, however much it is used. Default: no limit. */
  readonly maxLifetime?: number;
  /** Whether the cookie ends with the browser. Default false. */
  readonly endsWithBrowser?: boolean;
  /** Most bytes of a session's values as JSON. Default 64 kB with a store; without one 2,800, and not more. */
  readonly maxSize?: number;
  /** Attributes of the cookie. Default `HttpOnly`, `SameSite=Lax`, and `Secure` over HTTPS. */
  readonly cookie?: Omit<CookieAttributes, "expires" | "expiresDays" | "maxAge">;
}

/** The part of a handler that sessions need. */
export interface SessionHandler {
  readonly request: HTTPServerRequest;
  getSignedCookie(name: string, options: { readonly maxAgeDays: number; readonly minVersion: number }): Buffer | null;
  setSignedCookie(name: string, value: string, options: CookieAttributes): void;
  clearCookie(name: string, attributes: SessionOptions["cookie"]): void;
}

/** Browsers keep at least 4,096 bytes of a cookie (RFC 6265, section 6.1); base64, signature and attributes take the rest. */
export const maxCookieSessionBytes = 2800;
const defaultMaxAgeSeconds = 14 * 86_400;
const secondsPerDay = 86_400;

/** The setting, ready for requests. */
export class Sessions {
  readonly #store: SessionStore | null;
  readonly #cookieName: string;
  readonly #maxAgeSeconds: number;
  readonly #maxLifetimeSeconds: number;
  readonly #maxBytes: number;
  readonly #endsWithBrowser: boolean;
  readonly #cookie: NonNullable<SessionOptions["cookie"]>;

  constructor(options: SessionOptions) {
    const { store = null, cookieName = "session", maxAge = defaultMaxAgeSeconds, endsWithBrowser = false } = options;
    this.#store = store;
    this.#cookieName = cookieName;
    this.#maxAgeSeconds = maxAge;
    this.#maxLifetimeSeconds = options.maxLifetime ?? Number.POSITIVE_INFINITY;
    this.#maxBytes = options.maxSize ?? (store === null ? maxCookieSessionBytes : 65_536);
    this.#endsWithBrowser = endsWithBrowser;
    this.#cookie = { httpOnly: true, ...options.cookie };
  }

  /** Whether finding a session may take time, and so happens before the handler runs. */
  get hasStore(): boolean {
    return this.#store !== null;
  }

  /** Finds the session of a request that keeps its values in the cookie. */
  open(handler: SessionHandler): Session {
    const found = this.#cookieContent(handler);
    return found === null ? this.empty() : new Session({ ...found, id: null, text: found.content }, this.#maxBytes);
  }

  /** Finds the session of a request in the store. */
  load(handler: SessionHandler): Session | Promise<Session> {
    const found = this.#cookieContent(handler);
    if (found === null) return this.empty();
    const { content: id, beganAt, isDueForRenewal } = found;
    const make = (data: SessionData | null | undefined) => {
      // An id that the store does not know is never taken up: it may be one that was given to somebody else.
      if (data === null || data === undefined) return this.empty();
      if (typeof data !== "object" || Array.isArray(data)) {
        throw new TypeError(
          `read() of the session store gave ${describe(data)}, not the object that write() was given.`,
        );
      }
      const kept: KeptSession = { id, text: JSON.stringify(data), beganAt, isDueForRenewal };
      return new Session(kept, Math.max(this.#maxBytes, Buffer.byteLength(kept.text)));
    };
    const data = this.#store!.read(id);
    return isPromise(data) ? Promise.resolve(data as Promise<SessionData | null>).then(make) : make(data);
  }

  /**
   * Keeps what has changed. The cookie is set before this returns.
   *
   * @returns When the store has it; `null` when there is nothing to wait for.
   */
  keep(session: Session, handler: SessionHandler): Promise<void> | null {
    const fate = session.seal();
    if (fate === "keep") return null;
    const store = this.#store;
    const oldId = session.keptId;
    if (fate === "delete") {
      handler.clearCookie(this.#cookieName, this.#cookie);
      return store === null || oldId === null ? null : settle(store.delete(oldId));
    }
    const text = session.toText();
    const now = Math.floor(Date.now() / 1000);
    const beganAt = fate === "write" ? (session.keptBeganAt ?? now) : now;
    const lastsSeconds = Math.max(1, Math.min(this.#maxAgeSeconds, beganAt + this.#maxLifetimeSeconds - now));
    if (store === null) {
      this.#setCookie(handler, text, now, beganAt, lastsSeconds);
      return null;
    }
    const id = fate === "write" && oldId !== null ? oldId : randomBytes(24).toString("base64url");
    this.#setCookie(handler, id, now, beganAt, lastsSeconds);
    const data = JSON.parse(text) as SessionData;
    const isNew = id !== oldId;
    return write(store, { id, data, lastsSeconds, isNew }, isNew ? oldId : null);
  }

  /** Makes a session that nothing is kept of. */
  empty(): Session {
    return new Session(null, this.#maxBytes);
  }

  /** The cookie is `time.beginning:content`, both in seconds since 1970 and base 36. */
  #cookieContent(handler: SessionHandler): { content: string; beganAt: number; isDueForRenewal: boolean } | null {
    const maxAgeDays = this.#maxAgeSeconds / secondsPerDay;
    const text = handler.getSignedCookie(this.#cookieName, { maxAgeDays, minVersion: 2 })?.toString();
    const [times, setAt, began] = /^([0-9a-z]+)\.([0-9a-z]+):/.exec(text ?? "") ?? [];
    if (text === undefined || times === undefined) return null;
    const now = Date.now() / 1000;
    const beganAt = Number.parseInt(began!, 36);
    if (now - beganAt > this.#maxLifetimeSeconds) return null;
    // Not at every request, which would make each answer different.
    const isDueForRenewal = now - Number.parseInt(setAt!, 36) > this.#maxAgeSeconds / 10;
    return { content: text.slice(times.length), beganAt, isDueForRenewal };
  }

  #setCookie(handler: SessionHandler, content: string, now: number, beganAt: number, lastsSeconds: number): void {
    handler.setSignedCookie(this.#cookieName, `${now.toString(36)}.${beganAt.toString(36)}:${content}`, {
      secure: handler.request.protocol === "https",
      ...this.#cookie,
      maxAge: this.#endsWithBrowser ? null : lastsSeconds,
      expiresDays: null,
    });
  }
}

async function write(
  store: SessionStore,
  { id, data, lastsSeconds, isNew }: { id: string; data: SessionData; lastsSeconds: number; isNew: boolean },
  oldId: string | null,
): Promise<void> {
  await store.write(id, data, lastsSeconds, { isNew });
  if (oldId !== null) await store.delete(oldId);
}

function describe(data: unknown): string {
  return Array.isArray(data) ? "a list" : `a ${typeof data}`;
}

function settle(result: void | Promise<void>): Promise<void> | null {
  return isPromise(result) ? Promise.resolve(result as Promise<void>) : null;
}
