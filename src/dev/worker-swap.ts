/** Keeps spare processes warm, makes one of them the app, and lets the one before it finish. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { compiledFile } from "../bundle/tornado-resolver.js";
import { OrphanGuard } from "../process/orphan-guard.js";
import { type DrainResult, WorkerFailedError, WorkerProcess } from "../process/worker-process.js";
import {
  type Preparation,
  type ServeDetail,
  type ServeTask,
  type SpareOptions,
  spareOptionsVariable,
  type WorkerReport,
} from "./worker-task.js";

export interface WorkerSwapOptions {
  /** Absolute path of the app's root: the working directory of the workers. */
  readonly root: string;
  /** The environment of the workers, asked for at every start. */
  environment(): NodeJS.ProcessEnv;
  /** Options of Node for the workers. */
  readonly execArgv?: readonly string[];
  /** Called when a process has ended. */
  onExit(): void;
}

/** A worker that serves the app. */
export interface ServingWorker {
  readonly process: WorkerProcess;
  /** Path of the socket that it listens on. */
  readonly socketPath: string;
  readonly detail: ServeDetail;
}

/** Says that an app did not start in time. */
export class StartTimeoutError extends WorkerFailedError {}

interface Spare {
  readonly process: WorkerProcess;
  readonly socketPath: string;
}

/** Two, so that a save finds one also when the one before it was a moment ago. */
const SPARES = 2;
/** Warming a spare takes a processor for a while: the answer that was waited for goes first. */
const REFILL_DELAY_MS = 60;
/** What an app makes while it starts fits into this: no garbage is collected before the first answer. */
const YOUNG_HEAP_MB = 16;
/** What Node exits with when it does not know an option. The one for the heap is V8's, and promised by nobody. */
const UNKNOWN_OPTION = 9;
/** Starts that follow each other so closely belong together: only after such a pause is one thought to be the last. */
const BURST_MS = 100;
const QUIET_MS = 25;
/** How long an app may take to start. */
const START_LIMIT_MS = 20_000;
/** How long requests of the old code may take to finish. */
const DRAIN_MS = 10_000;
const INSPECTOR_LIMIT_MS = 500;

/** The processes of the dev server. */
export class WorkerSwap {
  readonly #options: WorkerSwapOptions;
  readonly #folder: string;
  readonly #all = new Set<WorkerProcess>();
  readonly #guard: OrphanGuard;
  #spares: Spare[] = [];
  #preparation: Preparation = {};
  #count = 0;
  #heapOptions: readonly string[] = [`--min-semi-space-size=${YOUNG_HEAP_MB}`];
  #refill: NodeJS.Timeout | undefined;
  #hasServed = false;
  #lastStart = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: WorkerSwapOptions) {
    this.#options = options;
    this.#folder = mkdtempSync(join(tmpdir(), "tornado-"));
    this.#guard = new OrphanGuard({ folder: this.#folder });
  }

  /** Starts the first spare. The others wait: whoever has just started the dev server waits for this one. */
  warm(): void {
    this.#fill(1);
  }

  /** Says what spares have at hand: those that are there, and later ones. */
  prepare(preparation: Preparation): void {
    this.#preparation = preparation;
    for (const spare of this.#spares) spare.process.prepare(preparation);
  }

  /** Ends the spares, whose environment or packages are not those of the app any more. */
  retireSpares(): void {
    for (const spare of this.#spares) spare.process.kill("SIGKILL");
    this.#spares = [];
  }

  /**
   * Makes a spare the app.
   *
   * @param signal - When aborted, the worker ends and the promise rejects: a newer bundle is on its way.
   * @throws {WorkerFailedError} when the app does not start.
   */
  async start(task: ServeTask, signal: AbortSignal): Promise<ServingWorker> {
    const isOneOfMany = performance.now() - this.#lastStart < BURST_MS;
    this.#lastStart = performance.now();
    // A spare for each of them would leave none for the last, which is the one that somebody will look at.
    if (isOneOfMany) await pause(QUIET_MS, undefined, { signal });
    const spare = this.#take();
    // Saves come faster than spares warm: the next one finds at least a spare that is being warmed.
    if (this.#spares.length === 0 && this.#hasServed) this.#fill(SPARES);
    const stop = () => spare.process.kill("SIGKILL");
    const failed = new Promise<never>((_, reject) => {
      const limit = setTimeout(() => {
        stop();
        reject(
          new StartTimeoutError(
            `did not start within ${START_LIMIT_MS / 1000} s. Look for an endless loop, or an await that nothing ends.`,
          ),
        );
      }, START_LIMIT_MS);
      signal.addEventListener("abort", stop, { once: true });
      void spare.process.ready.catch(() => {}).finally(() => clearTimeout(limit));
    });
    spare.process.giveTask(task);
    try {
      const detail = (await Promise.race([spare.process.ready, failed])) as ServeDetail;
      this.#hasServed = true;
      return { ...spare, detail };
    } finally {
      signal.removeEventListener("abort", stop);
      this.#refillLater();
    }
  }

  /** Lets a worker answer what it has begun, and end. */
  async retire(worker: ServingWorker): Promise<DrainResult> {
    return await worker.process.drain(DRAIN_MS);
  }

  /** Frees the debugger's port for the next worker; a worker that hangs does not hold it up for long. */
  async closeInspector(worker: ServingWorker): Promise<void> {
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, INSPECTOR_LIMIT_MS);
      const forget = worker.process.onReport((report) => {
        if ((report as WorkerReport).kind !== "inspectorClosed") return;
        clearTimeout(limit);
        forget();
        resolve();
      });
      worker.process.giveTask({ kind: "closeInspector" });
    });
  }

  /** Ends every process at once, and waits until each is gone: as the first process of a container nobody else would reap them. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#refill);
    const workers = [...this.#all];
    for (const worker of workers) worker.kill("SIGKILL");
    await Promise.all(workers.map((worker) => worker.exited));
    await this.#guard.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #take(): Spare {
    this.#spares = this.#spares.filter(({ process }) => !process.hasExited);
    return this.#spares.shift() ?? this.#fork();
  }

  #refillLater(): void {
    clearTimeout(this.#refill);
    this.#refill = setTimeout(() => this.#fill(SPARES), REFILL_DELAY_MS);
  }

  #fill(count: number): void {
    try {
      while (this.#spares.length < count && !this.#isClosed) this.#spares.push(this.#fork());
    } catch {
      // What keeps a process from being started is told when the app is to become one.
    }
  }

  #fork(): Spare {
    this.#count += 1;
    const name = `worker-${process.pid}-${this.#count}`;
    const socketPath =
      process.platform === "win32" ? `\\\\.\\pipe\\tornado-${name}` : join(this.#folder, `${name}.sock`);
    const options: SpareOptions = { socketPath, preparation: this.#preparation };
    const worker = WorkerProcess.fork(compiledFile("dev/dev-worker.js"), {
      cwd: this.#options.root,
      env: { ...this.#options.environment(), [spareOptionsVariable]: JSON.stringify(options) },
      execArgv: [...this.#heapOptions, ...(this.#options.execArgv ?? [])],
      // The keys that are pressed are the dev server's.
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#all.add(worker);
    this.#guard.watch(worker);
    void worker.exited.then(({ code }) => {
      this.#all.delete(worker);
      if (code === UNKNOWN_OPTION) this.#heapOptions = [];
      if (!this.#isClosed) this.#options.onExit();
    });
    return { process: worker, socketPath };
  }
}
