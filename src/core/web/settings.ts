/** The settings of an application: what they are, and the checks that a wrong one does not pass. */

import { TornadoError } from "../errors.js";
import { type CookieAttributes, serializeCookie } from "../http/cookies.js";
import type { CorsOptions } from "../http/cors.js";
import { applicationLog } from "../log.js";
import { nearestName } from "../nearest-name.js";
import type { HandlerClass } from "./handler-class.js";
import type { HandlerSettings } from "./handler-settings.js";
import type { OutputTransformClass } from "./output-transform.js";
import type { RequestHandler } from "./request-handler.js";
import type { RequestIdOptions } from "./request-ids.js";
import type { SecurityHeadersSetting } from "./security-headers.js";
import { maxCookieSessionBytes, type SessionOptions } from "./sessions.js";

/** A class that serves files and knows their versioned URLs; `StaticFileHandler` is one. */
export interface StaticHandlerClass extends HandlerClass {
  makeStaticUrl(settings: HandlerSettings, path: string, includeVersion?: boolean): string;
}

/** Names to UI modules or UI methods, or an ES module namespace, or a list of these. */
export type Named<Value> = Readonly<Record<string, Value>> | readonly Readonly<Record<string, Value>>[];

/** All settings of an application. Keys that are not listed are kept for the app's own use. */
export interface ApplicationSettings extends HandlerSettings {
  /** Host name to assume for requests that come to the machine by another name, as in Tornado. */
  readonly defaultHost?: string;
  /** Transforms of every response; given, they stand in place of what `compressResponse` adds. */
  readonly transforms?: readonly OutputTransformClass[];
  /** Compresses text with gzip, br or zstd, as the client likes. Default false. */
  readonly compressResponse?: boolean;
  /** Handles requests that no route takes. Default: a page that says 404. */
  readonly defaultHandlerClass?: HandlerClass;
  /** What `initialize` of that handler gets. */
  readonly defaultHandlerArgs?: object;
  /** Takes the place of the access-log line. */
  readonly logFunction?: (handler: RequestHandler) => void;
  /** Which other sites may read responses; a route may say otherwise. Default: none. */
  readonly cors?: CorsOptions;
  /** Sends headers that make browsers defend a site's users; an object changes single ones. Default false. */
  readonly securityHeaders?: SecurityHeadersSetting;
  /** Gives each request an id, and a context that `requestContext()` finds. Default false. */
  readonly requestId?: boolean | RequestIdOptions;
  /** Remembers visitors from request to request, as `this.session`; needs `cookieSecret`. Default false. */
  readonly sessions?: boolean | SessionOptions;
  /** UI modules that templates may use. */
  readonly uiModules?: Named<unknown>;
  /** Functions that templates may call; each gets the handler first. Names begin with a lower-case letter. */
  readonly uiMethods?: Named<unknown>;
  /** Serves the static files. Default `StaticFileHandler`. */
  readonly staticHandlerClass?: StaticHandlerClass;
  /** What `initialize` of that handler gets besides `path`, such as `defaultFilename`. */
  readonly staticHandlerArgs?: object;
  /** Settings of the app's own whose names look like a mistyped one of these: no warning is logged for them. */
  readonly ownSettings?: readonly string[];
}

type Check = (value: unknown) => string | null;

const isBoolean: Check = (value) => (typeof value === "boolean" ? null : "true or false");
const isFunction: Check = (value) => (typeof value === "function" ? null : "a function");
const isClass: Check = (value) => (typeof value === "function" ? null : "a class");
const isText: Check = (value) => (typeof value === "string" && value !== "" ? null : "a text that is not empty");
const isObject: Check = (value) => (typeof value === "object" && value !== null ? null : "an object");
const isSeconds: Check = (value) =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? null : "a number of seconds, 0 or more";
const isByteCount: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) > 0 ? null : "a whole number of bytes above 0";
const isWholeNumber: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? null : "a whole number, 0 or more";
const isOneOf =
  (...allowed: readonly unknown[]): Check =>
  (value) =>
    allowed.includes(value) ? null : `one of ${allowed.map((one) => JSON.stringify(one)).join(", ")}`;

function checkRequestId(value: unknown): string | null {
  if (typeof value === "boolean") return null;
  const { header = "X-Request-Id", generate = () => "", acceptIncoming = false } = Object(value) as RequestIdOptions;
  const isValid =
    isObject(value) === null &&
    typeof header === "string" &&
    /^[\w-]+$/.test(header) &&
    typeof generate === "function" &&
    typeof acceptIncoming === "boolean";
  return isValid ? null : 'true, false, or an object with "header", "generate" and "acceptIncoming"';
}

