/** Ends the workers when the dev server was killed: one whose code never returns cannot notice that by itself. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** Reads what is to be killed, line by line, each replacing the one before; acts when the other end of the pipe has gone. */
const script = 'while read -r line; do pids=$line; done; [ -z "$pids" ] || kill -9 $pids 2>/dev/null; rm -rf -- "$1"';

/** A shell that waits for the end of this process. A thread in each worker could do it too, and costs 40 ms and 9 MB. */
export class OrphanGuard {
  readonly #shell: ChildProcess | undefined;

  /** @param folder - Removed at the end. */
  constructor(folder: string) {
    // Windows ends what a console started together with it.
    if (process.platform === "win32") return;
    // In a session of its own: Ctrl-C and the end of the terminal are not for it.
    this.#shell = spawn("/bin/sh", ["-c", script, "tornado-dev-guard", folder], {
      cwd: "/",
      env: { PATH: process.env.PATH },
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    // A system without a shell does without a guard.
    this.#shell.on("error", () => {});
    this.#shell.stdin!.on("error", () => {});
    this.#shell.unref();
  }

  /** Names all processes that must not outlive this one. */
  watch(pids: Iterable<number>): void {
    this.#shell?.stdin?.write(`${[...pids].join(" ")}\n`);
  }

  /** Lets the guard go, once nothing is left for it to watch. */
  async close(): Promise<void> {
    const shell = this.#shell;
    if (shell?.pid === undefined || shell.exitCode !== null || shell.signalCode !== null) return;
    shell.ref();
    shell.stdin!.end("\n");
    await once(shell, "exit");
  }
}
