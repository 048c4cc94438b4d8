/** What is wrong with an app's sources: each problem with its file, place and line, as pages and terminals show it. */

import type { Message } from "esbuild";
import { TornadoError } from "../core/errors.js";

/** One thing that keeps the app from being built. */
export interface BuildProblem {
  /** Path relative to the app's root, with forward slashes; empty when no file is to blame. */
  readonly file: string;
  /** Counted from 1; 0 when there is no place. */
  readonly line: number;
  /** Counted from 1, in characters. */
  readonly column: number;
  /** How many characters from the column on are meant; at least 1. */
  readonly length: number;
  /** The line itself. */
  readonly lineText: string;
  readonly message: string;
  /** What else the bundler knows, such as where a name was declared first. */
  readonly notes: readonly string[];
}

/** Thrown when an app cannot be built. `message` is the first problem in one line. */
export class BuildError extends TornadoError {
  readonly problems: readonly BuildProblem[];

  constructor(problems: readonly BuildProblem[], options?: ErrorOptions) {
    super("BUILD_FAILED", describe(problems), options);
    this.problems = problems;
  }
}

/** Turns what esbuild says into problems of ours. */
export function problemOf(message: Message): BuildProblem {
  const { location } = message;
  return {
    file: location === null ? "" : location.file.replaceAll("\\", "/"),
    line: location?.line ?? 0,
    // esbuild counts columns and lengths in UTF-8 bytes; people and editors count characters.
    column: location === null ? 0 : characters(location.lineText, location.column) + 1,
    length: location === null ? 1 : lengthInCharacters(location),
    lineText: location?.lineText ?? "",
    message: location === null ? ofMissingEntry(message.text) : message.text,
    notes: message.notes.map((note) =>
      note.location === null ? note.text : `${note.location.file}:${note.location.line}: ${note.text}`,
    ),
  };
}

/** What no line asks for is where the app begins. */
function ofMissingEntry(text: string): string {
  const file = /^Could not resolve "(?:.*[\\/])?(src[\\/][^"\\/]+)"$/.exec(text)?.[1]?.replace("\\", "/");
  return file === undefined
    ? text
    : `There is no ${file}. Put it back: it exports makeApp(), with which the app begins.`;
}

function describe(problems: readonly BuildProblem[]): string {
  const [first] = problems;
  if (first === undefined) return "The app cannot be built.";
  // Without a line, the message itself says what it is about.
  const place = first.file === "" || first.line === 0 ? "" : `${first.file}:${first.line}:${first.column}: `;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return `${place}${first.message}${more}`;
}

function characters(text: string, bytes: number): number {
  return Buffer.from(text).subarray(0, bytes).toString().length;
}

function lengthInCharacters(location: NonNullable<Message["location"]>): number {
  const end = characters(location.lineText, location.column + location.length);
  return Math.max(1, end - characters(location.lineText, location.column));
}
