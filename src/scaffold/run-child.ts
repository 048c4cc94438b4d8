/** Runs another program to its end, without a shell, and never leaves it or its children behind. */

import { spawn } from "node:child_process";

/** How a child program runs. */
export interface RunChildOptions {
  readonly cwd: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Ends the child and every process that it started. */
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

/** What a child program did. */
export interface ChildResult {
  /** `undefined` when the program is not installed. */
  readonly exitCode: number | undefined;
  /** Everything written to both of its outputs, in order. */
  readonly output: string;
}

/** How long a child may take to end by itself before its process group is killed. */
const GRACE_MS = 3000;

/**
 * Runs a program and collects its output.
 *
 * The child leads a process group of its own: Ctrl-C at the terminal then reaches only us, and we end the whole group and
 * wait for it. Otherwise a grandchild of `npm install` could go on writing into a folder that was just removed.
 *
 * @throws The signal's reason, after the child has ended.
 */
export async function runChild(
  command: string,
  commandArguments: readonly string[],
  options: RunChildOptions,
): Promise<ChildResult> {
  options.signal.throwIfAborted();
  const isWindows = process.platform === "win32";
  const child = spawn(command, commandArguments, {
    cwd: options.cwd,
    env: options.environment,
    stdio: ["ignore", "pipe", "pipe"],
    detached: !isWindows,
    // npm, pnpm and yarn are .cmd files there, which only a shell can start. The arguments are our own constants.
    shell: isWindows,
    windowsHide: true,
  });

  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });

  let killTimer: NodeJS.Timeout | undefined;
  const end = () => {
    endGroup(child.pid, "SIGTERM");
    killTimer ??= setTimeout(() => endGroup(child.pid, "SIGKILL"), GRACE_MS);
  };
  const timeLimit = options.timeoutMs === undefined ? undefined : setTimeout(end, options.timeoutMs);
  options.signal.addEventListener("abort", end, { once: true });
  try {
    const exitCode = await new Promise<number | undefined>((done, fail) => {
      child.once("error", (error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? done(undefined) : fail(error)));
      // "close" and not "exit": as long as a grandchild holds the pipe, it may also still be writing files.
      child.once("close", (code) => done(code ?? 1));
    });
    if (options.signal.aborted) endGroup(child.pid, "SIGKILL");
    options.signal.throwIfAborted();
    return { exitCode, output };
  } finally {
    clearTimeout(killTimer);
    clearTimeout(timeLimit);
    options.signal.removeEventListener("abort", end);
  }
}

function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  if (process.platform === "win32") {
    spawn("taskkill", ["/pid", String(pid), "/t", "/f"], { stdio: "ignore", windowsHide: true });
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended by itself.
  }
}
