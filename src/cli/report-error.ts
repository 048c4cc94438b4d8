/** Turns whatever ended a command into one line on standard error and an exit code. */

import { CommanderError } from "commander";
import { TornadoError, toError } from "../core/errors.js";
import type { TerminalStyle } from "../core/terminal-style.js";
import { Cancelled } from "../scaffold/cancellation.js";

/** Exit codes of both programs. */
export const EXIT_FAILED = 1;
/** The command line itself is wrong. */
export const EXIT_WRONG_USAGE = 2;
/** Ctrl-C: 128 plus the number of SIGINT, as a shell has it. */
export const EXIT_CANCELLED = 130;

/** Errors that are about what was typed, not about what was found. */
const USAGE_CODES = new Set(["BAD_APP_NAME", "UNKNOWN_TEMPLATE", "BAD_OPTION"]);

/** What becomes of an error. */
export interface ErrorReport {
  /** Lines for standard error; none when there is nothing to say. */
  readonly lines: readonly string[];
  readonly exitCode: number;
}

/**
 * Describes an error for the terminal.
 *
 * @param verbose - Adds the stack, and the stacks of its causes.
 */
export function describeError(thrown: unknown, style: TerminalStyle, verbose: boolean): ErrorReport {
  if (thrown instanceof Cancelled) return { lines: ["Cancelled."], exitCode: EXIT_CANCELLED };
  if (thrown instanceof CommanderError) return describeUsageError(thrown, style);

  const error = isFolderGone(thrown) ? folderGone(thrown) : toError(thrown);
  const before = outputOf(error);
  const sentence = isTornadoError(error) ? error.message : unexpected(error);
  const headline = `${style.red("error:")} ${withoutControls(sentence)}`;
  const details = verbose ? stacksOf(error).map((stack) => style.dim(stack)) : [];
  const isUsage = isTornadoError(error) && USAGE_CODES.has(error.code);
  return { lines: [...before, headline, ...details], exitCode: isUsage ? EXIT_WRONG_USAGE : EXIT_FAILED };
}

/** Whatever asks first where it stands gets this, be it a module that is only loaded. */
function isFolderGone(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException | undefined)?.syscall === "uv_cwd";
}

function folderGone(cause: unknown): TornadoError {
  const message = "The current folder is not there any more. Change to another one.";
  return new TornadoError("NO_FOLDER", message, { cause });
}

/** By its name as well: a built app brings a copy of the framework, whose class is another one. */
function isTornadoError(error: Error): error is TornadoError {
  const { code } = error as { code?: unknown };
  return error instanceof TornadoError || (error.name === "TornadoError" && typeof code === "string");
}

/** A name that was typed, or found on the disk, may not command the terminal. */
function withoutControls(text: string): string {
  return text.replace(
    /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** commander throws for `--help` and `--version` as well, with the exit code 0. */
function describeUsageError(error: CommanderError, style: TerminalStyle): ErrorReport {
  if (error.exitCode === 0 || error.code === "commander.help") return { lines: [], exitCode: error.exitCode };
  const sentence = error.message
    .replace(/^error: /, "")
    .replace(/\n?\(Did you mean ([^()\n]*)\?\)/, (_, nearest: string) => `. Did you mean ${nearest}?`)
    .replaceAll("'", '"')
    .replace(/\.?$/, (end) => (error.message.endsWith("?)") ? "" : end || "."))
    .trim();
  return { lines: [`${style.red("error:")} ${withoutControls(sentence)}`], exitCode: EXIT_WRONG_USAGE };
}

/** An error that nobody prepared a sentence for: its class says more than nothing. */
function unexpected(error: Error): string {
  const hint = "Run it again with --verbose to see where.";
  return error.message === ""
    ? `${error.name}. ${hint}`
    : `${error.name}: ${error.message.replace(/\.?$/, ".")} ${hint}`;
}

/** What another program said before it failed. */
function outputOf(error: Error): string[] {
  const { output } = error as { output?: unknown };
  return typeof output === "string" && output.trim() !== "" ? [output.trimEnd(), ""] : [];
}

function stacksOf(error: Error): string[] {
  const stacks: string[] = [];
  for (let current: unknown = error; current instanceof Error && stacks.length < 10; current = current.cause) {
    stacks.push(stacks.length === 0 ? (current.stack ?? "") : `Caused by: ${current.stack}`);
  }
  return stacks;
}
