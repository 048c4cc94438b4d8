/** Keeps N workers serving: replaces what dies, reloads on SIGHUP, drains on SIGTERM and SIGINT. It serves nothing itself. */

import { TornadoError, toError } from "../core/errors.js";
import { generalLog } from "../core/log.js";
import { watchHeartbeat } from "../process/heartbeat.js";
import { HEALTHY_AFTER_MS, restartPolicy } from "../process/restart-policy.js";
import { describeExit, type WorkerExit, WorkerFailedError, type WorkerProcess } from "../process/worker-process.js";
import type { StartWorker } from "./cluster-worker.js";
import { onStopSignals } from "./stop-signals.js";

/** What a supervisor is told. */
export interface SupervisorOptions {
  readonly workerCount: number;
  readonly startWorker: StartWorker;
  readonly gracefulTimeoutMs: number;
  readonly maxRestarts: number;
  /** 0 is no heartbeat. */
  readonly heartbeatTimeoutMs: number;
  /** Called when all workers serve for the first time. */
  readonly onServing: () => void | Promise<void>;
}

/** The place of one worker; its successors have the same task id. */
interface Slot {
  readonly taskId: number;
  worker: WorkerProcess | null;
  /** Ends in a row without a healthy minute between. */
  failures: number;
  restartTimer: NodeJS.Timeout | undefined;
}

/** A worker that ends after an error that nobody caught gets this long for what it has begun. */
const CRASH_DEADLINE_MS = 5000;

