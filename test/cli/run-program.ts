/** Runs the built programs as a person would: real processes, with their own environment. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../../", import.meta.url));

/** What a program did. */
export interface ProgramRun {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly environment?: Record<string, string>;
  /** Called when the process runs, to send it something. */
  readonly started?: (child: ChildProcess) => void;
  /** What its standard input holds. Default: nothing. */
  readonly input?: string;
  /** Program and arguments that run before `node`, such as setpriv. */
  readonly through?: readonly string[];
}

/** The environment of a program, without what vitest and npm put in. */
export function plainEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  const kept = ["PATH", "HOME", "LANG", "TMPDIR"].map((name) => [name, process.env[name] ?? ""]);
  return { ...Object.fromEntries(kept), NO_COLOR: "", GIT_CONFIG_NOSYSTEM: "1", ...extra };
}

/** Runs `tornado` or `create-tornado-app` to its end. */
export function runProgram(
  name: string,
  programArguments: readonly string[],
  options: RunOptions,
): Promise<ProgramRun> {
  const [command, ...first] = [...(options.through ?? []), process.execPath, join(repository, "bin", `${name}.js`)];
  const child = spawn(command!, [...first, ...programArguments], {
    cwd: options.cwd,
    env: plainEnvironment(options.environment),
    stdio: ["pipe", "pipe", "pipe"],
  });
  // It may have ended without having read it.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  options.started?.(child);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", (exitCode, signal) => done({ exitCode, signal, stdout, stderr }));
  });
}

/** Makes a new folder whose path has no links in it. */
export function temporaryFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "tornado-cli-")));
}
