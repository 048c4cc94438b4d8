/** The class that an app's handlers extend: one instance answers one request. */

import type { Duplex } from "node:stream";
import { TornadoError } from "../errors.js";
import { jsonEncode, xhtmlEscape } from "../escape.js";
import { type BodyPart, type BodyPartLimits, readBodyParts } from "../http/body-parts.js";
import type { BodyReader } from "../http/body-reader.js";
import type { ResponseStartLine, WriteCallback } from "../http/connection.js";
import { type CookieAttributes, serializeCookie } from "../http/cookies.js";
import { etagMatches } from "../http/etag.js";
import { HTTPHeaders } from "../http/headers.js";
import { reasonPhrase } from "../http/reasons.js";
import { refuseRequest } from "../http/refusal.js";
import type { HTTPServerRequest } from "../http/request.js";
import { isSafeRedirectTarget } from "../http/urls.js";
import { addVary } from "../http/vary.js";
import { chooseBrowserLocale } from "../locale/browser-locale.js";
import type { Locale } from "../locale/locale.js";
import { applicationLog, generalLog } from "../log.js";
import { redactUrl } from "../redact.js";
import type { ReverseArguments } from "../routing/reverse-path.js";
import { type ErrorAnswer, runtime } from "../runtime.js";
import { type BaseLoader, Loader } from "../template/loader.js";
import type { NamesOfTemplate } from "../template/template-arguments.js";
import { type ArgumentOptions, cleanArgument, collectArguments, decodeUtf8Argument } from "./arguments.js";
import { bodyTag } from "./body-tag.js";
import { defaultHeaders } from "./default-headers.js";
import { Delivery } from "./delivery.js";
import { errorPage, errorPagePolicy, errorTrace } from "./error-page.js";
import { expectedError } from "./expected-error.js";
import type { HandlerApplication } from "./handler-application.js";
import { allowHeader } from "./handler-methods.js";
import { asOutputError, type HeaderValue, headerText } from "./header-value.js";
import { HTTPError, MissingArgumentError } from "./http-error.js";
import { parseJsonBody } from "./json-body.js";
import { jsonText } from "./json-text.js";
import { embeddedCss, embeddedJs, insertResources, linkedCss, linkedJs } from "./page-resources.js";
import { encodeLocation } from "./redirect-location.js";
import { refusePromise } from "./refuse-promise.js";
import { appendChunk, bodyBytes, bodyLength, joinBody, type PendingBody } from "./response-body.js";
import type { ResponsePolicy } from "./response-policy.js";
import { runUnawaited } from "./run-unawaited.js";
import type { Session } from "./session.js";
import type { Sessions } from "./sessions.js";
import { type CookieSecret, createSignedValue, decodeSignedValue, getSignatureKeyVersion } from "./signed-value.js";
import { type StandardSchema, ValidationError, validate } from "./standard-schema.js";
import { TransformedOutput } from "./transformed-output.js";
import { UIModules } from "./ui-modules.js";
import { createXsrfToken, crossOriginFailure, xsrfFailure } from "./xsrf.js";

/** How `redirect` answers. */
export interface RedirectOptions {
  /** 301 in place of 302. Default false. */
  readonly permanent?: boolean;
  /** Any status from 300 to 399, in place of these two. */
  readonly status?: number;
  /** Allows a target on another site. Never set it for a target that came with the request. Default false. */
  readonly external?: boolean;
}

/** What `sendError` and `writeError` know about the error. */
export interface ErrorDetails {
  /** The exception, when one was the cause. */
  readonly error?: Error;
  /** Reason phrase of the status line, in place of the standard one. */
  readonly reason?: string;
}

/** Attributes of a cookie that is removed. */
export type ClearedCookieAttributes = Omit<CookieAttributes, "expires" | "expiresDays" | "maxAge">;

/** How a signed cookie is set. */
export interface SignedCookieOptions extends CookieAttributes {
  readonly version?: number;
}

/** Which signed cookie is accepted. */
export interface SignedCookieReading {
  /** A value to decode in place of the cookie's. */
  readonly value?: string;
  /** Older ones are refused. Default 31. */
  readonly maxAgeDays?: number;
  /** Older formats are refused. Default 1. */
  readonly minVersion?: number;
}

/** A value that is no promise: of an async `getCurrentUser` nothing is left. */
type Settled<Value> = Value extends PromiseLike<unknown> ? never : Value;

/** Ends the response without a promise; for the lifecycle in execute.ts alone. */
export const finishResponse: unique symbol = Symbol("finishResponse");
/** Takes what the settings add to responses; for the lifecycle alone. */
export const usePolicy: unique symbol = Symbol("usePolicy");
/** Ends the handler of a client that has left, without a try to send anything. */
export const endUnanswered: unique symbol = Symbol("endUnanswered");
/** Leaves the answer to somebody else; for FallbackHandler alone. */
export const giveAway: unique symbol = Symbol("giveAway");
/** Gives the headers of an answer that somebody else sends; for WebSocketHandler alone. */
export const sealHeaders: unique symbol = Symbol("sealHeaders");
/** Finds the session in its store before anything asks for it; for the lifecycle alone. */
export const loadSession: unique symbol = Symbol("loadSession");
/** Lets the method read the body; for the lifecycle alone. */
export const openBody: unique symbol = Symbol("openBody");
/** Where the names of a template have their handler, whatever the page calls `handler`. */
const namesOf: unique symbol = Symbol("namesOf");
/** The page that an asynchronous template is still being rendered to, if the handler did not wait for it. */
export const pendingPage: unique symbol = Symbol("pendingPage");

