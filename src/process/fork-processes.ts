/** Tornado's `fork_processes`: several processes that share ports, where Node cannot fork. */

import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { TornadoError } from "../core/errors.js";
import { generalLog } from "../core/log.js";
import { cpuCount } from "./cpu-count.js";
import { OrphanGuard } from "./orphan-guard.js";
import { restartPolicy } from "./restart-policy.js";
import { TASK_ID_VARIABLE, taskId } from "./task-id.js";

/** Signals that end the children and then the parent. */
const stopSignals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

let hasForked = false;

/**
 * Makes several processes of this one.
 *
 * Each child runs the program from its beginning, since Node cannot copy a process: what stands before the call is done in
 * the parent and in every child. In a child the promise gives its task id, from 0; in the parent it never does: the parent
 * watches. A port that several children listen on is shared, and their connections are dealt out in turn.
 *
 * A child that fails is replaced by one with the same task id, ever later when it keeps failing; one that ends with code 0
 * is not. When all have, the parent ends with code 0. SIGTERM, SIGINT and SIGHUP are passed on to the children.
 *
 * @param numProcesses - `null`, or 0 and less: one for each processor.
 * @param maxRestarts - How many replacements there may be, of all children together.
 * @throws TornadoError `ALREADY_FORKED` when it is called twice; in the parent `TOO_MANY_RESTARTS`.
 * @example
 * await forkProcesses(0);
 * await makeApp({ debug: false }).listen(8888);
 */
export async function forkProcesses(numProcesses: number | null = null, maxRestarts = 100): Promise<number> {
  if (hasForked) {
    throw new TornadoError(
      "ALREADY_FORKED",
      "forkProcesses() was called a second time in this process. Call it once, where the program begins.",
    );
  }
  if (numProcesses !== null && !Number.isSafeInteger(numProcesses)) {
    throw new TornadoError(
      "BAD_ARGUMENT",
      `forkProcesses() was given ${String(numProcesses)} processes. Give a whole number; 0 is one for each processor.`,
    );
  }
  if (!(maxRestarts >= 0)) {
    throw new TornadoError(
      "BAD_ARGUMENT",
      `forkProcesses() was given ${String(maxRestarts)} as maxRestarts. Give a number of at least 0.`,
    );
  }
  hasForked = true;
  const id = taskId();
  if (cluster.isWorker && id !== null) return id;
  const count = numProcesses === null || numProcesses <= 0 ? cpuCount() : numProcesses;
  process.exit(await new ForkedProcesses(maxRestarts).run(count));
}

interface Child {
  readonly worker: Worker;
  readonly beganMs: number;
}

/** The parent's side. */
class ForkedProcesses {
  readonly #maxRestarts: number;
  readonly #children = new Map<number, Child>();
  /** Failures in a row, by task id. */
  readonly #failures = new Map<number, number>();
  readonly #waiting = new Set<NodeJS.Timeout>();
  /** Node ends a child whose parent has gone, unless the child's code never returns. */
  readonly #guard = new OrphanGuard({ patienceSeconds: 2 });
  #restarts = 0;
  #stoppedBy: NodeJS.Signals | null = null;
  #hasFailed = false;
  #end: (exitCode: number) => void = () => {};
  #giveUp: (error: Error) => void = () => {};

  constructor(maxRestarts: number) {
    this.#maxRestarts = maxRestarts;
  }

  /** @returns The parent's exit code, when no child is left. */
  async run(count: number): Promise<number> {
    const forward = (signal: NodeJS.Signals) => this.#stop(signal);
    for (const signal of stopSignals) process.on(signal, forward);
    try {
      return await new Promise<number>((resolve, reject) => {
        this.#end = resolve;
        this.#giveUp = reject;
        generalLog.info(`Starting ${count} ${count === 1 ? "process" : "processes"}`);
        for (let id = 0; id < count; id++) this.#fork(id);
      });
    } finally {
      for (const signal of stopSignals) process.off(signal, forward);
      await this.#guard.close();
    }
  }

  #fork(id: number): void {
    const worker = cluster.fork({ [TASK_ID_VARIABLE]: String(id) });
    this.#children.set(id, { worker, beganMs: performance.now() });
    this.#guard.watch({ pid: worker.process.pid, exited: once(worker, "exit") });
    worker.once("exit", (code: number | null, signal: NodeJS.Signals | null) => this.#exited(id, code, signal));
  }

  #exited(id: number, code: number | null, signal: NodeJS.Signals | null): void {
    const { worker, beganMs } = this.#children.get(id)!;
    this.#children.delete(id);
    if (code === 0 || this.#stoppedBy !== null) {
      if (code !== 0 && signal !== this.#stoppedBy) this.#hasFailed = true;
      this.#endIfAlone();
      return;
    }
    const how = signal === null ? `exited with status ${code}` : `was killed by ${signal}`;
    this.#restarts++;
    if (this.#restarts > this.#maxRestarts) {
      this.#giveUp(
        new TornadoError(
          "TOO_MANY_RESTARTS",
          `Child ${id} (pid ${worker.process.pid}) ${how}, and ${this.#maxRestarts} children were replaced already. See the log for why they end.`,
        ),
      );
      return;
    }
    generalLog.warn(`Child ${id} (pid ${worker.process.pid}) ${how}, restarting`);
    this.#replace(id, performance.now() - beganMs, signal !== null);
  }

  #replace(id: number, servedMs: number, wasKilled: boolean): void {
    const earlierFailures = this.#failures.get(id) ?? 0;
    const { delayMs, failures } = restartPolicy({ servedMs, earlierFailures, wasKilled });
    this.#failures.set(id, failures);
    const timer = setTimeout(() => {
      this.#waiting.delete(timer);
      this.#fork(id);
    }, delayMs);
    this.#waiting.add(timer);
  }

  #stop(signal: NodeJS.Signals): void {
    this.#stoppedBy ??= signal;
    for (const timer of this.#waiting) clearTimeout(timer);
    this.#waiting.clear();
    // At a terminal the children have got Ctrl-C as well; a second one would tell them to stop at once.
    const haveHeard = signal === "SIGINT" && process.stdin.isTTY === true;
    if (!haveHeard) for (const { worker } of this.#children.values()) worker.process.kill(signal);
    this.#endIfAlone();
  }

  #endIfAlone(): void {
    if (this.#children.size === 0 && this.#waiting.size === 0) this.#end(this.#hasFailed ? 1 : 0);
  }
}
