/** One line of a route table: which requests, to what, with which arguments, under which name. */

import { TornadoError } from "../errors.js";
import type { RequestCallback } from "../http/callable-delegate.js";
import type { HTTPServerConnectionDelegate } from "../http/connection.js";
import type { CorsOptions } from "../http/cors.js";
import { Matcher, PathMatches } from "./matchers.js";
import type { ReverseArguments } from "./reverse-path.js";

/** What `initialize` of a handler gets. */
export type HandlerKwargs = Readonly<Record<string, unknown>>;

/** A class whose instances answer requests; `tornado/web` knows it as a `RequestHandler`. */
export type TargetClass = abstract new (...args: never[]) => object;

/** What a rule can lead to: a handler class, a list of further rules, a router, another delegate, or a function. */
export type RuleTarget = TargetClass | RuleList | HTTPServerConnectionDelegate | RequestCallback;

/** Options of a single rule. */
export interface RuleOptions {
  /** Name for `reverseUrl`. */
  readonly name?: string;
  /** Largest body that requests of this rule may have, in bytes. */
  readonly maxBodySize?: number;
  /** Which other sites may read the responses of this rule; `false` for none, whatever the application's setting says. */
  readonly cors?: CorsOptions | false;
}

/** A rule in short: `[pattern or matcher, target, kwargs?, name or options?]`. */
export type RuleTuple = readonly [
  matcher: string | RegExp | Matcher,
  target: RuleTarget,
  kwargs?: object,
  nameOrOptions?: string | RuleOptions,
];

/** A route table. The first rule that takes a request wins. */
export type RuleList = readonly (Rule | RuleTuple)[];

/** Leads the requests that a matcher takes to a target. */
export class Rule {
  readonly matcher: Matcher;
  readonly target: RuleTarget;
  readonly kwargs: HandlerKwargs;
  readonly name: string | null;
  readonly options: RuleOptions;

  /** @throws TornadoError `BAD_ROUTE` when the target is missing, as a wrong import leaves it. */
  constructor(matcher: Matcher, target: RuleTarget, kwargs: object = {}, nameOrOptions: string | RuleOptions = {}) {
    if (target === undefined || target === null) {
      throw new TornadoError(
        "BAD_ROUTE",
        `Route "${matcher.describe()}" leads to ${target}. Give it a handler; an import cycle between modules can leave one undefined.`,
      );
    }
    this.matcher = matcher;
    this.target = target;
    this.kwargs = kwargs as HandlerKwargs;
    this.options = typeof nameOrOptions === "string" ? { name: nameOrOptions } : nameOrOptions;
    this.name = this.options.name ?? null;
    checkOptions(this.options, matcher);
  }

  /** Builds the path of this rule, or `null` when its matcher has none. */
  reverse(...args: ReverseArguments): string | null {
    return this.matcher.reverse(args);
  }
}

/** A rule for a path, under Tornado's name. */
export class URLSpec extends Rule {
  constructor(pattern: string | RegExp, target: RuleTarget, kwargs?: object, nameOrOptions?: string | RuleOptions) {
    super(new PathMatches(pattern), target, kwargs, nameOrOptions);
  }
}

/** The arguments that the `initialize` of a handler class takes. */
export type KwargsOf<Target> = Target extends abstract new (
  ...args: never[]
) => { initialize(kwargs: infer Kwargs): void }
  ? Kwargs
  : object;

/** The text behind the first colon of a segment, as long as it is a name. */
type SegmentName<Segment extends string> = Segment extends `:${infer Name}` ? Name : never;

/** The names in a pattern: `"user" | "post"` for `/users/:user/posts/:post`. */
type PatternNames<Pattern extends string> = Pattern extends `${infer Segment}/${infer Rest}`
  ? SegmentName<Segment> | PatternNames<Rest>
  : SegmentName<Pattern>;

/**
 * The named arguments that a handler gets from a pattern.
 *
 * ```ts
 * async get({ id }: PathArguments<"/stories/:id">) { … }
 * ```
 */
export type PathArguments<Pattern extends string> = { readonly [Name in PatternNames<Pattern>]: string };

/** A pattern whose only groups are `:name` segments, so that the arguments are known; `never` for any other. */
type PlainPattern<Pattern extends string> = string extends Pattern
  ? never
  : Pattern extends `${string}${"(" | "\\" | "[" | "." | "*" | "+" | "?" | "|" | "{"}${string}`
    ? never
    : [PatternNames<Pattern>] extends [never]
      ? never
      : Pattern;