/** Runs once, from its first worker to its exit code. */
export class ClusterSupervisor {
  readonly #options: SupervisorOptions;
  readonly #slots: readonly Slot[];
  /** A new generation that is not in the slots yet. */
  readonly #successors = new Map<Slot, WorkerProcess>();
  /** Workers that drain, with the number of connections that each cut in the end; a kill counts as one. */
  readonly #departing = new Map<WorkerProcess, Promise<number>>();
  /** Workers that have become ready, and when. */
  readonly #readyAtMs = new Map<WorkerProcess, number>();
  /** Workers that were killed here because they hung: no accident from outside. */
  readonly #hung = new WeakSet<WorkerProcess>();
  readonly #ended: Promise<number>;
  #end: (exitCode: number) => void = () => {};
  #state: "booting" | "serving" | "stopping" = "booting";
  #isReloading = false;
  #reloadAgain = false;
  #stopsNow = false;
  #restartsInARow = 0;
  #lastRestartAtMs = 0;
  #totalRestarts = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.workerCount }, (_, taskId) => ({
      taskId,
      worker: null,
      failures: 0,
      restartTimer: undefined,
    }));
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Workers replaced so far because they ended. */
  get restarts(): number {
    return this.#totalRestarts;
  }

  /**
   * Starts the workers and supervises them until a signal ends it.
   *
   * @returns The exit code: 0 when every worker drained, 1 when something was cut or the workers kept dying.
   * @throws What the app threw when a worker failed in the first boot; all workers are stopped by then.
   */
  async run(): Promise<number> {
    const forgetSignals = onStopSignals(["SIGTERM", "SIGINT"], {
      stop: (signal) => {
        generalLog.info(`${signal}: stopping, ${inSeconds(this.#options.gracefulTimeoutMs)} for what has begun`);
        void this.#stop(0);
      },
      stopNow: () => this.#stopNow(),
    });
    const reload = () => void this.#reload();
    process.on("SIGHUP", reload);
    try {
      await this.#boot();
      return await this.#ended;
    } finally {
      forgetSignals();
      process.off("SIGHUP", reload);
    }
  }

  async #boot(): Promise<void> {
    for (const slot of this.#slots) slot.worker = this.#launch(slot);
    try {
      await Promise.all(this.#slots.map((slot) => slot.worker!.ready));
      if (this.#state !== "booting") return;
      await this.#options.onServing();
    } catch (error) {
      if (this.#state !== "booting") return;
      await this.#stop(1);
      throw bootError(error);
    }
    // A worker may have ended while the others were still starting.
    this.#state = "serving";
    for (const slot of this.#slots) if (slot.worker!.hasExited) this.#replace(slot, slot.worker!, false);
  }

  /** Starts a worker and follows it to its end. */
  #launch(slot: Slot): WorkerProcess {
    const worker = this.#options.startWorker(slot.taskId);
    worker.ready.then(
      () => {
        this.#readyAtMs.set(worker, performance.now());
        generalLog.info(`Worker ${slot.taskId} started (pid ${worker.pid})`);
        if (this.#options.heartbeatTimeoutMs > 0) this.#watch(slot, worker);
      },
      () => {},
    );
    worker.onLeaving((error) => this.#onLeaving(slot, worker, error));
    void worker.exited.then((exit) => this.#onExit(slot, worker, exit));
    return worker;
  }

  #watch(slot: Slot, worker: WorkerProcess): void {
    watchHeartbeat(worker, this.#options.heartbeatTimeoutMs, () => {
      const silence = inSeconds(this.#options.heartbeatTimeoutMs);
      generalLog.error(`Worker ${slot.taskId} (pid ${worker.pid}) has not answered for ${silence}: it is killed`);
      this.#hung.add(worker);
      worker.kill("SIGKILL");
    });
  }

  /** The worker ends by itself and still answers what it has begun: its successor need not wait for that. */
  #onLeaving(slot: Slot, worker: WorkerProcess, error: Error | null): void {
    if (slot.worker !== worker || this.#state !== "serving") return;
    const why = error === null ? "was told to stop" : "ends after an uncaught exception";
    generalLog.warn(`Worker ${slot.taskId} (pid ${worker.pid}) ${why}: it is replaced`);
    this.#depart(slot, worker, error === null ? this.#options.gracefulTimeoutMs : CRASH_DEADLINE_MS);
    this.#replace(slot, worker, error === null);
  }

  #onExit(slot: Slot, worker: WorkerProcess, exit: WorkerExit): void {
    if (slot.worker === worker && this.#state === "serving") {
      if (this.#readyAtMs.has(worker)) {
        generalLog.warn(`Worker ${slot.taskId} (pid ${worker.pid}) ${describeExit(exit)}: it is replaced`);
      }
      const wasKilled = (exit.signal === "SIGKILL" || exit.signal === "SIGTERM") && !this.#hung.has(worker);
      this.#replace(slot, worker, wasKilled);
    }
    this.#readyAtMs.delete(worker);
  }

  /** Fills the slot again, as soon as the policy lets it. */
  #replace(slot: Slot, worker: WorkerProcess, wasKilled: boolean): void {
    const nowMs = performance.now();
    slot.worker = null;
    if (nowMs - this.#lastRestartAtMs >= HEALTHY_AFTER_MS) this.#restartsInARow = 0;
    this.#lastRestartAtMs = nowMs;
    if (this.#restartsInARow >= this.#options.maxRestarts) {
      generalLog.error(`Giving up: workers ended ${this.#restartsInARow + 1} times without a healthy minute between`);
      void this.#stop(1);
      return;
    }
    this.#restartsInARow += 1;
    this.#totalRestarts += 1;
    const servedMs = nowMs - (this.#readyAtMs.get(worker) ?? nowMs);
    const { delayMs, failures } = restartPolicy({ servedMs, earlierFailures: slot.failures, wasKilled });
    slot.failures = failures;
    slot.restartTimer = setTimeout(() => this.#restart(slot), delayMs);
  }

  #restart(slot: Slot): void {
    const worker = this.#launch(slot);
    slot.worker = worker;
    worker.ready.catch((error: unknown) => {
      if (slot.worker !== worker || this.#state !== "serving") return;
      logFailure(`Worker ${slot.taskId} (pid ${worker.pid}) could not start`, error);
    });
  }

  /**
   * Replaces the whole generation: all new workers are ready before an old one is touched, and when one is not, none is.
   * They start one after the other, so that those which serve keep their share of the machine.
   */
  async #reload(): Promise<void> {
    if (this.#state !== "serving") return;
    if (this.#isReloading) {
      this.#reloadAgain = true;
      return;
    }
    this.#isReloading = true;
    do {
      this.#reloadAgain = false;
      await this.#replaceGeneration();
    } while (this.#reloadAgain && this.#isServing());
    this.#isReloading = false;
  }

  async #replaceGeneration(): Promise<void> {
    generalLog.info(`SIGHUP: starting ${this.#slots.length} new workers`);
    const successors = this.#successors;
    try {
      for (const slot of this.#slots) {
        const worker = this.#launch(slot);
        successors.set(slot, worker);
        await worker.ready;
      }
      for (const worker of successors.values()) {
        if (worker.hasExited)
          throw new TornadoError("WORKER_FAILED", `Worker (pid ${worker.pid}) ended again at once.`);
      }
      // A stop that came meanwhile has taken the successors along.
      if (this.#isServing()) this.#install(successors);
    } catch (error) {
      if (!this.#isServing()) return;
      for (const [slot, worker] of successors) this.#depart(slot, worker, this.#options.gracefulTimeoutMs);
      logFailure("The reload is given up, and the old workers keep serving: a new one failed", error);
    } finally {
      successors.clear();
    }
  }

  #install(successors: ReadonlyMap<Slot, WorkerProcess>): void {
    for (const [slot, worker] of successors) {
      const old = slot.worker;
      clearTimeout(slot.restartTimer);
      slot.worker = worker;
      slot.failures = 0;
      if (old !== null) this.#depart(slot, old, this.#options.gracefulTimeoutMs);
    }
    generalLog.info("Reloaded: the new workers serve, the old ones drain");
  }

  /** Lets a worker end that shall not serve any more. One that is not ready yet serves nobody, and is not waited for. */
  #depart(slot: Slot, worker: WorkerProcess, deadlineMs: number): void {
    if (this.#departing.has(worker)) return;
    const hasServed = this.#readyAtMs.has(worker);
    const departed = worker.drain(hasServed ? deadlineMs : 0).then((drained) => {
      const { cut } = drained;
      const killed = drained.killed || this.#hung.has(worker);
      this.#departing.delete(worker);
      if (!hasServed) return 0;
      const who = `Worker ${slot.taskId} (pid ${worker.pid})`;
      if (cut > 0) generalLog.warn(`${who} cut ${cut} ${cut === 1 ? "connection" : "connections"} at the deadline`);
      if (killed) generalLog.warn(`${who} did not end in time and was killed`);
      if (cut === 0 && !killed && !this.#stopsNow) generalLog.info(`${who} drained`);
      return cut + (killed ? 1 : 0);
    });
    this.#departing.set(worker, departed);
  }

  async #stop(exitCode: number): Promise<void> {
    if (this.#state === "stopping") return;
    this.#state = "stopping";
    for (const slot of this.#slots) {
      clearTimeout(slot.restartTimer);
      if (slot.worker !== null) this.#depart(slot, slot.worker, this.#options.gracefulTimeoutMs);
    }
    for (const [slot, worker] of this.#successors) this.#depart(slot, worker, this.#options.gracefulTimeoutMs);
    let cut = 0;
    while (this.#departing.size > 0) {
      for (const one of await Promise.all(this.#departing.values())) cut += one;
    }
    if (this.#stopsNow) generalLog.warn("Stopped at once: what was being answered is cut");
    else if (cut > 0) generalLog.warn("Stopped: not every request was answered");
    else if (exitCode === 0) generalLog.info("Stopped: every request was answered");
    this.#end(cut > 0 || this.#stopsNow ? 1 : exitCode);
  }

  #stopNow(): void {
    this.#stopsNow = true;
    for (const worker of this.#departing.keys()) worker.kill("SIGKILL");
  }
  /** Asked after every wait, in which a signal may have come. */
  #isServing(): boolean {
    return this.#state === "serving";
  }
}

/** The worker's own error is the real one; without it, how the worker ended is all there is to say. */
function bootError(error: unknown): Error {
  if (!(error instanceof WorkerFailedError)) return toError(error);
  if (error.cause instanceof Error) return error.cause;
  return new TornadoError("WORKER_FAILED", `A worker ${error.message}. Look for what it printed above.`, {
    cause: error,
  });
}

/** What a person can put right is said in one line; of anything else, the place in the app's code counts. */
function logFailure(what: string, error: unknown): void {
  const reason = bootError(error);
  if (reason instanceof TornadoError) generalLog.error(`${what}: ${reason.message}`);
  else generalLog.error(what, reason);
}

function inSeconds(milliseconds: number): string {
  return `${milliseconds / 1000} s`;
}
