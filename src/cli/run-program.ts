/** Runs a commander program to its exit code: the one catch of both programs. */

import type { Command } from "commander";
import { terminalStyle } from "../core/terminal-style.js";
import { describeError } from "./report-error.js";
import { endOnBrokenPipe } from "./standard-streams.js";

/** What the actions of commands leave behind: the exit code, 0 unless one says otherwise. */
export interface ProgramResult {
  exitCode: number;
}

/** Parses the arguments, runs the command's action, and ends the process. */
export async function runProgram(
  program: Command,
  programArguments: readonly string[],
  result: ProgramResult,
): Promise<void> {
  endOnBrokenPipe();
  try {
    await program.parseAsync(programArguments, { from: "user" });
  } catch (error) {
    const report = describeError(error, terminalStyle(process.stderr), programArguments.includes("--verbose"));
    for (const line of report.lines) process.stderr.write(`${line}\n`);
    result.exitCode = report.exitCode;
  }
  // Something that was started may still hold the event loop. Pipes and terminals are written at once on POSIX; elsewhere an empty
  // write comes back when everything before it has gone.
  process.exitCode = result.exitCode;
  await new Promise((written) => process.stdout.write("", written));
  process.exit();
}
