/** Keeps the cookies of a test's client as a browser does, as far as one host needs it. */

import { parseHttpDate } from "../http/date.js";

interface StoredCookie {
  readonly name: string;
  /** As on the wire, quotes included: a browser sends it back unread. */
  readonly value: string;
  readonly path: string;
  readonly expiresMs: number;
}

/** Cookies of one host. `Secure` and `Domain` are not looked at, so that apps meant for HTTPS can be tested without it. */
export class CookieJar {
  readonly #cookies = new Map<string, StoredCookie>();

  /** Takes the Set-Cookie headers of a response. */
  store(setCookies: readonly string[], requestPath: string): void {
    for (const line of setCookies) {
      const cookie = parseSetCookie(line, requestPath);
      if (cookie === null) continue;
      const key = `${cookie.name};${cookie.path}`;
      if (cookie.expiresMs <= Date.now()) this.#cookies.delete(key);
      else this.#cookies.set(key, cookie);
    }
  }

  /** Sets a cookie for all paths. */
  set(name: string, value: string): void {
    this.#cookies.set(`${name};/`, { name, value, path: "/", expiresMs: Number.POSITIVE_INFINITY });
  }

  /** Gives the value that a request for the path would send, or `null`. */
  get(name: string, path = "/"): string | null {
    return this.#matching(path).find((cookie) => cookie.name === name)?.value ?? null;
  }

  /** Gives the Cookie header of a request, or `null` for none. */
  header(path: string): string | null {
    const cookies = this.#matching(path);
    return cookies.length === 0 ? null : cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  }

  /** Forgets all cookies, as a new browser has none. */
  clear(): void {
    this.#cookies.clear();
  }

  /** The longest path comes first (RFC 6265, section 5.4). */
  #matching(path: string): StoredCookie[] {
    const now = Date.now();
    return [...this.#cookies.values()]
      .filter((cookie) => cookie.expiresMs > now && isBelow(cookie.path, path))
      .sort((one, other) => other.path.length - one.path.length);
  }
}

function parseSetCookie(line: string, requestPath: string): StoredCookie | null {
  const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
  const equals = pair.indexOf("=");
  if (equals < 1) return null;
  let path = requestPath.slice(0, Math.max(1, requestPath.lastIndexOf("/")));
  let expiresMs = Number.POSITIVE_INFINITY;
  let hasMaxAge = false;
  for (const attribute of attributes) {
    const [key = "", value = ""] = split(attribute);
    if (key === "path" && value.startsWith("/")) path = value;
    if (key === "max-age" && /^-?[0-9]+$/.test(value)) {
      hasMaxAge = true;
      expiresMs = Number(value) > 0 ? Date.now() + Number(value) * 1000 : 0;
    }
    if (key === "expires" && !hasMaxAge) expiresMs = parseHttpDate(value)?.getTime() ?? expiresMs;
  }
  return { name: pair.slice(0, equals), value: pair.slice(equals + 1), path, expiresMs };
}

function split(attribute: string): [string, string] {
  const equals = attribute.indexOf("=");
  if (equals === -1) return [attribute.toLowerCase(), ""];
  return [attribute.slice(0, equals).trim().toLowerCase(), attribute.slice(equals + 1).trim()];
}

function isBelow(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}
