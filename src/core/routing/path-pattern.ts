/** Turns what an author writes as a route's pattern into an anchored regular expression. */

import { TornadoError } from "../errors.js";
import { isExponential } from "./backtracking.js";
import { literalPrefix } from "./literal-prefix.js";

/** A route's pattern, ready to match. */
export interface PathPattern {
  /** What the author wrote, for listings and messages. */
  readonly text: string;
  /** Matches a whole path: `^(?:…)$`. */
  readonly expression: RegExp;
  /** The pattern as a JavaScript regular expression, without the anchors added here. */
  readonly source: string;
  /** The only path that matches, when there is only one. */
  readonly exactPath: string | null;
  /** What every path that matches begins with. */
  readonly prefix: string;
  /** Number of groups. */
  readonly groupCount: number;
  /** Names of the groups in order, or `null` when they are positional. */
  readonly groupNames: readonly string[] | null;
}

/**
 * Reads a pattern. A string is a regular expression in which `:name` at the start of a segment is short for
 * `(?<name>[^/]+)` and Python's `(?P<name>…)`, `(?P=name)`, `\A` and `\Z` are understood.
 *
 * @throws TornadoError `BAD_ROUTE_PATTERN` for a broken expression, one that mixes named and unnamed groups, and one that can take
 *   exponential time.
 */
export function parsePathPattern(pattern: string | RegExp): PathPattern {
  return (typeof pattern === "string" ? readPlainPattern(pattern) : undefined) ?? readExpression(pattern);
}

/** Characters that mean themselves, and the colon of a `:name`: nearly every route is made of no others, and read in one step. */
const plainPattern = /^[\w\-/~%,;=@!&: ]*$/;
const namedSegment = /(?<=^|\/):([A-Za-z_]\w*)/g;

function readPlainPattern(text: string): PathPattern | undefined {
  if (!plainPattern.test(text)) return undefined;
  const names = text.includes(":") ? Array.from(text.matchAll(namedSegment), (match) => match[1]!) : [];
  // A name that comes twice is refused by the expression.
  if (new Set(names).size < names.length) return undefined;
  if (names.length === 0) {
    const expression = new RegExp(`^(?:${text})$`);
    return { text, expression, source: text, exactPath: text, prefix: text, groupCount: 0, groupNames: null };
  }
  return {
    text,
    expression: new RegExp(`^(?:${text.replaceAll(namedSegment, "([^/]+)")})$`),
    source: text.replaceAll(namedSegment, "(?<$1>[^/]+)"),
    exactPath: null,
    prefix: text.slice(0, text.search(namedSegment)),
    groupCount: names.length,
    groupNames: names,
  };
}

function readExpression(pattern: string | RegExp): PathPattern {
  const text = typeof pattern === "string" ? pattern : pattern.source;
  const { source, flags } =
    typeof pattern === "string"
      ? translate(pattern)
      : { source: pattern.source, flags: pattern.flags.replace(/[gy]/g, "") };

  const expression = compile(text, `^(?:${withoutNames(source, flags)})$`, flags);
  if (isExponential(source, flags)) {
    throw new TornadoError(
      "BAD_ROUTE_PATTERN",
      `Route pattern "${text}" can take exponential time for a path that does not match. Repeat what begins or ends with a fixed character, as in "(?:[a-z]+/)*".`,
    );
  }
  // An empty alternative always matches, and so tells the groups without an input that fits.
  const groups = compile(text, `${source}|`, flags).exec("")!;
  const names = Object.keys(groups.groups ?? {});
  const groupCount = groups.length - 1;
  if (names.length > 0 && names.length !== groupCount) {
    throw new TornadoError(
      "BAD_ROUTE_PATTERN",
      `Route pattern "${text}" mixes named and unnamed groups. Name all of them or none; write (?:…) for a group that is no argument.`,
    );
  }
  return {
    text,
    expression,
    source,
    exactPath: flags.includes("i") ? null : literalText(source),
    prefix: literalPrefix(source, flags),
    groupCount,
    groupNames: names.length > 0 ? names : null,
  };
}

function compile(text: string, source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^.*: /, "") : String(cause);
    throw new TornadoError(
      "BAD_ROUTE_PATTERN",
      `Route pattern "${text}" is not a valid regular expression: ${reason}. Correct it in the route table.`,
      { cause },
    );
  }
}

/** Takes the names off the groups: with them, every match would make an object of them that nobody reads. */
function withoutNames(source: string, flags: string): string {
  // A back reference needs the name, and the flag lets classes stand inside classes.
  if (source.includes("\\k<") || flags.includes("v")) return source;
  const unit = /\\[\s\S]|\[\^?(?:\\[\s\S]|[^\]\\])*\]|\(\?<(?![=!])[^>]*>/g;
  return source.replace(unit, (found) => (found.startsWith("(?<") ? "(" : found));
}

function translate(pattern: string): { source: string; flags: string } {
  const ignoresCase = pattern.startsWith("(?i)");
  const text = ignoresCase ? pattern.slice(4) : pattern;
  let source = "";
  let atSegmentStart = true;
  for (let index = 0; index < text.length; ) {
    const rest = text.slice(index);
    const [taken, written] = translateNext(rest, atSegmentStart);
    source += written;
    index += taken.length;
    atSegmentStart = taken.endsWith("/") && !taken.startsWith("[");
  }
  return { source, flags: ignoresCase ? "i" : "" };
}

/** Reads one unit from the front of the pattern: gives what was read, and what to write for it. */
function translateNext(rest: string, atSegmentStart: boolean): [taken: string, written: string] {
  const escaped = /^\\[\s\S]/.exec(rest)?.[0];
  if (escaped !== undefined) return [escaped, escaped === "\\Z" ? "$" : escaped === "\\A" ? "^" : escaped];

  const characterClass = /^\[\^?(?:\\[\s\S]|[^\]\\])*\]/.exec(rest)?.[0];
  if (characterClass !== undefined) return [characterClass, characterClass];

  if (rest.startsWith("(?P<")) return ["(?P<", "(?<"];

  const reference = /^\(\?P=(\w+)\)/.exec(rest);
  if (reference) return [reference[0], `\\k<${reference[1]}>`];

  const segment = atSegmentStart ? /^:([A-Za-z_]\w*)/.exec(rest) : null;
  if (segment) return [segment[0], `(?<${segment[1]}>[^/]+)`];

  return [rest[0]!, rest[0]!];
}

/** The text that a source without any operator stands for; `null` when it has one. */
function literalText(source: string): string | null {
  const body = source.replace(/^\^/, "").replace(/(?<!\\)\$$/, "");
  if (!/^(?:[^\\^$.|?*+()[\]{}]|\\[^A-Za-z0-9])*$/.test(body)) return null;
  return body.replace(/\\(.)/gs, "$1");
}
