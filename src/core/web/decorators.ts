/** Decorators for handlers, as TC39 standard decorators. Each is also a plain function from method to method. */

import { isSafeRedirectTarget, urlConcat } from "../http/urls.js";
import { expectedError } from "./expected-error.js";
import type { RequestHandler } from "./request-handler.js";

type Method<This, Args extends unknown[], Result> = (this: This, ...args: Args) => Result;

/**
 * Requires a logged-in user. Without one, GET and HEAD are redirected to the login URL with the requested address as
 * `next`; other methods are answered 403.
 *
 * ```ts
 * class Account extends RequestHandler {
 *   @authenticated
 *   get() { this.write(`Hello, ${this.currentUser.name}`); }
 * }
 * ```
 */
export function authenticated<This extends RequestHandler, Args extends unknown[], Result>(
  method: Method<This, Args, Result>,
  _context?: ClassMethodDecoratorContext<This, Method<This, Args, Result>>,
): Method<This, Args, Result> {
  return function requireUser(...args) {
    if (this.currentUser) return method.apply(this, args);
    if (!isReading(this)) throw expectedError(403);

    const loginUrl = this.getLoginUrl();
    const isAbsolute = /^[A-Za-z][A-Za-z0-9+.-]*:/.test(loginUrl);
    const next = isAbsolute ? this.request.fullUrl() : this.request.uri;
    const target = loginUrl.includes("?") ? loginUrl : urlConcat(loginUrl, { next });
    // The author's own setting decides where people log in, another site included.
    return answer<Result>(this.redirect(target, { external: true }));
  };
}

/** Redirects GET and HEAD of a path without a slash at its end to the one with it; other methods are answered 404. */
export function addslash<This extends RequestHandler, Args extends unknown[], Result>(
  method: Method<This, Args, Result>,
  _context?: ClassMethodDecoratorContext<This, Method<This, Args, Result>>,
): Method<This, Args, Result> {
  return function requireSlash(...args) {
    const { path } = this.request;
    if (path.endsWith("/")) return method.apply(this, args);
    return answer<Result>(redirectToPath(this, `${path}/`));
  };
}

/** Redirects GET and HEAD of a path with slashes at its end to the one without; other methods are answered 404. */
export function removeslash<This extends RequestHandler, Args extends unknown[], Result>(
  method: Method<This, Args, Result>,
  _context?: ClassMethodDecoratorContext<This, Method<This, Args, Result>>,
): Method<This, Args, Result> {
  return function refuseSlash(...args) {
    const { path } = this.request;
    if (path === "/" || !path.endsWith("/")) return method.apply(this, args);
    return answer<Result>(redirectToPath(this, withoutSlashes(path)));
  };
}

/**
 * Gives a handler its request body in pieces instead of as a whole. The handler starts when the headers are in.
 *
 * One with `dataReceived(chunk)` gets them there, and its method is called when the body has arrived to its end. One without reads
 * them in its method, by `this.parts()` or `this.bodyChunks()`.
 */
export function streamRequestBody<Class extends abstract new (...args: never[]) => RequestHandler>(
  handlerClass: Class,
  _context?: ClassDecoratorContext<Class>,
): void {
  Object.defineProperty(handlerClass, "streamsRequestBody", { value: true, configurable: true });
}

function isReading(handler: RequestHandler): boolean {
  return handler.request.method === "GET" || handler.request.method === "HEAD";
}

/** By hand: a regular expression would try every slash of the path as the first of the last ones. */
function withoutSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === "/") end--;
  return path.slice(0, end);
}

function redirectToPath(handler: RequestHandler, path: string): Promise<void> {
  const { query } = handler.request;
  // A path such as //evil.test/ would be another site as a Location.
  if (!isReading(handler) || !isSafeRedirectTarget(path)) throw expectedError(404);
  return handler.redirect(query ? `${path}?${query}` : path, { permanent: true });
}

/** An answer given in the method's place: the caller awaits whatever comes, so the promise is a result of either kind. */
function answer<Result>(redirected: Promise<void>): Result {
  return redirected as Result;
}