/**
 * Answers requests. Subclass it, write a method for each HTTP method, and put the class into the route table.
 *
 * The order of a request: constructor, `setDefaultHeaders`, `initialize`, `prepare`, the method, `onFinish`. `prepare` and
 * the methods may be async; a `finish()` in `prepare` skips the method. When the method is done, the response is finished.
 *
 * ```ts
 * class Story extends RequestHandler<{ stories: Stories }> {
 *   #stories!: Stories;
 *   override initialize({ stories }: { stories: Stories }) { this.#stories = stories; }
 *   async get(id: string) { this.write(await this.#stories.find(id)); }
 * }
 * ```
 *
 * @typeParam Kwargs - What `initialize` gets from the rule.
 * @typeParam App - The class of `this.application`.
 */
export class RequestHandler<Kwargs extends object = object, App extends HandlerApplication = HandlerApplication> {
  /** HTTP methods that are looked for at all; others are answered 405. */
  static readonly SUPPORTED_METHODS: readonly string[] = ["GET", "HEAD", "POST", "DELETE", "PATCH", "PUT", "OPTIONS"];
  /** Whether the body comes in pieces, to `dataReceived` or to the method that reads it; set by `@streamRequestBody`. */
  static readonly streamsRequestBody: boolean = false;

  /** Whether the session is fetched from its store before the handler runs. */
  static readonly usesSession: boolean = true;

  /** Whether the handler of a rule with these arguments gets its body in pieces. Asked when routes are made. */
  static streamsRequestBodyWith(_kwargs: object): boolean {
    // biome-ignore lint/complexity/noThisInStatic: the class that it is called on may be a subclass with its own value
    return this.streamsRequestBody;
  }

  readonly application: App;
  readonly request: HTTPServerRequest;
  /** Positional arguments of the route, decoded. */
  pathArgs: readonly (string | null)[] = noArguments;
  /** Named arguments of the route, decoded. */
  pathKwargs: Readonly<Record<string, string | null>> = noNames;

  #statusCode = 200;
  #reason: string | null = null;
  #headers: HTTPHeaders = defaultHeaders();
  #body: PendingBody = "";
  #areHeadersWritten = false;
  /** Whether the transport did not take status and headers, so that nothing is out although they cannot change any more. */
  #isHeadRefused = false;
  #isFinished = false;
  #newCookies: Map<string, string> | null = null;
  #output: TransformedOutput | null = null;
  #currentUser: unknown = unknown;
  #xsrfToken: string | null = null;
  #locale: Locale | undefined;
  #pendingPage: Promise<void> | null = null;
  #modules: UIModules | null = null;
  #areTemplatesFresh = false;
  #policy: ResponsePolicy | null = null;
  #cspNonce: string | null = null;
  #session: Session | null = null;
  #isSessionUsed = false;
  #bodyReader: BodyReader | null = null;

  constructor(application: App, request: HTTPServerRequest) {
    this.application = application;
    this.request = request;
  }

  // ---- The lifecycle: what a subclass may define ----------------------------------------------------------------

  /** Takes the rule's arguments. Called once, before `prepare`; must not be async. */
  initialize(_kwargs: Kwargs): void {}

  /** Runs before every HTTP method of this handler. */
  prepare(): void | Promise<void> {}

  /** Runs after the response has gone out; it cannot write any more. */
  onFinish(): void {}

  /** Runs when the client leaves before it is answered; `request.signal` is aborted by then. */
  onConnectionClose(): void {}

  /**
   * Takes a piece of the body, with `@streamRequestBody`. A returned promise holds back the next piece. The method is called
   * when the body has arrived.
   *
   * A handler that does not have it reads its body in the method, by `parts` or `bodyChunks`.
   */
  dataReceived(_chunk: Buffer): void | Promise<void> {}

  /** Sets headers that every response of this handler has, error pages included. */
  setDefaultHeaders(): void {}

  // ---- What the application knows --------------------------------------------------------------------------------

  get settings(): App["settings"] {
    return this.application.settings;
  }

  /** @throws TornadoError `MISSING_SETTING`, naming the setting, when it is not set. */
  requireSetting(name: string, feature = "this feature"): void {
    if (!this.settings[name]) {
      throw new TornadoError(
        "MISSING_SETTING",
        `${feature} needs the "${name}" setting. Add it to the Application's settings.`,
      );
    }
  }

  /** Builds the path of a named route. */
  reverseUrl(name: string, ...args: ReverseArguments): string {
    return this.application.reverseUrl(name, ...args);
  }

  /**
   * Builds the URL of a static file, with a version that changes with the file's content.
   *
   * @param options.includeHost - Gives an absolute URL. Default: the handler's property of that name, or false.
   */
  staticUrl(path: string, options: { readonly includeHost?: boolean; readonly includeVersion?: boolean } = {}): string {
    this.requireSetting("staticPath", "staticUrl()");
    const includeHost = options.includeHost ?? (this as { readonly includeHost?: boolean }).includeHost ?? false;
    const url = this.application.makeStaticUrl(path, options.includeVersion ?? true);
    return includeHost ? `${this.request.protocol}://${this.request.host}${url}` : url;
  }

  /** The nonce that scripts and styles of this response must carry, when the `securityHeaders` setting asks for one. */
  get cspNonce(): string | null {
    return this.#cspNonce;
  }

  // ---- Arguments -------------------------------------------------------------------------------------------------

  /**
   * Returns the last value of an argument of the query or the form.
   *
   * @throws MissingArgumentError (400) when it is not there and no default is given.
   */
  getArgument(name: string): string;
  getArgument<Default>(name: string, defaultValue: Default, options?: ArgumentOptions): string | Default;
  getArgument(name: string, ...rest: [defaultValue?: unknown, options?: ArgumentOptions]): unknown {
    return this.#lastArgument(this.request.arguments, name, rest);
  }