function areCookieAttributes(value: unknown): string | null {
  return isObject(value) === null && canBeCookie("name", value as CookieAttributes)
    ? null
    : "an object of attributes that a cookie can have";
}

function canBeCookie(name: unknown, attributes: CookieAttributes): boolean {
  try {
    serializeCookie(name as string, "value", attributes);
    return true;
  } catch {
    return false;
  }
}

function checkSessions(value: unknown): string | null {
  if (typeof value === "boolean") return null;
  if (isObject(value) !== null) return "true, false or an object of options";
  const {
    store,
    cookieName = "session",
    maxAge = 1,
    maxLifetime = 1,
    endsWithBrowser = false,
    maxSize = 1,
    cookie = {},
  } = value as SessionOptions;
  const isStore = (["read", "write", "delete"] as const).every((name) => typeof store?.[name] === "function");
  if (store !== undefined && !isStore) return 'an object whose "store" has the methods read, write and delete';
  if (isText(cookieName) !== null) return 'an object whose "cookieName" is a text';
  if (!Number.isSafeInteger(maxAge) || maxAge < 1)
    return 'an object whose "maxAge" is a whole number of seconds above 0';
  if (!Number.isSafeInteger(maxLifetime) || maxLifetime < 1)
    return 'an object whose "maxLifetime" is a whole number of seconds above 0';
  if (typeof endsWithBrowser !== "boolean") return 'an object whose "endsWithBrowser" is true or false';
  if (isByteCount(maxSize) !== null) return 'an object whose "maxSize" is a whole number of bytes above 0';
  if (store === undefined && maxSize > maxCookieSessionBytes) {
    return `an object whose "maxSize" is at most ${maxCookieSessionBytes}, which is what a cookie holds, unless it has a "store"`;
  }
  return areCookieAttributes(cookie) === null ? null : 'an object whose "cookie" has attributes that can be sent';
}

