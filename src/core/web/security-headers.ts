/** The headers that make a browser defend a site's users, as one setting. */

import { TornadoError, toError } from "../errors.js";
import { HTTPHeaders } from "../http/headers.js";
import type { HTTPServerRequest } from "../http/request.js";

/** `true` for our defaults; an object changes some of them: a text replaces a header, `null` leaves it out. */
export type SecurityHeadersSetting = boolean | Readonly<Record<string, string | null>>;

/** `{nonce}` stands for a text made for each response; tags of UI modules carry it, and templates see it as `cspNonce`. */
const defaults: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; object-src 'none'; base-uri 'self'; frame-ancestors 'self'",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "SAMEORIGIN",
  "Referrer-Policy": "strict-origin-when-cross-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Strict-Transport-Security": "max-age=31536000",
};

/** The setting, ready to be put into responses. */
export class SecurityHeaders {
  readonly #fields: readonly (readonly [name: string, value: string])[];
  /** Whether a response needs a nonce. */
  readonly usesNonce: boolean;

  constructor(setting: Readonly<Record<string, string | null>> | true) {
    const byName = new Map(Object.entries(defaults).map(([name, value]) => [name.toLowerCase(), { name, value }]));
    for (const [name, value] of Object.entries(setting === true ? {} : setting)) {
      check(name, value);
      if (value === null) byName.delete(name.toLowerCase());
      else byName.set(name.toLowerCase(), { name, value });
    }
    this.#fields = [...byName.values()].map(({ name, value }) => [name, value]);
    this.usesNonce = this.#fields.some(([, value]) => value.includes("{nonce}"));
  }

  /** @param nonce - Called only when a header needs it. */
  addHeaders(request: HTTPServerRequest, headers: HTTPHeaders, nonce: string): void {
    for (const [name, value] of this.#fields) {
      // RFC 6797, section 7.2: never over plain HTTP.
      if (name.toLowerCase() === "strict-transport-security" && request.protocol !== "https") continue;
      headers.set(name, value.replaceAll("{nonce}", nonce));
    }
  }
}

/** Found when the app is made: at a request it would spoil every answer, error pages included. */
function check(name: string, value: unknown): void {
  try {
    if (value !== null && typeof value !== "string") throw new TypeError(`"${name}" is neither a text nor null`);
    new HTTPHeaders().add(name, value ?? "");
  } catch (error) {
    const reason = toError(error).message.replace(/\.$/, "");
    throw new TornadoError("BAD_SETTING", `The setting "securityHeaders" cannot be sent: ${reason}. Correct it.`, {
      cause: error,
    });
  }
}
