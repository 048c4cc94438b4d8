/** The program of one worker under a supervisor: serves the app on the socket that the supervisor holds. */

import { relayBetweenWorkers } from "../core/channels/channel-relay.js";
import { reportToParent, runWorker, type WorkerProgram } from "../process/run-worker.js";
import { AppServer } from "./app-server.js";
import type { BuiltApp } from "./built-app.js";
import { isChannelTask } from "./channel-messages.js";
import { configureStartLogging } from "./logging.js";
import { RequestMetrics } from "./metrics.js";
import { resolveStartOptions } from "./options.js";
import { WorkerRelay } from "./worker-relay.js";
import type { MetricsReport, WorkerTask } from "./worker-task.js";

/** Runs this process as a worker until its supervisor ends it. */
export function runWorkerMain(app: BuiltApp): void {
  runWorker(new ServingWorker(app));
}

class ServingWorker implements WorkerProgram {
  readonly startsOnTask = true;
  readonly #app: BuiltApp;
  #server: AppServer | null = null;
  #metrics: RequestMetrics | null = null;
  readonly #relay = new WorkerRelay();
  #deadlineMs: number | undefined;

  constructor(app: BuiltApp) {
    this.#app = app;
  }

  /** As long as the supervisor would give it. */
  get defaultDeadlineMs(): number | undefined {
    return this.#deadlineMs;
  }

  async start(task: unknown): Promise<void> {
    const { kind, ...serve } = task as WorkerTask & { kind: "serve" };
    const options = resolveStartOptions(serve.options);
    configureStartLogging(options);
    this.#deadlineMs = options.gracefulTimeout * 1000;
    relayBetweenWorkers((host) => this.#relay.connect(host));
    this.#server = await AppServer.start(this.#app, options, serve.target);
    if (options.metricsPort !== undefined) this.#metrics = new RequestMetrics(this.#server.application);
  }

  onTask(payload: unknown): void {
    if (isChannelTask(payload)) this.#relay.take(payload);
    if ((payload as WorkerTask).kind !== "metrics" || this.#metrics === null) return;
    reportToParent({ kind: "metrics", snapshot: this.#metrics.snapshot() } satisfies MetricsReport);
  }

  async drain(deadlineMs: number): Promise<{ cut: number }> {
    return await this.#server!.drain(deadlineMs);
  }
}
