/** Keeps spare processes warm, makes one of them the app, and lets the one before it finish. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compiledFile } from "../bundle/tornado-resolver.js";
import { type DrainResult, WorkerFailedError, WorkerProcess } from "../process/worker-process.js";
import { OrphanGuard } from "./orphan-guard.js";
import {
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

interface Spare {
  readonly process: WorkerProcess;
  readonly socketPath: string;
}

/** Two, so that a save finds one also when the one before it was a moment ago. */
const SPARES = 2;
/** Warming a spare takes a processor for a while: the answer that was waited for goes first. */
const REFILL_DELAY_MS = 60;
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
  #warmUp: string | undefined;
  #count = 0;
  #refill: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: WorkerSwapOptions) {
    this.#options = options;
    this.#folder = mkdtempSync(join(tmpdir(), "tornado-"));
    this.#guard = new OrphanGuard(this.#folder);
  }

  /** Starts the first spares. */
  warm(): void {
    try {
      while (this.#spares.length < SPARES && !this.#isClosed) this.#spares.push(this.#fork());
    } catch {
      // What keeps a process from being started is told when the app is to become one.
    }
  }

  /** Names the module that spares load; those that have loaded another one stay, since they are warm enough. */
  setWarmUp(path: string): void {
    this.#warmUp = path;
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
    const spare = this.#take();
    const stop = () => spare.process.kill("SIGKILL");
    const failed = new Promise<never>((_, reject) => {
      const limit = setTimeout(() => {
        stop();
        reject(
          new WorkerFailedError(
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
    this.#refill = setTimeout(() => this.warm(), REFILL_DELAY_MS);
  }

  #fork(): Spare {
    this.#count += 1;
    const name = `worker-${process.pid}-${this.#count}`;
    const socketPath =
      process.platform === "win32" ? `\\\\.\\pipe\\tornado-${name}` : join(this.#folder, `${name}.sock`);
    const options: SpareOptions = { socketPath, warmUp: this.#warmUp };
    const worker = WorkerProcess.fork(compiledFile("dev/dev-worker.js"), {
      cwd: this.#options.root,
      env: { ...this.#options.environment(), [spareOptionsVariable]: JSON.stringify(options) },
      execArgv: [],
      // The keys that are pressed are the dev server's.
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#all.add(worker);
    this.#watchAll();
    void worker.exited.then(() => {
      this.#all.delete(worker);
      this.#watchAll();
      if (!this.#isClosed) this.#options.onExit();
    });
    return { process: worker, socketPath };
  }

  #watchAll(): void {
    this.#guard.watch([...this.#all].flatMap(({ pid }) => pid ?? []));
  }
}
