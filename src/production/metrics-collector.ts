/** Gathers the metrics of all workers in the supervisor. */

import type { WorkerProcess } from "../process/worker-process.js";
import { addRequests, type MetricsSnapshot, noRequests } from "./metrics.js";
import { formatMetrics } from "./metrics-format.js";
import type { MetricsReport, MetricsTask } from "./worker-task.js";

/** A worker that does not answer a question within this time is told of by its last answer. */
const ANSWER_TIMEOUT_MS = 1000;
/** What a killed worker had counted since the last question is lost, so that none is ever long ago. */
const ASK_INTERVAL_MS = 5000;

interface Source {
  readonly taskId: number;
  latest: MetricsSnapshot | null;
}

/** Keeps the latest snapshot of each worker, and the sums of those that have ended. */
export class MetricsCollector {
  readonly #sources = new Map<WorkerProcess, Source>();
  #ended = noRequests();
  #waiting = new Set<() => void>();

  constructor() {
    setInterval(() => this.#ask(), ASK_INTERVAL_MS).unref();
  }

  /** Counts a worker from now until it exits. */
  add(taskId: number, worker: WorkerProcess): void {
    const source: Source = { taskId, latest: null };
    this.#sources.set(worker, source);
    worker.onReport((payload) => {
      const report = payload as Partial<MetricsReport> | null;
      if (report?.kind !== "metrics" || report.snapshot === undefined) return;
      source.latest = report.snapshot;
      for (const wake of this.#waiting) wake();
    });
    void worker.exited.then(() => {
      this.#sources.delete(worker);
      if (source.latest !== null) this.#ended = addRequests(this.#ended, source.latest.requests);
      for (const wake of this.#waiting) wake();
    });
  }

  /** Asks every worker, and gives the text for a scrape. */
  async collect(restarts: number): Promise<string> {
    const before = new Map([...this.#sources].map(([worker, { latest }]) => [worker, latest]));
    const isComplete = () =>
      [...before].every(
        ([worker, latest]) => !this.#sources.has(worker) || this.#sources.get(worker)?.latest !== latest,
      );
    this.#ask();
    await this.#until(isComplete);
    // While a worker of the new generation boots there are two of one number, and only the old one has served.
    const workers = new Map<number, MetricsSnapshot>();
    let ended = this.#ended;
    for (const { taskId, latest } of this.#sources.values()) {
      if (latest === null) continue;
      const earlier = workers.get(taskId);
      if (earlier !== undefined) ended = addRequests(ended, earlier.requests);
      workers.set(taskId, latest);
    }
    return formatMetrics({ workers, ended, restarts });
  }

  #ask(): void {
    for (const worker of this.#sources.keys()) worker.giveTask({ kind: "metrics" } satisfies MetricsTask);
  }

  #until(isComplete: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve();
      };
      const check = () => {
        if (isComplete()) finish();
      };
      const timer = setTimeout(finish, ANSWER_TIMEOUT_MS);
      this.#waiting.add(check);
      check();
    });
  }
}