type MethodName = "get" | "head" | "post" | "delete" | "patch" | "put" | "options";

/** Whether every method of the handler can be called with the named arguments of the pattern. */
type TakesArguments<Handler, Names> = {
  [Name in keyof Handler & MethodName]: Handler[Name] extends (...args: infer Args) => unknown
    ? [Names] extends Args
      ? never
      : Args extends []
        ? never
        : Name
    : never;
}[keyof Handler & MethodName];

/** The target itself, or what is wrong with it as a type that nothing fits. */
export type TargetFor<Pattern, Target> = Pattern extends string
  ? [PlainPattern<Pattern>] extends [never]
    ? Target
    : Target extends abstract new (
          ...args: never[]
        ) => infer Handler
      ? [TakesArguments<Handler, PathArguments<Pattern>>] extends [never]
        ? Target
        : Target & {
            readonly "arguments that the pattern does not have": TakesArguments<Handler, PathArguments<Pattern>>;
          }
      : Target
  : Target;

/** What follows the target in a rule: arguments may only be left out when `initialize` needs none. */
type RuleRest<Target> =
  Record<never, never> extends KwargsOf<Target>
    ? [kwargs?: KwargsOf<Target>, nameOrOptions?: string | RuleOptions]
    : [kwargs: KwargsOf<Target>, nameOrOptions?: string | RuleOptions];

/**
 * Makes a rule for a path. The arguments are checked against the handler's `initialize`, and the methods of the handler against
 * the names of the pattern.
 *
 * ```ts
 * url("/stories/:id", StoryHandler, { database }, { name: "story", maxBodySize: 1_000_000 })
 * ```
 */
export function url<const Pattern extends string | RegExp, Target extends RuleTarget>(
  pattern: Pattern,
  target: TargetFor<Pattern, Target>,
  ...[kwargs, nameOrOptions]: RuleRest<Target>
): URLSpec {
  return new URLSpec(pattern, target as RuleTarget, kwargs as object | undefined, nameOrOptions);
}

/** A line of a route table as it should be, for the line that stands there. */
type CheckedRule<Entry> = Entry extends readonly [infer Pattern, infer Target extends RuleTarget, ...unknown[]]
  ? readonly [Pattern & (string | RegExp | Matcher), TargetFor<Pattern, Target>, ...RuleRest<Target>]
  : Rule;

/** Each line of a route table as it should be; a list of unknown length is taken as it is. */
export type CheckedRules<Entries extends RuleList> = number extends Entries["length"]
  ? Entries
  : { readonly [Index in keyof Entries]: CheckedRule<Entries[Index]> };

/**
 * Gives a route table as it is; TypeScript checks each line of it as `url` does.
 *
 * ```ts
 * export const routes = checkedRoutes([
 *   ["/", HomeHandler],
 *   ["/stories/:id", StoryHandler, { database }, "story"],
 * ]);
 * ```
 */
export function checkedRoutes<const Entries extends RuleList>(entries: Entries & CheckedRules<Entries>): RuleList {
  return entries as RuleList;
}

/** Makes a rule of what stands in a route table. */
export function toRule(entry: Rule | RuleTuple): Rule {
  if (entry instanceof Rule) return entry;
  if (!Array.isArray(entry) || entry.length < 2 || entry.length > 4) {
    throw new TornadoError(
      "BAD_ROUTE",
      `A route is [pattern, handler], [pattern, handler, kwargs] or [pattern, handler, kwargs, name], not ${JSON.stringify(entry)}.`,
    );
  }
  const [pattern, target, kwargs, nameOrOptions] = entry as RuleTuple;
  if (pattern instanceof Matcher) return new Rule(pattern, target, kwargs, nameOrOptions);
  return new URLSpec(pattern, target, kwargs, nameOrOptions);
}

function checkOptions(options: RuleOptions, matcher: Matcher): void {
  const { maxBodySize } = options;
  if (maxBodySize !== undefined && !(Number.isSafeInteger(maxBodySize) && maxBodySize >= 0)) {
    throw new TornadoError(
      "BAD_ROUTE",
      `Route "${matcher.describe()}" has maxBodySize ${maxBodySize}. Give a whole number of bytes, 0 or more.`,
    );
  }
}