const checks: Readonly<Record<string, Check>> = {
  debug: isBoolean,
  serveTraceback: isBoolean,
  compiledTemplateCache: isBoolean,
  staticHashCache: isBoolean,
  compressResponse: isBoolean,
  cookieSecret: (value) =>
    typeof value === "string" || isObject(value) === null ? null : "a text, bytes, or an object of key versions",
  keyVersion: isWholeNumber,
  loginUrl: isText,
  xsrfCookies: isOneOf(true, false, "fetch-metadata"),
  trustedOrigins: (value) =>
    Array.isArray(value) && value.every((one) => typeof one === "string" && /^https?:\/\/[^/?#@\s]+$/.test(one))
      ? null
      : 'a list of origins such as "https://admin.example.com"',
  xsrfCookieVersion: isOneOf(1, 2),
  xsrfCookieKwargs: areCookieAttributes,
  xsrfCookieName: (value) => (canBeCookie(value, {}) ? null : "the name of a cookie"),
  templatePath: isText,
  templateLoader: isObject,
  autoescape: (value) => (value === null || isText(value) === null ? null : "the name of a function, or null"),
  templateWhitespace: isOneOf("all", "single", "oneline"),
  staticPath: isText,
  staticUrlPrefix: (value) =>
    typeof value === "string" && /^\/.*\/$|^\/$/.test(value) ? null : 'a path that begins and ends with "/"',
  staticHandlerClass: isClass,
  staticHandlerArgs: isObject,
  jsonEncode: isFunction,
  websocketPingInterval: isSeconds,
  websocketPingTimeout: isSeconds,
  websocketMaxMessageSize: isByteCount,
  websocketMaxQueuedBytes: isByteCount,
  defaultHost: isText,
  transforms: (value) => (Array.isArray(value) ? null : "a list of transform classes"),
  defaultHandlerClass: isClass,
  defaultHandlerArgs: isObject,
  logFunction: isFunction,
  cors: isObject,
  securityHeaders: (value) =>
    typeof value === "boolean" || isObject(value) === null ? null : "true, false, or an object of headers",
  requestId: checkRequestId,
  sessions: checkSessions,
  uiModules: isObject,
  uiMethods: isObject,
  ownSettings: (value) =>
    Array.isArray(value) && value.every((one) => typeof one === "string") ? null : "a list of names",
};

/**
 * Checks settings, and fills in what `debug` implies.
 *
 * @throws TornadoError `BAD_SETTING`, with the key named, for a value that a known key cannot have; `WEAK_COOKIE_SECRET` for a
 * secret that could be guessed, outside debug.
 */
export function completeSettings(given: ApplicationSettings): ApplicationSettings {
  for (const [key, value] of Object.entries(given)) {
    refuseTornadoSpelling(key);
    if (value === undefined) continue;
    if (!Object.hasOwn(checks, key)) warnOfMistyping(key, given.ownSettings);
    if (Object.hasOwn(replaced, key)) {
      throw new TornadoError("BAD_SETTING", `There is no setting "${key}": ${replaced[key]} Remove it.`);
    }
    const expected = Object.hasOwn(checks, key) ? checks[key]!(value) : null;
    if (expected !== null) {
      // A secret must not get into a log by way of an error.
      const shown = key === "cookieSecret" ? "what it is" : describe(value);
      throw new TornadoError(
        "BAD_SETTING",
        `The setting "${key}" must be ${expected}, not ${shown}. Correct it where the Application is made.`,
      );
    }
  }
  if (given.sessions && given.cookieSecret === undefined) {
    throw new TornadoError(
      "BAD_SETTING",
      'The setting "sessions" needs "cookieSecret", which signs their cookie. Make one with "tornado secret".',
    );
  }
  const settings = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const debug = given.debug === true;
  checkCookieSecret(given, debug);
  return {
    ...(debug ? { serveTraceback: true, compiledTemplateCache: false, staticHashCache: false } : {}),
    ...settings,
  };
}

/** Settings of Tornado's that have no effect here: kept in silence, they would be taken for working. */
const replaced: Readonly<Record<string, string>> = {
  autoreload: '"tornado dev" reloads the app.',
  gzip: '"compressResponse" has taken its place.',
};

function refuseTornadoSpelling(key: string): void {
  const camelCase = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (camelCase !== key && Object.hasOwn(checks, camelCase)) {
    throw new TornadoError("BAD_SETTING", `The setting "${key}" is written "${camelCase}" here. Rename it.`);
  }
}

/** An app may keep settings of its own here, so that a key that nobody knows is no error. */
function warnOfMistyping(key: string, ownSettings: unknown): void {
  const meant = nearestName(key, Object.keys(checks));
  if (meant === undefined || (Array.isArray(ownSettings) && ownSettings.includes(key))) return;
  // The beginning of a name, such as "template", is a likely name of the app's own.
  if (meant.length - key.length > 2) return;
  applicationLog.warn(
    `There is no setting "${key}". Did you mean "${meant}"? If it is the app's own, add it to the setting "ownSettings".`,
  );
}

function describe(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return JSON.stringify(value) ?? String(value);
}

const minimumSecretBytes = 32;
const placeholder =
  /__TODO|CHANGE[-_ ]?ME|GENERATE[-_ ]YOUR|PLACEHOLDER|EXAMPLE|REPLACE[-_ ]?(?:ME|THIS)|YOUR[-_ ]SECRET/i;

function checkCookieSecret({ cookieSecret, keyVersion }: ApplicationSettings, debug: boolean): void {
  if (cookieSecret === undefined) return;
  const isKeyed = typeof cookieSecret === "object" && !(cookieSecret instanceof Uint8Array);
  if (isKeyed) {
    if (keyVersion === undefined || !Object.hasOwn(cookieSecret, keyVersion)) {
      throw new TornadoError(
        "BAD_SETTING",
        `The setting "keyVersion" must name one of the keys of "cookieSecret" (${Object.keys(cookieSecret).join(", ")}), which signs.`,
      );
    }
  }
  if (debug) return;
  const secrets: (string | Uint8Array)[] = isKeyed ? Object.values(cookieSecret) : [cookieSecret];
  for (const secret of secrets) {
    const weakness = weaknessOf(secret);
    if (weakness !== null) {
      throw new TornadoError(
        "WEAK_COOKIE_SECRET",
        `The setting "cookieSecret" ${weakness}, so cookies could be forged. Make one with "tornado secret" and put it into the environment.`,
      );
    }
  }
}

function weaknessOf(secret: string | Uint8Array): string | null {
  const bytes = Buffer.from(secret as string);
  if (bytes.length === 0) return "is empty";
  if (bytes.length < minimumSecretBytes) return `is shorter than ${minimumSecretBytes} bytes`;
  if (placeholder.test(bytes.toString("latin1"))) return "is still a placeholder";
  if (new Set(bytes).size < 8) return "repeats a few characters only";
  return null;
}
