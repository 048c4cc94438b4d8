/** Starts a git repository with a first commit. Nothing that goes wrong here may fail the making of an app. */

import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runChild } from "./run-child.js";

const FIRST_COMMIT = "Start with create-tornado-app";

/** A hook, a credential helper or a slow disk must not hold up the app. */
const TIMEOUT_MS = 20_000;

/**
 * What git did, for the person to read.
 *
 * - `committed`: there is a repository with one commit.
 * - `staged`: there is a repository, and `reason` says why it has no commit.
 * - `none`: there is no repository, and `reason` says why.
 */
export interface GitOutcome {
  readonly state: "committed" | "staged" | "none";
  readonly reason?: string;
}

/** Says whether `folder`, which exists, lies inside a git repository, be it one that git does not trust. */
export async function isInsideRepository(folder: string, signal: AbortSignal): Promise<boolean> {
  const { exitCode, output } = await git(folder, ["rev-parse", "--is-inside-work-tree"], signal);
  return (exitCode === 0 && output.startsWith("true")) || output.includes("dubious ownership");
}

/** Makes a repository of `folder` and commits `files`, relative paths, in it. */
export async function startRepository(
  folder: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<GitOutcome> {
  const started = await git(folder, ["init", "--quiet"], signal);
  if (started.exitCode === undefined) return { state: "none", reason: "git is not installed" };
  if (started.exitCode !== 0) return giveUp(folder, started.output);

  const present = files.filter((file) => existsSync(join(folder, file)));
  const added = await git(folder, ["add", "--", ...present], signal);
  if (added.exitCode !== 0) return giveUp(folder, added.output);

  const committed = await git(
    folder,
    ["commit", "--quiet", "--no-verify", "--no-gpg-sign", "-m", FIRST_COMMIT],
    signal,
  );
  if (committed.exitCode === 0) return { state: "committed" };
  const hasNoIdentity = /tell me who you are|auto-detect|empty ident|useConfigOnly/i.test(committed.output);
  return {
    state: "staged",
    reason: hasNoIdentity ? "git does not know your name and email" : firstLine(committed.output),
  };
}

function giveUp(folder: string, output: string): GitOutcome {
  rmSync(join(folder, ".git"), { recursive: true, force: true });
  return { state: "none", reason: firstLine(output) };
}

async function git(folder: string, gitArguments: readonly string[], signal: AbortSignal) {
  // A hook of another repository may have started us: its GIT_DIR must not be used for ours.
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^GIT_(?:DIR|WORK_TREE|INDEX_FILE|PREFIX|COMMON_DIR|OBJECT_DIRECTORY)$/.test(name),
    ),
  );
  environment.GIT_TERMINAL_PROMPT = "0";
  environment.LC_ALL = "C";
  const withoutHooks = ["-c", "core.hooksPath=/dev/null", "-c", "core.safecrlf=false", ...gitArguments];
  return runChild("git", withoutHooks, { cwd: folder, environment, signal, timeoutMs: TIMEOUT_MS });
}

function firstLine(output: string): string {
  return output.trim().split("\n", 1)[0] || "git failed";
}
