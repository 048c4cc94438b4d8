/** The settings that a handler reads; those that name handlers themselves are added in settings.ts. */

import type { CookieAttributes } from "../http/cookies.js";
import type { BaseLoader } from "../template/loader.js";
import type { CookieSecret } from "./signed-value.js";

/** Settings of an application that handlers read. Keys that are not listed are kept for the app's own use. */
export interface HandlerSettings {
  /** Turns on what helps while developing: traces on error pages, templates and static files read anew. Default false. */
  readonly debug?: boolean;
  /** Answers errors with the trace as plain text. Default: `debug`. */
  readonly serveTraceback?: boolean;
  /** Keeps compiled templates between requests. Default: not `debug`. */
  readonly compiledTemplateCache?: boolean;
  /** Keeps hashes of static files between requests. Default: not `debug`. */
  readonly staticHashCache?: boolean;

  /** At least 32 bytes, random, outside debug. Needed by signed cookies; `tornado secret` makes one. */
  readonly cookieSecret?: CookieSecret;
  /** Which key signs, when `cookieSecret` holds several. */
  readonly keyVersion?: number;
  /** Where `authenticated` sends people to log in. */
  readonly loginUrl?: string;

  /** Checks forms against forgery: by token, or by the browser's Sec-Fetch-Site and Origin. Default false. */
  readonly xsrfCookies?: boolean | "fetch-metadata";
  /** Further sites whose pages may send forms under `"fetch-metadata"`, such as `https://admin.example.com`. Default: none. */
  readonly trustedOrigins?: readonly string[];
  /** Form of the tokens. Default 2. */
  readonly xsrfCookieVersion?: 1 | 2;
  /** Attributes of the token's cookie. */
  readonly xsrfCookieKwargs?: CookieAttributes;
  /** Name of the token's cookie. Default `_xsrf`; the form field keeps that name. */
  readonly xsrfCookieName?: string;

  /** Folder of the templates; a relative one lies in the app's root. */
  readonly templatePath?: string;
  /** Loads templates in place of the folder. */
  readonly templateLoader?: BaseLoader;
  /** Name of the function that escapes expressions in templates. Default `xhtmlEscape`; `null` for none. */
  readonly autoescape?: string | null;
  /** What happens to white space in templates. Default: by file name. */
  readonly templateWhitespace?: "all" | "single" | "oneline";

  /** Folder of the static files; a relative one lies in the app's root. */
  readonly staticPath?: string;
  /** Default `/static/`. */
  readonly staticUrlPrefix?: string;

  /** Turns objects and arrays given to `write` into JSON. Default: `jsonEncode` of tornado/escape. */
  readonly jsonEncode?: (value: unknown) => string;

  /** Seconds between pings of a WebSocket; 0 or absent for none. */
  readonly websocketPingInterval?: number;
  /** Seconds to wait for the answer to a ping. Default: the interval. */
  readonly websocketPingTimeout?: number;
  /** Largest WebSocket message, in bytes. */
  readonly websocketMaxMessageSize?: number;
  /** Most bytes that may wait for a WebSocket's client when one more message is sent to it. Default 4 MiB. */
  readonly websocketMaxQueuedBytes?: number;

  readonly [key: string]: unknown;
}
