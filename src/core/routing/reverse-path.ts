/** Builds the path that a route's pattern matches from the arguments that its groups would give. */

import { TornadoError } from "../errors.js";
import type { PathPattern } from "./path-pattern.js";

/** What may fill a group of a pattern. Bytes are percent-encoded as they are. */
export type ReverseArgument = string | number | bigint | boolean | Uint8Array | null | undefined;

/** Arguments of a reversal: one for each group in order, or one object for named groups. */
export type ReverseArguments = readonly (ReverseArgument | Readonly<Record<string, ReverseArgument>>)[];

interface Group {
  readonly index: number;
  readonly isOptional: boolean;
}

interface Section {
  readonly parts: readonly Part[];
  readonly isOptional: boolean;
}

type Part = string | Group | Section;

/** Builds paths for one pattern. */
export type PathReverser = (args: ReverseArguments) => string;

/**
 * Prepares the reversal of a pattern, once, at set-up.
 *
 * Groups are filled; optional ones may be left out; a choice or a character class outside a group has no single text, and
 * makes the reverser throw `ROUTE_NOT_REVERSIBLE` when it is used.
 */
export function createPathReverser(pattern: PathPattern): PathReverser {
  let parts: readonly Part[] | null = null;
  return (args) => {
    parts ??= new SourceReader(pattern).read();
    return write(parts, argumentList(pattern, args), pattern);
  };
}

/** Percent-encodes one argument; `/` stays, since a group such as `(.*)` may hold a whole path. */
export function encodePathArgument(value: string | number | bigint | boolean | Uint8Array): string {
  if (value instanceof Uint8Array) {
    let encoded = "";
    for (const byte of value) {
      const character = String.fromCharCode(byte);
      encoded += /[A-Za-z0-9_.~/-]/.test(character) ? character : percent(byte);
    }
    return encoded;
  }
  return encodeURIComponent(String(value))
    .replace(/[!'()*]/g, (character) => percent(character.charCodeAt(0)))
    .replaceAll("%2F", "/");
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

function argumentList(pattern: PathPattern, args: ReverseArguments): readonly ReverseArgument[] {
  const [first] = args;
  const isByName = args.length === 1 && typeof first === "object" && first !== null && !(first instanceof Uint8Array);
  if (isByName && pattern.groupNames !== null) {
    const unknown = Object.keys(first).find((name) => !pattern.groupNames!.includes(name));
    if (unknown !== undefined) {
      throw new TornadoError(
        "BAD_ROUTE_ARGUMENT",
        `Route "${pattern.text}" has no argument "${unknown}". It takes: ${pattern.groupNames.join(", ")}.`,
      );
    }
    return pattern.groupNames.map((name) => first[name]);
  }
  if (isByName || args.length > pattern.groupCount) {
    throw new TornadoError(
      "BAD_ROUTE_ARGUMENT",
      `Route "${pattern.text}" takes ${pattern.groupCount} arguments, not ${args.length}. Pass one for each group.`,
    );
  }
  return args as readonly ReverseArgument[];
}

function write(parts: readonly Part[], args: readonly ReverseArgument[], pattern: PathPattern): string {
  let path = "";
  for (const part of parts) {
    if (typeof part === "string") path += part;
    else if ("parts" in part) path += part.isOptional && isEmpty(part, args) ? "" : write(part.parts, args, pattern);
    else {
      const value = args[part.index];
      if (value !== null && value !== undefined) path += encodePathArgument(value);
      else if (!part.isOptional) {
        const name = pattern.groupNames?.[part.index] ?? `${part.index + 1}`;
        throw new TornadoError(
          "BAD_ROUTE_ARGUMENT",
          `Route "${pattern.text}" needs its argument ${name}. Pass it to reverseUrl().`,
        );
      }
    }
  }
  return path;
}

/** Whether no group in the section has a value. */
function isEmpty(section: Section, args: readonly ReverseArgument[]): boolean {
  return section.parts.every((part) => {
    if (typeof part === "string") return true;
    return "parts" in part ? isEmpty(part, args) : args[part.index] === null || args[part.index] === undefined;
  });
}

/** Reads the source of a regular expression as text and groups. */
class SourceReader {
  readonly #pattern: PathPattern;
  readonly #source: string;
  #position = 0;
  #groups = 0;

  constructor(pattern: PathPattern) {
    this.#pattern = pattern;
    this.#source = pattern.source;
  }

  read(): readonly Part[] {
    const parts: Part[] = [];
    while (this.#position < this.#source.length && this.#source[this.#position] !== ")") {
      const part = this.#next();
      if (part !== "") parts.push(part);
    }
    return parts;
  }

  #next(): Part {
    const character = this.#source[this.#position]!;
    if (character === "(") return this.#group();
    if (character === "[" || character === "|") return this.#refuse(character);
    this.#position += 1;
    if (character === "^" || character === "$") return "";
    if (character !== "\\") return this.#repeated(character);

    const escaped = this.#source[this.#position]!;
    this.#position += 1;
    if (/[A-Za-z0-9]/.test(escaped)) return this.#refuse(`\\${escaped}`);
    return this.#repeated(escaped);
  }

  #group(): Part {
    const opening = /^\((?:\?(?:<?[=!]|:|<\w+>))?/.exec(this.#source.slice(this.#position))![0];
    this.#position += opening.length;
    if (opening === "(?:") {
      const parts = this.read();
      this.#position += 1;
      return { parts, isOptional: this.#takesNone() };
    }
    const index = this.#groups;
    const isAssertion = /[=!]$/.test(opening);
    this.#skipToEnd();
    if (isAssertion) return "";
    this.#groups += 1;
    return { index, isOptional: this.#takesNone() };
  }

  /** Passes over the inside of a group; another group in it would be an argument within an argument. */
  #skipToEnd(): void {
    for (let depth = 1; depth > 0; ) {
      const unit = /^(?:\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\(\?(?:<?[=!]|:)|\(|[\s\S])/.exec(
        this.#source.slice(this.#position),
      )![0];
      this.#position += unit.length;
      if (unit === "(") this.#refuse("a group inside a group");
      if (unit.startsWith("(?")) depth += 1;
      if (unit === ")") depth -= 1;
    }
  }

  #repeated(character: string): string {
    return this.#takesNone() ? "" : character;
  }

  /** Passes over a quantifier, and tells whether it allows nothing at all. */
  #takesNone(): boolean {
    const quantifier = /^(?:[?*+]|\{\d+(?:,\d*)?\})\??/.exec(this.#source.slice(this.#position))?.[0] ?? "";
    this.#position += quantifier.length;
    return /^(?:[?*]|\{0)/.test(quantifier);
  }

  #refuse(what: string): never {
    throw new TornadoError(
      "ROUTE_NOT_REVERSIBLE",
      `Route "${this.#pattern.text}" cannot be reversed because of ${what.length < 3 ? `"${what}" outside a group` : what}. Put the variable part into one group.`,
    );
  }
}
