/** Remembers how workers ended, for those whose requests they took along, and for whether to start the app again. */

import type { DrainResult, WorkerExit } from "../process/worker-process.js";
import type { ErrorReport } from "./error-report.js";
import { reportCrash, reportKilled } from "./start-failure.js";
import type { ServingWorker } from "./worker-swap.js";

/** How one worker ended. */
export interface WorkerEnd {
  readonly report: ErrorReport;
  /** True when the app dies so often that not every request shall start it again. */
  readonly isLasting: boolean;
}

/** An app that dies so often in a row, each time sooner than this after its start, is not started again by every request. */
const DEATHS_IN_A_ROW = 3;
const HEALTHY_MS = 1000;
const EXPLAIN_MS = 1000;

/** The ends of the workers of one dev server. */
export class WorkerEnds {
  readonly #root: string;
  readonly #expected = new Map<string, Promise<unknown>>();
  readonly #reasons = new Map<string, ErrorReport>();
  #earlyDeaths = 0;
  #last: ErrorReport | undefined;

  /** @param root - Absolute path of the app's root. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Why the worker ended whose end was noted or explained last. */
  get last(): ErrorReport | undefined {
    return this.#last;
  }

  /** Begins to listen for the end of a worker that serves. */
  expect({ socketPath, process }: ServingWorker): void {
    this.#expect(socketPath, process.exited);
  }

  /** Notes the end of a worker that ended by itself, by an error or otherwise. */
  note(worker: ServingWorker, error: Error | null, exit: WorkerExit | undefined, livedMs: number): WorkerEnd {
    this.#earlyDeaths = livedMs < HEALTHY_MS ? this.#earlyDeaths + 1 : 0;
    const isLasting = this.#earlyDeaths >= DEATHS_IN_A_ROW;
    const report = reportCrash(error, exit, this.#root, isLasting);
    this.#give(worker.socketPath, report);
    return { report, isLasting };
  }

  /** Notes a worker that is asked to end, and whether it had to be killed. */
  retire({ socketPath }: ServingWorker, drained: Promise<DrainResult>): void {
    const noted = drained.then(({ killed }) => {
      if (killed) this.#give(socketPath, reportKilled(this.#root));
    });
    this.#expect(socketPath, noted);
  }

  /** New code starts with a clean record. */
  forget(): void {
    this.#earlyDeaths = 0;
    this.#reasons.clear();
    this.#last = undefined;
  }

  /** Waits for the reason why the worker at a socket path broke off; true when there is one, which `last` then gives. */
  async explain(socketPath: string): Promise<boolean> {
    const limit = new Promise((resolve) => setTimeout(resolve, EXPLAIN_MS).unref());
    await Promise.race([this.#expected.get(socketPath), limit]);
    const reason = this.#reasons.get(socketPath);
    this.#last = reason ?? this.#last;
    return reason !== undefined;
  }

  #expect(socketPath: string, end: Promise<unknown>): void {
    this.#expected.set(socketPath, end);
    const forget = () => this.#expected.get(socketPath) === end && this.#expected.delete(socketPath);
    void end.then(() => setTimeout(forget, EXPLAIN_MS).unref());
  }

  #give(socketPath: string, report: ErrorReport): void {
    this.#reasons.set(socketPath, report);
    this.#last = report;
  }
}
