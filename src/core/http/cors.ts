/** Lets pages of other sites read responses: the CORS protocol of the Fetch standard. */

import { TornadoError } from "../errors.js";
import type { HTTPHeaders } from "./headers.js";
import type { HTTPServerRequest } from "./request.js";
import { addVary } from "./vary.js";

/** Who may read responses, and what a page elsewhere may send. */
export interface CorsOptions {
  /** `"*"` for everybody, or origins such as `https://app.example.com`; a RegExp must fit the whole origin. */
  readonly origins: "*" | readonly (string | RegExp)[] | ((origin: string) => boolean);
  /** Lets cookies come along; needs origins by name. Default false. */
  readonly credentials?: boolean;
  /** Methods that may be used. Default: those that the handler has. */
  readonly methods?: readonly string[];
  /** Request headers that may be sent. Default: those that are asked for. */
  readonly allowHeaders?: readonly string[];
  /** Response headers that a page may read besides the simple ones. */
  readonly exposeHeaders?: readonly string[];
  /** How long a browser may remember the answer to a preflight request, in seconds. Default 600. */
  readonly maxAge?: number;
}

/** The options, checked and ready. */
export class CorsPolicy {
  readonly #options: CorsOptions;
  readonly #allows: (origin: string) => boolean;
  readonly #isForAll: boolean;

  /** @throws TornadoError `BAD_SETTING` for what browsers would not honour, or for an origin that can match none. */
  constructor(options: CorsOptions) {
    const { origins, credentials = false, maxAge = 0 } = options;
    if (origins === "*" && credentials)
      refuse('has origins "*" and credentials. Name the origins that may send cookies.');
    if (!Number.isSafeInteger(maxAge) || maxAge < 0) refuse(`has maxAge ${maxAge}. Give whole seconds, 0 or more.`);
    for (const list of ["methods", "allowHeaders", "exposeHeaders"] as const) {
      const wrong = options[list]?.find((name) => typeof name !== "string" || !/^[\w!#$%&'*+.^`|~-]+$/.test(name));
      if (wrong !== undefined) refuse(`has ${JSON.stringify(wrong)} in ${list}. Give names, one each.`);
    }
    this.#options = options;
    this.#isForAll = origins === "*";
    this.#allows = originTest(origins);
  }

  /** Adds what every response needs. */
  addHeaders(request: HTTPServerRequest, headers: HTTPHeaders): void {
    const { credentials = false, exposeHeaders = [] } = this.#options;
    if (this.#isForAll) headers.set("Access-Control-Allow-Origin", "*");
    else {
      this.completeHeaders(headers);
      const origin = request.headers.get("Origin");
      if (origin === undefined || !this.#allows(origin)) return;
      headers.set("Access-Control-Allow-Origin", origin);
      if (credentials) headers.set("Access-Control-Allow-Credentials", "true");
    }
    if (exposeHeaders.length > 0) headers.set("Access-Control-Expose-Headers", exposeHeaders.join(", "));
  }

  /** Adds what a handler's own headers must not take away. */
  completeHeaders(headers: HTTPHeaders): void {
    // Also without an origin, or else a cache would give one site what was made for another.
    if (!this.#isForAll) addVary(headers, "Origin");
  }

  /** Whether a browser asks what it may send, before it sends it. */
  isPreflight(request: HTTPServerRequest): boolean {
    return (
      request.method === "OPTIONS" &&
      request.headers.has("Origin") &&
      request.headers.has("Access-Control-Request-Method")
    );
  }

  /** The further headers of the answer to a preflight request. */
  preflightHeaders(request: HTTPServerRequest, handlerMethods: readonly string[]): [name: string, value: string][] {
    const { methods = handlerMethods, allowHeaders, maxAge = 600 } = this.#options;
    const asked = request.headers.get("Access-Control-Request-Headers") ?? "";
    const allowed = allowHeaders?.join(", ") ?? (/^[\w!#$%&'*+.^`|~, -]*$/.test(asked) ? asked : "");
    return [
      ["Access-Control-Allow-Methods", methods.join(", ")],
      ...(allowed === "" ? [] : [["Access-Control-Allow-Headers", allowed] as [string, string]]),
      ["Access-Control-Max-Age", String(maxAge)],
    ];
  }
}

function originTest(origins: CorsOptions["origins"]): (origin: string) => boolean {
  if (origins === "*") return () => true;
  if (typeof origins === "function") return strictly(origins);
  if (!Array.isArray(origins)) refuse('has no list of origins. Give a list, a function or "*".');
  const names = new Set<string>();
  const patterns: RegExp[] = [];
  for (const origin of origins) {
    if (origin instanceof RegExp) {
      patterns.push(new RegExp(`^(?:${origin.source})$`, origin.flags.replace(/[gy]/g, "")));
    } else {
      if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+$/i.test(origin)) {
        refuse(`names the origin ${JSON.stringify(origin)}. Write scheme and host, such as "https://app.example.com".`);
      }
      names.add(origin.toLowerCase());
    }
  }
  return (origin) => names.has(origin.toLowerCase()) || patterns.some((pattern) => pattern.test(origin));
}

/** A promise is as good as true to an `if`, and would let everybody read. */
function strictly(allows: (origin: string) => unknown): (origin: string) => boolean {
  return (origin) => {
    const allowed = allows(origin);
    if (typeof allowed === "boolean") return allowed;
    // Nobody will ever wait for it: a rejection would end the process.
    if (allowed instanceof Promise) allowed.catch(() => {});
    throw new TypeError('The function "origins" of the setting "cors" must give true or false at once.');
  };
}

function refuse(what: string): never {
  throw new TornadoError("BAD_SETTING", `The setting "cors" ${what}`);
}