  /** Returns all values of an argument, those of the query first. */
  getArguments(name: string, options?: ArgumentOptions): string[];
  /**
   * Checks all arguments with a validator: each is a text, or a list of texts where its name came more than once.
   *
   * @throws ValidationError (400) with the issues.
   */
  getArguments<Output>(schema: StandardSchema<Output>): Promise<Output>;
  getArguments<Output>(wanted: string | StandardSchema<Output>, options?: ArgumentOptions): string[] | Promise<Output> {
    if (typeof wanted === "string") return this.#allArguments(this.request.arguments, wanted, options);
    const read = (name: string) => this.getArguments(name);
    return validate(wanted, collectArguments(this.request.arguments.keys(), read), "The arguments");
  }

  /** As `getArgument`, of the query alone. */
  getQueryArgument(name: string): string;
  getQueryArgument<Default>(name: string, defaultValue: Default, options?: ArgumentOptions): string | Default;
  getQueryArgument(name: string, ...rest: [defaultValue?: unknown, options?: ArgumentOptions]): unknown {
    return this.#lastArgument(this.request.queryArguments, name, rest);
  }

  /** As `getArguments`, of the query alone. */
  getQueryArguments(name: string, options?: ArgumentOptions): string[] {
    return this.#allArguments(this.request.queryArguments, name, options);
  }

  /** As `getArgument`, of the form alone. */
  getBodyArgument(name: string): string;
  getBodyArgument<Default>(name: string, defaultValue: Default, options?: ArgumentOptions): string | Default;
  getBodyArgument(name: string, ...rest: [defaultValue?: unknown, options?: ArgumentOptions]): unknown {
    return this.#lastArgument(this.request.bodyArguments, name, rest);
  }

  /** As `getArguments`, of the form alone. */
  getBodyArguments(name: string, options?: ArgumentOptions): string[] {
    return this.#allArguments(this.request.bodyArguments, name, options);
  }

  /**
   * Decodes the bytes of an argument, and of a group of the path. Override it for another encoding than UTF-8.
   *
   * @throws HTTPError 400 when they are not valid.
   */
  decodeArgument(value: Buffer, name?: string | null): string {
    return decodeUtf8Argument(value, name);
  }

  /**
   * Returns the JSON body; its type is yours to know.
   *
   * @throws HTTPError 415 when the request does not declare JSON, 400 when the body is none.
   */
  getJson<Value = unknown>(): Value;
  /**
   * Returns the JSON body, checked by a validator that follows Standard Schema.
   *
   * @throws ValidationError (400) with the issues.
   */
  getJson<Output>(schema: StandardSchema<Output>): Promise<Output>;
  getJson<Output>(schema?: StandardSchema<Output>): unknown {
    const value = parseJsonBody(this.request.headers.get("Content-Type"), this.request.body);
    return schema === undefined ? value : validate(schema, value, "The JSON body");
  }

  /**
   * Reads the parts of an uploaded form as they arrive, with `@streamRequestBody`: no file is in memory as a whole, and the
   * client is held back while a part is worked on.
   *
   * ```ts
   * for await (const part of this.parts({ maxFileSize: 1e9 })) {
   *   if (part.filename === undefined) fields.set(part.name, await part.text());
   *   else await pipeline(part, createWriteStream(pathFor(part)));
   * }
   * ```
   *
   * @throws HTTPInputError 415 for a body of another type, 400 for a broken one, 413 for a part that is too large; it is answered
   *   with that status.
   */
  parts(limits?: BodyPartLimits): AsyncIterable<BodyPart> {
    return readBodyParts(this.bodyChunks(), this.request.headers.get("Content-Type"), limits);
  }

  /** Reads the body as it arrives, in pieces of any size, with `@streamRequestBody`. The client is held back meanwhile. */
  bodyChunks(): AsyncIterable<Buffer> {
    if (this.#bodyReader !== null) return this.#bodyReader;
    throw new TornadoError(
      "BODY_NOT_STREAMED",
      `${this.constructor.name} cannot read its body in pieces here. Decorate the class with @streamRequestBody, give it no dataReceived(), and read in the HTTP method.`,
    );
  }

  [openBody](reader: BodyReader): void {
    this.#bodyReader = reader;
  }

  #lastArgument(
    source: ReadonlyMap<string, Buffer[]>,
    name: string,
    rest: readonly [defaultValue?: unknown, options?: ArgumentOptions],
  ): unknown {
    const last = source.get(name)?.at(-1);
    if (last === undefined) {
      if (rest.length === 0) throw new MissingArgumentError(name);
      return rest[0];
    }
    return cleanArgument(this.decodeArgument(last, name), rest[1]?.strip ?? true);
  }

