/** Ends the workers of a process that was killed: one whose code never returns cannot notice that by itself. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { generalLog } from "../core/log.js";

export interface OrphanGuardOptions {
  /** How long the workers have for an end of their own once their parent has gone, in whole seconds. Default 0. */
  readonly patienceSeconds?: number;
  /** Removed at the end. */
  readonly folder?: string;
}

/** Such as a `WorkerProcess`. */
export interface WatchedProcess {
  readonly pid: number | undefined;
  /** Never rejects. */
  readonly exited: Promise<unknown>;
}

/**
 * Reads what is watched, line by line, each replacing the one before; acts when the other end of the pipe has gone. It asks every
 * second who is still there: a number that was let go may soon be another process's. The first line is for whoever lists processes.
 */
const script = `# tornado-guard: ends the workers of a process that was killed
while read -r line; do pids=$line; done
patience=$1
while [ -n "$pids" ]; do
  left=
  for pid in $pids; do kill -0 "$pid" 2>/dev/null && left="$left $pid"; done
  pids=$left
  [ "$patience" -gt 0 ] || break
  patience=$((patience - 1))
  sleep 1 || exit
done
[ -z "$pids" ] || kill -9 $pids 2>/dev/null
[ -z "$2" ] || rm -rf -- "$2"
`;

/**
 * A shell that waits for the end of this process, in 2 MB for all workers. A thread in each of them could do it too, and costs 40 ms
 * and 9 MB; a signal that the kernel sends at a parent's end is not to be had from Node, and would leave no time to drain.
 */
export class OrphanGuard {
  readonly #shell: ChildProcess | undefined;
  readonly #pids = new Set<number>();

  constructor({ patienceSeconds = 0, folder = "" }: OrphanGuardOptions = {}) {
    // Windows ends what a console started together with it.
    if (process.platform === "win32") return;
    // In a session of its own: Ctrl-C and the end of the terminal are not for it.
    this.#shell = spawn("/bin/sh", ["-c", script, "tornado-guard", String(patienceSeconds), folder], {
      cwd: "/",
      env: { PATH: process.env.PATH },
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    // A system without a shell, such as a bare container, does without a guard: there the kernel ends all with the first process.
    this.#shell.on("error", (error) => generalLog.debug("Workers are not watched for the end of their parent", error));
    this.#shell.stdin?.on("error", () => {});
    this.#shell.unref();
  }

  /** Watches a process that must not outlive this one, until it has ended. */
  watch({ pid, exited }: WatchedProcess): void {
    // It could not be started.
    if (pid === undefined) return;
    this.#pids.add(pid);
    this.#tell();
    void exited.then(() => {
      this.#pids.delete(pid);
      this.#tell();
    });
  }

  /** Lets the guard go, once nothing is left for it to watch. */
  async close(): Promise<void> {
    const shell = this.#shell;
    if (shell?.pid === undefined || shell.exitCode !== null || shell.signalCode !== null) return;
    shell.ref();
    shell.stdin!.end("\n");
    await once(shell, "exit");
  }

  #tell(): void {
    const stdin = this.#shell?.stdin;
    if (stdin?.writable === true) stdin.write(`${[...this.#pids].join(" ")}\n`);
  }
}
