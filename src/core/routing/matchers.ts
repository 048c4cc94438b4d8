/** The questions a rule can ask of a request: its path, its host, or nothing at all. */

import { percentDecodeInPlace } from "../escape/percent-decoding.js";
import type { HTTPServerRequest } from "../http/request.js";
import { NamedArguments } from "./named-arguments.js";
import { type PathPattern, parsePathPattern } from "./path-pattern.js";
import { createPathReverser, type PathReverser, type ReverseArguments } from "./reverse-path.js";

/**
 * An argument found in a request by a matcher: text, or bytes still to be decoded by the handler's `decodeArgument`,
 * or `null` for an optional group that took no part.
 */
export type PathArgument = string | Buffer | null;

/** What a matcher found. */
export interface RouteMatch {
  readonly pathArgs: readonly PathArgument[];
  /** Named arguments, or `null` when there are none. */
  readonly pathKwargs: Readonly<Record<string, PathArgument>> | null;
}

/** A match that found no arguments; shared, so that a plain route costs no object. */
export const MATCHED: RouteMatch = Object.freeze({ pathArgs: Object.freeze([]), pathKwargs: null });

/** Decides whether a rule takes a request. */
export abstract class Matcher {
  /** Returns what was found, or `null` when the rule does not take this request. */
  abstract match(request: HTTPServerRequest): RouteMatch | null;

  /** Builds the path of a request that this matcher takes, or `null` when it has no opinion on paths. */
  reverse(_args: ReverseArguments): string | null {
    return null;
  }

  /** How the matcher is shown in a listing of routes. */
  describe(): string {
    return this.constructor.name;
  }
}

/** Takes every request. */
export class AnyMatches extends Matcher {
  override match(): RouteMatch {
    return MATCHED;
  }

  override describe(): string {
    return ".*";
  }
}

/** Takes requests by host name: without its port, in lower case, the whole of it. */
export class HostMatches extends Matcher {
  readonly #pattern: PathPattern;

  constructor(hostPattern: string | RegExp) {
    super();
    this.#pattern = parsePathPattern(hostPattern);
  }

  override match(request: HTTPServerRequest): RouteMatch | null {
    return this.#pattern.expression.test(request.hostName.toLowerCase()) ? MATCHED : null;
  }

  override describe(): string {
    return this.#pattern.text;
  }
}

/** Takes requests when the application's default host fits the pattern; never for one relayed by a proxy. */
export class DefaultHostMatches extends Matcher {
  readonly #application: { readonly defaultHost: string | null };
  readonly #pattern: PathPattern;

  constructor(application: { readonly defaultHost: string | null }, hostPattern: string | RegExp) {
    super();
    this.#application = application;
    this.#pattern = parsePathPattern(hostPattern);
  }

  override match(request: HTTPServerRequest): RouteMatch | null {
    // Tornado's rule: behind a proxy that says whom it serves, the Host header is to be believed.
    if (request.headers.has("X-Real-Ip")) return null;
    const { defaultHost } = this.#application;
    return defaultHost !== null && this.#pattern.expression.test(defaultHost) ? MATCHED : null;
  }

  override describe(): string {
    return this.#pattern.text;
  }
}

/** Takes requests by path, as sent: not decoded, without the query, the whole of it. */
export class PathMatches extends Matcher {
  readonly pattern: PathPattern;
  readonly #reverse: PathReverser;

  /** @throws TornadoError `BAD_ROUTE_PATTERN` for a broken pattern. */
  constructor(pathPattern: string | RegExp) {
    super();
    this.pattern = parsePathPattern(pathPattern);
    this.#reverse = createPathReverser(this.pattern);
  }

  override match(request: HTTPServerRequest): RouteMatch | null {
    const { pattern } = this;
    const { path } = request;
    if (!path.startsWith(pattern.prefix)) return null;
    if (pattern.groupCount === 0) return pattern.expression.test(path) ? MATCHED : null;

    const found = pattern.expression.exec(path);
    if (found === null) return null;
    if (pattern.groupNames !== null) {
      const named = new NamedArguments<PathArgument>();
      for (let index = 0; index < pattern.groupNames.length; index += 1) {
        named[pattern.groupNames[index]!] = pathArgument(found[index + 1]);
      }
      return { pathArgs: MATCHED.pathArgs, pathKwargs: named };
    }
    const args: PathArgument[] = [];
    for (let index = 1; index < found.length; index += 1) args.push(pathArgument(found[index]));
    return { pathArgs: args, pathKwargs: null };
  }

  override reverse(args: ReverseArguments): string {
    return this.#reverse(args);
  }

  override describe(): string {
    return this.pattern.text;
  }
}

function pathArgument(text: string | undefined): PathArgument {
  if (text === undefined) return null;
  return /[%\x80-\uffff]/.test(text) ? percentDecodeInPlace(Buffer.from(text, "latin1"), false) : text;
}