  #allArguments(source: ReadonlyMap<string, Buffer[]>, name: string, options: ArgumentOptions = {}): string[] {
    const strip = options.strip ?? true;
    return (source.get(name) ?? []).map((value) => cleanArgument(this.decodeArgument(value, name), strip));
  }

  // ---- Cookies ---------------------------------------------------------------------------------------------------

  /** The request's cookies by name. */
  get cookies(): Map<string, string> {
    return this.request.cookies;
  }

  /** Returns a cookie of the request; one set in this response is not seen. */
  getCookie(name: string): string | null;
  getCookie<Default>(name: string, defaultValue: Default): string | Default;
  getCookie(name: string, defaultValue: unknown = null): unknown {
    return this.request.cookies.get(name) ?? defaultValue;
  }

  /**
   * Sets a cookie, with `SameSite=Lax` unless told otherwise. A second call with the same name takes the place of the first.
   *
   * @throws TornadoError `BAD_COOKIE` when the name, the value or an attribute could begin another attribute or header.
   */
  setCookie(name: string, value: string | Uint8Array, attributes: CookieAttributes = {}): void {
    const text = typeof value === "string" ? value : Buffer.from(value).toString("latin1");
    const cookie = serializeCookie(name, text, attributes, { defaultSameSite: "Lax" });
    this.#newCookies ??= new Map();
    // To the end, as a newly set one.
    this.#newCookies.delete(name);
    this.#newCookies.set(name, cookie);
  }

  /** Removes a cookie from the browser. `path` and `domain` must be those it was set with. */
  clearCookie(name: string, attributes: ClearedCookieAttributes = {}): void {
    for (const key of ["expires", "expiresDays", "maxAge"]) {
      if (Object.hasOwn(attributes, key))
        throw new TypeError(`clearCookie() takes no "${key}": it sets one in the past.`);
    }
    this.setCookie(name, "", { ...attributes, expiresDays: -365 });
  }

  /**
   * Removes every cookie of the request.
   *
   * @deprecated Name the cookies: attributes differ from one to the other.
   */
  clearAllCookies(attributes: ClearedCookieAttributes = {}): void {
    for (const name of this.request.cookies.keys()) this.clearCookie(name, attributes);
  }

  /**
   * Sets a cookie that the client cannot alter; it can read it.
   *
   * @param options.expiresDays - Default 30; `null` for the browser's session. `getSignedCookie` has a limit of its own.
   * @param options.version - Format, 1 or 2. Default 2.
   * @throws TornadoError `MISSING_SETTING` without the `cookieSecret` setting.
   */
  setSignedCookie(name: string, value: string | Uint8Array, options: SignedCookieOptions = {}): void {
    const { expiresDays = 30, version, ...attributes } = options;
    this.setCookie(name, this.createSignedValue(name, value, version), { ...attributes, expiresDays });
  }

  /** Signs a value as `setSignedCookie` does, for use elsewhere than in a cookie. */
  createSignedValue(name: string, value: string | Uint8Array, version?: number): string {
    const { keyVersion } = this.settings;
    return createSignedValue(this.#cookieSecret("setSignedCookie()"), name, value, { version, keyVersion });
  }

  /** Returns the value of a signed cookie, or `null` if it is missing, altered or too old. */
  getSignedCookie(name: string, options: SignedCookieReading = {}): Buffer | null {
    const { value = this.request.cookies.get(name), maxAgeDays, minVersion } = options;
    return decodeSignedValue(this.#cookieSecret("getSignedCookie()"), name, value, { maxAgeDays, minVersion });
  }

  /** Returns which key signed a cookie, or `null`; the signature is not checked. */
  getSignedCookieKeyVersion(name: string, value: string | null = this.getCookie(name)): number | null {
    this.requireSetting("cookieSecret", "getSignedCookieKeyVersion()");
    return value === null ? null : getSignatureKeyVersion(value);
  }

  /** @deprecated Tornado's name until 6.3: use {@link RequestHandler.setSignedCookie}. */
  setSecureCookie(name: string, value: string | Uint8Array, options?: SignedCookieOptions): void {
    this.setSignedCookie(name, value, options);
  }

  /** @deprecated Tornado's name until 6.3: use {@link RequestHandler.getSignedCookie}. */
  getSecureCookie(name: string, options?: SignedCookieReading): Buffer | null {
    return this.getSignedCookie(name, options);
  }

  /** @deprecated Tornado's name until 6.3: use {@link RequestHandler.getSignedCookieKeyVersion}. */
  getSecureCookieKeyVersion(name: string, value?: string | null): number | null {
    return this.getSignedCookieKeyVersion(name, value);
  }

  #cookieSecret(feature: string): CookieSecret {
    this.requireSetting("cookieSecret", feature);
    return this.settings.cookieSecret!;
  }

  // ---- The session -----------------------------------------------------------------------------------------------

  /**
   * What the server remembers of this visitor. Changes are kept when the answer goes out.
   *
   * @throws TornadoError `MISSING_SETTING` without the `sessions` setting.
   */
  get session(): Session {
    if (this.#session === null) {
      const { sessions } = this.application;
      if (sessions === null) this.requireSetting("sessions", "this.session");
      if (sessions!.hasStore) {
        throw new TornadoError(
          "SESSION_NOT_LOADED",
          `The session of ${this.constructor.name} is fetched before prepare(), and not for a handler with usesSession = false.`,
        );
      }
      this.#session = sessions!.open(this);
      if (this.#areHeadersWritten) this.#session.seal();
    }
    this.#isSessionUsed = true;
    return this.#session;
  }

  [loadSession](sessions: Sessions): Promise<void> | null {
    if (this.#session !== null) return null;
    // Of a store that fails it is not asked for again: the error page has to do without.
    this.#session = sessions.empty();
    const loaded = sessions.load(this);
    if (loaded instanceof Promise) {
      return loaded.then((session) => {
        this.#session = session;
      });
    }
    this.#session = loaded;
    return null;
  }

  // ---- The user, the language, and forgery -------------------------------------------------------------------------

  /** Who is logged in, as `getCurrentUser` says; asked once. `prepare` may set it, when finding out is asynchronous. */
  get currentUser(): Settled<ReturnType<this["getCurrentUser"]>> {
    if (this.#currentUser === unknown) {
      const user = this.getCurrentUser();
      refusePromise(user, "getCurrentUser()");
      this.#currentUser = user;
    }
    return this.#currentUser as Settled<ReturnType<this["getCurrentUser"]>>;
  }

  set currentUser(user: unknown) {
    // A promise is true whatever comes of it: everybody would be logged in.
    refusePromise(user, "currentUser");
    this.#currentUser = user;
  }

  /** Override it to say who is logged in, for instance by a signed cookie. It cannot be async: set `currentUser` in `prepare`. */
  getCurrentUser(): unknown {
    return null;
  }

  /** Where `authenticated` sends people: the `loginUrl` setting. */
  getLoginUrl(): string {
    this.requireSetting("loginUrl", "@authenticated");
    return this.settings.loginUrl!;
  }

  /** The language of the answer: the user's, or else the browser's. `prepare` may set it. */
  get locale(): Locale {
    if (this.#locale === undefined) {
      const chosen = this.getUserLocale();
      refusePromise(chosen, "getUserLocale()");
      this.#locale = chosen ?? this.getBrowserLocale();
    }
    return this.#locale;
  }

  set locale(locale: Locale) {
    this.#locale = locale;
  }

  /** Override it to give the language that the user has chosen. */
  getUserLocale(): Locale | null {
    return null;
  }

  /** Chooses the language by the Accept-Language header. */
  getBrowserLocale(defaultCode = "en_US"): Locale {
    return chooseBrowserLocale(this.request.headers.get("Accept-Language"), defaultCode);
  }

  /** The token that a form must carry; the cookie it is compared with is set when the request brought none. */
  get xsrfToken(): string {
    if (this.#xsrfToken === null) {
      const { xsrfCookieVersion = 2, xsrfCookieKwargs = {} } = this.settings;
      const { text, isNew } = createXsrfToken(xsrfCookieVersion, this.getCookie(this.#xsrfCookieName));
      if (isNew) {
        const lasts = this.currentUser && xsrfCookieKwargs.expiresDays === undefined ? { expiresDays: 30 } : {};
        this.setCookie(this.#xsrfCookieName, text, { ...lasts, ...xsrfCookieKwargs });
      }
      this.#xsrfToken = text;
    }
    return this.#xsrfToken;
  }

  /**
   * Refuses a form that did not come from a page of ours. Override it to exempt a handler, or to check otherwise; it may be async.
   *
   * @throws HTTPError 403
   */
  checkXsrfCookie(): void | Promise<void> {
    const { headers, method, host } = this.request;
    const failure =
      this.settings.xsrfCookies === "fetch-metadata"
        ? crossOriginFailure({
            method,
            host,
            secFetchSite: headers.get("Sec-Fetch-Site"),
            origin: headers.get("Origin"),
            trustedOrigins: this.settings.trustedOrigins,
          })
        : xsrfFailure(
            this.getCookie(this.#xsrfCookieName),
            this.getArgument("_xsrf", null) || headers.get("X-Xsrftoken") || headers.get("X-Csrftoken"),
          );
    if (failure !== null) throw expectedError(403, failure);
    return undefined;
  }

  /** The hidden field that carries the token; nothing where the check needs none. */
  xsrfFormHtml(): string {
    if (this.settings.xsrfCookies === "fetch-metadata") return "";
    return `<input type="hidden" name="_xsrf" value="${xhtmlEscape(this.xsrfToken)}"/>`;
  }

  get #xsrfCookieName(): string {
    return this.settings.xsrfCookieName ?? "_xsrf";
  }

  // ---- Status and headers ----------------------------------------------------------------------------------------

  /** Sets the status; a reason that could not stand in a status line becomes `Unknown`. */
  setStatus(statusCode: number, reason?: string | null): void {
    if (!Number.isInteger(statusCode) || (statusCode < 200 && statusCode !== 101) || statusCode > 999) {
      throw new RangeError(`setStatus() takes 101 or a whole number from 200 to 999, not ${String(statusCode)}.`);
    }
    this.#statusCode = statusCode;
    const isGiven = reason !== undefined && reason !== null;
    this.#reason = isGiven && !isReasonPhrase(reason) ? "Unknown" : (reason ?? null);
  }

  getStatus(): number {
    return this.#statusCode;
  }

  /** Sets a header in place of all of that name. */
  setHeader(name: string, value: HeaderValue): void {
    const text = headerText(name, value);
    try {
      this.#headers.set(name, text);
    } catch (error) {
      throw asOutputError(error);
    }
  }

  /** Adds a header behind those that are there. */
  addHeader(name: string, value: HeaderValue): void {
    const text = headerText(name, value);
    try {
      this.#headers.add(name, text);
    } catch (error) {
      throw asOutputError(error);
    }
  }

  /** Removes a header. */
  clearHeader(name: string): void {
    this.#headers.delete(name);
  }

  /** Returns a header set so far. */
  getHeader(name: string): string | undefined {
    return this.#headers.get(name);
  }

  /** Begins the response anew: headers, status and body; cookies stay. */
  clear(): void {
    this.#headers = defaultHeaders();
    this.#body = "";
    this.#statusCode = 200;
    this.#reason = null;
    this.#policy?.addHeaders(this.request, this.#headers, this.#cspNonce);
    refusePromise(this.setDefaultHeaders(), "setDefaultHeaders()");
  }

  // ---- Writing ---------------------------------------------------------------------------------------------------

  /** Whether the response has been finished, or the connection handed over. */
  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** Whether status and headers have been sent and cannot change any more. */
  get areHeadersWritten(): boolean {
    return this.#areHeadersWritten;
  }

  /**
   * Adds to the body. Objects and arrays are sent as JSON, with the Content-Type set to it.
   *
   * @throws TypeError for what is neither text, bytes, an object nor an array.
   */
  write(chunk: string | Uint8Array | object): void {
    if (this.#isFinished) throw new Error("Cannot write() after finish(). Was an await forgotten?");
    if (typeof chunk === "string" || chunk instanceof Uint8Array) {
      this.#body = appendChunk(this.#body, chunk);
      return;
    }
    const text = jsonText(chunk, this.settings.jsonEncode ?? jsonEncode);
    this.setHeader("Content-Type", "application/json; charset=UTF-8");
    this.#body = appendChunk(this.#body, text);
  }

  /**
   * Sends what was written so far; status and headers are fixed by it.
   *
   * @returns When it has been handed to the operating system; rejects when the client has left, which may be ignored.
   */
  flush(): Promise<void> {
    if (this.#isFinished) throw new Error("Cannot flush() after finish(). Was an await forgotten?");
    const delivery = new Delivery();
    this.#send(false, delivery.callback);
    return delivery.promise;
  }

  /**
   * Ends the response, with a last piece if one is given.
   *
   * @returns When it has been handed to the operating system; rejects when the client has left, which may be ignored.
   */
  finish(chunk?: string | Uint8Array | object): Promise<void> {
    if (this.#isFinished) throw new Error("finish() was called twice. Was an await forgotten?");
    if (chunk !== undefined) this.write(chunk);
    const delivery = new Delivery();
    this.#finish(delivery.callback);
    return delivery.promise;
  }

  [usePolicy](policy: ResponsePolicy): void {
    this.#policy = policy;
    this.#cspNonce = policy.createNonce();
    policy.addHeaders(this.request, this.#headers, this.#cspNonce);
  }

  [finishResponse](): void {
    this.#finish();
  }

  [endUnanswered](): void {
    // In the access log it must not look answered; the number is nginx's.
    if (!this.#areHeadersWritten) this.#statusCode = 499;
    this.#conclude();
  }

  #finish(done?: WriteCallback): void {
    if (!this.#areHeadersWritten) this.#completeHeaders();
    this.#send(true, done);
    this.#conclude();
  }

  #conclude(): void {
    this.#isFinished = true;
    void this.#bodyReader?.return();
    this.request.markFinished();
    // What the answer becomes may depend on a session that is still being kept, or on a transform that takes its time.
    const sending = this.#output?.pending ?? null;
    if (sending === null) this.#afterResponse();
    else sending.then(() => this.#afterResponse());
  }

  /** Adds what only a response known to its end can say: its ETag and its length. */
  #completeHeaders(): void {
    const { method } = this.request;
    if (this.#statusCode === 200 && (method === "GET" || method === "HEAD")) {
      if (!this.#headers.has("Etag")) this.setEtagHeader();
      if (this.checkEtagHeader()) {
        this.#body = "";
        this.setStatus(304);
      }
    }
    const length = bodyLength(this.#body);
    if (hasNoBody(this.#statusCode)) {
      if (length > 0) throw new Error(`A response with status ${this.#statusCode} cannot have a body.`);
      for (const name of ["Content-Encoding", "Content-Language", "Content-Type"]) this.#headers.delete(name);
    } else if (!this.#headers.has("Content-Length")) {
      this.#headers.add("Content-Length", String(length));
    }
  }

  #send(finishing: boolean, done: WriteCallback | undefined): void {
    const { connection, method } = this.request;
    const isFirst = !this.#areHeadersWritten;
    const keeping = isFirst ? this.#sealHeaders() : null;
    const body = this.#body;
    this.#body = "";
    const { transforms } = this.application;
    if (transforms.length > 0 || keeping !== null || this.#output !== null) {
      this.#output ??= new TransformedOutput(this.request, transforms, keeping);
      const head = isFirst ? { startLine: this.#startLine(), headers: this.#headers } : null;
      this.#output.send({ head, chunk: bodyBytes(body), finishing, done });
      return;
    }
    const chunk = method === "HEAD" || body.length === 0 ? undefined : joinBody(body);
    if (isFirst) {
      this.#isHeadRefused = true;
      connection.writeHeaders(this.#startLine(), this.#headers, chunk, finishing ? undefined : done, finishing);
      this.#isHeadRefused = false;
    } else if (chunk !== undefined) connection.write(chunk, finishing ? undefined : done);
    else if (!finishing) done?.();
    if (finishing) connection.finish(done);
  }

  /** Adds the cookies, and keeps the session: from now on neither changes. */
  #sealHeaders(): Promise<void> | null {
    const keeping = this.#session === null ? null : this.#keepSession(this.#session);
    this.#policy?.completeHeaders(this.#headers);
    this.#areHeadersWritten = true;
    if (this.#newCookies !== null) {
      for (const cookie of this.#newCookies.values()) this.#headers.add("Set-Cookie", cookie);
    }
    return keeping;
  }

  /** A cache between must not give one visitor's answer, or the cookie in it, to another. */
  #keepSession(session: Session): Promise<void> | null {
    const keeping = this.application.sessions!.keep(session, this);
    if (this.#isSessionUsed || session.isCookieSent) addVary(this.#headers, "Cookie");
    if (session.isCookieSent && !this.#headers.has("Cache-Control")) this.setHeader("Cache-Control", "private");
    return keeping;
  }

  #startLine(): ResponseStartLine {
    return this.#reason === null && this.#statusCode === 200
      ? statusOk
      : { code: this.#statusCode, reason: this.#reason ?? reasonPhrase(this.#statusCode) };
  }

  #afterResponse(): void {
    if (this.#output?.isRefused === true) this.setStatus(500);
    runUnawaited(() => this.application.logRequest(this), "logRequest");
    if (this.onFinish === RequestHandler.prototype.onFinish) return;
    runUnawaited(() => this.onFinish(), `onFinish of ${this.constructor.name}`);
  }

  /**
   * Redirects, and finishes the response.
   *
   * @throws HTTPError 400 for a target on another site, unless `external` allows it.
   */
  redirect(url: string, options: RedirectOptions = {}): Promise<void> {
    if (this.#areHeadersWritten) throw new Error("Cannot redirect() after headers have been written.");
    const status = options.status ?? (options.permanent ? 301 : 302);
    if (!Number.isInteger(status) || status < 300 || status > 399) {
      throw new RangeError(`redirect() takes a status from 300 to 399, not ${status}.`);
    }
    const here = `${this.request.protocol}://${this.request.host}/`;
    if (options.external !== true && !isSafeRedirectTarget(url.replaceAll(" ", "%20"), here)) {
      throw new HTTPError(
        400,
        `redirect() refused ${JSON.stringify(redactUrl(url))}, which leads to another site. Pass { external: true } if it may`,
      );
    }
    this.setStatus(status);
    this.setHeader("Location", encodeLocation(url));
    return this.finish();
  }

  /**
   * Leaves the answer to somebody else, who has the connection; nothing is sent and nothing logged.
   *
   * @param setHeader - Takes what the settings add to every answer.
   */
  [giveAway](setHeader?: (name: string, value: string) => void): void {
    this.#isFinished = true;
    if (setHeader === undefined || this.#policy === null) return;
    const added = new HTTPHeaders();
    this.#policy.addHeaders(this.request, added, this.#cspNonce);
    for (const [name, value] of added) setHeader(name, value);
  }

  async [sealHeaders](): Promise<HTTPHeaders> {
    await this.#sealHeaders();
    return this.#headers;
  }

  get [pendingPage](): Promise<void> | null {
    return this.#pendingPage;
  }

  /** Ends HTTP here and hands over the connection, for another protocol on it. */
  detach(): Duplex {
    const socket = this.request.connection.detach();
    this.#isFinished = true;
    return socket;
  }

  // ---- Templates -------------------------------------------------------------------------------------------------

  /**
   * Renders a template and finishes the response with it; resources of UI modules go into its head and body.
   *
   * @returns When the page has been sent. The page of an asynchronous template is also waited for when the handler does not.
   */
  render<Name extends string>(name: Name, ...[namespace]: NamesOfTemplate<Name>): Promise<void> {
    if (this.#isFinished) throw new Error("Cannot render() after finish(). Was an await forgotten?");
    const page = this.renderString(name as string, namespace);
    if (typeof page === "string") return this.#finishPage(page);
    this.#pendingPage = page.then((html) => this.#finishPage(html));
    return this.#pendingPage;
  }

  /** Renders a template to text: a promise only when the template, or a UI module in it, waits for something. */
  renderString<Name extends string>(name: Name, ...[namespace]: NamesOfTemplate<Name>): string | Promise<string> {
    const { templateLoader } = this.settings;
    const loader =
      templateLoader ??
      this.application.templateLoader(this.getTemplatePath(), (path) => this.createTemplateLoader(path));
    if (this.settings.compiledTemplateCache === false && !this.#areTemplatesFresh) {
      // Once for a request, so that the templates of one page are read once.
      loader.reset();
      this.#areTemplatesFresh = true;
    }
    const names = this.getTemplateNamespace();
    if (namespace !== undefined) Object.defineProperties(names, Object.getOwnPropertyDescriptors(namespace));
    return loader.load(name).generate(names);
  }

  #finishPage(html: string): Promise<void> {
    return this.finish(this.#modules === null ? html : insertResources(html, this.#modules.active, this));
  }

  get #uiModules(): UIModules {
    this.#modules ??= new UIModules(this, this.application.uiModules);
    return this.#modules;
  }

  /** UI modules, as `modules`, and UI methods, as templates see them. */
  get ui(): Readonly<Record<string, unknown>> {
    return { __proto__: null, ...this.#uiMethods(), modules: this.#uiModules.namespace };
  }

  #uiMethods(): Record<string, unknown> {
    const bound: Record<string, unknown> = {};
    for (const [name, method] of Object.entries(this.application.uiMethods)) {
      bound[name] = (...values: unknown[]) => method(this as never, ...(values as never[]));
    }
    return bound;
  }

  /** The folder of this handler's templates: the `templatePath` setting. */
  getTemplatePath(): string {
    this.requireSetting("templatePath", "render()");
    return this.settings.templatePath!;
  }

  /** Makes the loader of a template folder; it is kept for the application's life. */
  createTemplateLoader(templatePath: string): BaseLoader {
    const { autoescape, templateWhitespace } = this.settings;
    return new Loader(templatePath, {
      ...(autoescape === undefined ? {} : { autoescape }),
      ...(templateWhitespace === undefined ? {} : { whitespace: templateWhitespace }),
    });
  }

  /** The names that every template of this handler sees. Those that cost something are computed when they are used. */
  getTemplateNamespace(): Record<string, unknown> {
    return Object.defineProperties<Record<string, unknown>>(
      {
        __proto__: noNames,
        [namesOf]: this,
        handler: this,
        request: this.request,
        cspNonce: this.#cspNonce,
        _: (...args: Parameters<Locale["translate"]>) => this.locale.translate(...args),
        pgettext: (...args: Parameters<Locale["pgettext"]>) => this.locale.pgettext(...args),
        xsrfFormHtml: () => this.xsrfFormHtml(),
        staticUrl: (...args: Parameters<typeof this.staticUrl>) => this.staticUrl(...args),
        reverseUrl: (...args: Parameters<typeof this.reverseUrl>) => this.reverseUrl(...args),
        ...this.#uiMethods(),
      },
      RequestHandler.#computedNames,
    );
  }

  /**
   * Names of templates that cost something. Made once: a getter that knows its handler would be kept by the engine, and the
   * handler and its page with it, until the next full collection of garbage.
   */
  static readonly #computedNames: PropertyDescriptorMap = {
    currentUser: computed(function () {
      return this[namesOf].currentUser;
    }),
    locale: computed(function () {
      return this[namesOf].locale;
    }),
    modules: computed(function () {
      return this[namesOf].#uiModules.namespace;
    }),
  };

  /** The tags of script files that UI modules ask for. */
  renderLinkedJs(files: readonly string[]): string {
    return linkedJs(files, this);
  }

  /** The tag of JavaScript that UI modules ask for. */
  renderEmbedJs(pieces: readonly string[]): string {
    return embeddedJs(pieces, this);
  }

  /** The tags of style sheets that UI modules ask for. */
  renderLinkedCss(files: readonly string[]): string {
    return linkedCss(files, this);
  }

  /** The tag of CSS that UI modules ask for. */
  renderEmbedCss(pieces: readonly string[]): string {
    return embeddedCss(pieces, this);
  }

  // ---- Errors ----------------------------------------------------------------------------------------------------

  /** Answers with an error page; what was written before is dropped, cookies stay. After a `flush()` the connection is cut. */
  sendError(statusCode = 500, details: ErrorDetails = {}): void | Promise<void> {
    if (this.#areHeadersWritten) {
      this.#breakOff(details);
      return;
    }
    this.#clearForError();
    const ownReason = details.error instanceof HTTPError ? details.error.reason : null;
    this.setStatus(statusCode, details.reason ?? ownReason);
    if (statusCode === 405) this.setHeader("Allow", allowHeader(this));
    if (hasNoBody(statusCode)) {
      this.#finish();
      return;
    }
    if (this.#showDevelopmentPage(statusCode, details)) return;
    try {
      const written = this.writeError(statusCode, details);
      if (written instanceof Promise)
        return written.catch((error) => this.#noteBrokenPage(error)).then(() => this.#endPage());
    } catch (error) {
      this.#noteBrokenPage(error);
    }
    this.#endPage();
  }

  /** What is out cannot be taken back, and must not look complete: neither its last chunk nor the rest of its length is sent. */
  #breakOff({ error }: ErrorDetails): void {
    // Any other error is in the log already, by logException.
    if (error === undefined || error instanceof HTTPError) {
      generalLog.error(`Cannot send an error page for ${this.#summary()}: its headers are out already`);
    } else runtime().exceptionUnseen?.(this as unknown as RequestHandler, error);
    if (this.#isFinished) return;
    if (this.#isHeadRefused) {
      this.setStatus(500);
      refuseRequest(this.request.connection, 500);
    } else {
      this.request.connection.cut();
    }
    this[endUnanswered]();
  }

  /**
   * Writes the error page. Override it for pages of your own; `write`, `render` and `setHeader` all work.
   *
   * By default Tornado's minimal page, the issues as JSON for a `ValidationError`, or the trace as plain text with the
   * `serveTraceback` setting.
   */
  writeError(statusCode: number, details: ErrorDetails): void | Promise<void> {
    const { error } = details;
    if (this.settings.serveTraceback && error !== undefined) {
      this.setHeader("Content-Type", "text/plain; charset=UTF-8");
      this.write(errorTrace(error));
    } else if (error instanceof ValidationError) {
      this.write({ error: this.#reasonPhrase(), issues: error.issues });
    } else {
      this.setHeader("Content-Security-Policy", errorPagePolicy);
      this.write(errorPage(statusCode, this.#reasonPhrase()));
    }
    return undefined;
  }

  /** Logs an exception that ended the handler. Override it to send errors elsewhere as well. */
  logException(error: Error): void {
    if (error instanceof HTTPError) {
      if (error.logMessage !== null) generalLog.warn(`${error.statusCode} ${this.#summary()}: ${error.logMessage}`);
      return;
    }
    applicationLog.error(`Uncaught exception ${this.#summary()}`, error);
  }

  #reasonPhrase(): string {
    return this.#reason ?? reasonPhrase(this.#statusCode);
  }

  /** In `tornado dev`, the page for an exception takes precedence over the app's own: it is what the author wants to see. */
  #developmentPage(statusCode: number, { error }: ErrorDetails): ErrorAnswer | undefined {
    if (this.settings.debug !== true || error === undefined) return undefined;
    const { errorPage, notFoundPage } = runtime();
    const handler = this as unknown as RequestHandler;
    if (!(error instanceof HTTPError)) return errorPage?.(handler, statusCode, error);
    return statusCode === 404 ? notFoundPage?.(handler) : undefined;
  }

  #showDevelopmentPage(statusCode: number, details: ErrorDetails): boolean {
    const answer = this.#developmentPage(statusCode, details);
    if (answer === undefined) return false;
    // The app's policy is made for its own pages.
    this.clearHeader("Content-Security-Policy");
    for (const [name, value] of answer.headers) this.setHeader(name, value);
    this.write(answer.body);
    this.#finish();
    return true;
  }

  /** What `setDefaultHeaders` throws must not take the error page away; the headers before it are set. */
  #clearForError(): void {
    try {
      this.clear();
    } catch (error) {
      applicationLog.error(`Uncaught exception in setDefaultHeaders of ${this.#summary()}`, error);
    }
  }

  #noteBrokenPage(error: unknown): void {
    applicationLog.error(`Uncaught exception in writeError of ${this.#summary()}`, error);
  }

  #endPage(): void {
    if (!this.#isFinished) this.#finish();
  }

  #summary(): string {
    return `${this.request.method} ${redactUrl(this.request.uri)} (${this.request.remoteIp})`;
  }

  // ---- Entity tags -----------------------------------------------------------------------------------------------

  /** Computes the response's ETag: SHA-1 of the body, in double quotes. Override it to give `null`, which means none. */
  computeEtag(): string | null {
    return bodyTag(joinBody(this.#body), this.constructor);
  }

  /** Sets the `Etag` header from `computeEtag`. */
  setEtagHeader(): void {
    const etag = this.computeEtag();
    if (etag !== null) this.setHeader("Etag", etag);
  }

  /** Whether the client has the response already: its `If-None-Match` fits the `Etag` header. */
  checkEtagHeader(): boolean {
    const wanted = this.request.headers.get("If-None-Match");
    return wanted !== undefined && etagMatches(wanted, this.#headers.get("Etag") ?? "");
  }
}

/** Stands for a user who has not been asked for: every other value, `undefined` too, may be an answer. */
const unknown = Symbol("unknown");
const noArguments: readonly never[] = Object.freeze([]);
const noNames: Readonly<Record<string, never>> = Object.freeze(Object.create(null));
const statusOk: ResponseStartLine = Object.freeze({ code: 200, reason: "OK" });

interface NamesOfHandler {
  readonly [namesOf]: RequestHandler;
}

/** A name of templates whose value is computed when it is used. */
function computed(get: (this: NamesOfHandler) => unknown): PropertyDescriptor {
  return { get, enumerable: true, configurable: true };
}

/** RFC 9110, section 6.4.1. */
function hasNoBody(statusCode: number): boolean {
  return statusCode === 204 || statusCode === 304 || statusCode < 200;
}

/** A reason must not begin a line of its own, nor a tag where a page shows it. */
function isReasonPhrase(reason: string): boolean {
  return reason !== "" && /^[\t\x20-\x3b\x3d-\x7e\x80-\xff]*$/.test(reason);
}
