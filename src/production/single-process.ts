/** Serves an app in this very process, with no supervisor: `--fork 1`. */

import { toError } from "../core/errors.js";
import { applicationLog, generalLog } from "../core/log.js";
import { AppServer } from "./app-server.js";
import type { BuiltApp } from "./built-app.js";
import { inheritedSocket, type ListenTarget, listenTarget, schemeOf, urlOf } from "./listening-socket.js";
import { RequestMetrics } from "./metrics.js";
import { formatMetrics } from "./metrics-format.js";
import { type MetricsServer, serveMetrics } from "./metrics-server.js";
import type { StartOptions } from "./options.js";
import { onStopSignals } from "./stop-signals.js";

/** After an error that nobody caught the state is unknown: what has begun gets this long, not longer. */
const CRASH_DEADLINE_MS = 5000;
/** The app's shutdown hooks get this long after the deadline of the requests. */
const HOOKS_MARGIN_MS = 2000;

/**
 * Serves until a signal, and drains.
 *
 * @returns The exit code: 0 when every request was answered, 1 when connections were cut or an error ended it.
 */
export async function runSingleProcess(options: StartOptions, app: BuiltApp): Promise<number> {
  const server = new SingleProcess(options);
  return await server.run(app);
}

class SingleProcess {
  readonly #options: StartOptions;
  readonly #ended: Promise<number>;
  #end: (exitCode: number) => void = () => {};
  #server: AppServer | null = null;
  #metricsServer: MetricsServer | null = null;
  #isStopping = false;
  #hasCrashed = false;

  constructor(options: StartOptions) {
    this.#options = options;
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async run(app: BuiltApp): Promise<number> {
    // A closed terminal (SIGHUP) must not cut what is being answered either.
    const forgetSignals = onStopSignals(["SIGTERM", "SIGINT", "SIGHUP"], {
      stop: () => void this.#stop(this.#options.gracefulTimeout * 1000),
      stopNow: () => {
        generalLog.warn("Stopped at once: what was being answered is cut");
        this.#end(1);
      },
    });
    const crash = (error: unknown) => this.#crash(toError(error));
    process.on("uncaughtException", crash);
    try {
      await Promise.race([this.#start(app), this.#ended]);
      return await this.#ended;
    } finally {
      process.off("uncaughtException", crash);
      forgetSignals();
      this.#metricsServer?.close();
    }
  }

  async #start(app: BuiltApp): Promise<void> {
    const target: ListenTarget = inheritedSocket() ?? listenTarget(this.#options);
    const server = await AppServer.start(app, this.#options, target);
    if (this.#isStopping) return;
    this.#server = server;
    if (this.#options.metricsPort !== undefined) await this.#startMetrics(server, this.#options.metricsPort);
    generalLog.info(`Serving at ${urlOfTarget(this.#options, target, server)} (pid ${process.pid})`);
  }

  async #startMetrics(server: AppServer, port: number): Promise<void> {
    const metrics = new RequestMetrics(server.application);
    this.#metricsServer = await serveMetrics(port, async () =>
      formatMetrics({ workers: new Map([[0, metrics.snapshot()]]), restarts: 0 }),
    );
  }

  async #stop(deadlineMs: number): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    if (this.#server === null) {
      this.#end(0);
      return;
    }
    generalLog.info(`Stopping: answering what has begun, for at most ${deadlineMs / 1000} s`);
    const giveUp = setTimeout(() => {
      generalLog.warn("Stopped: the app's shutdown hooks did not finish");
      this.#end(1);
    }, deadlineMs + HOOKS_MARGIN_MS);
    try {
      const { cut } = await this.#server.drain(deadlineMs);
      if (cut === 0) generalLog.info("Stopped: every request was answered");
      else generalLog.warn(`Stopped: ${cut} ${cut === 1 ? "connection was" : "connections were"} cut at the deadline`);
      this.#end(cut === 0 && !this.#hasCrashed ? 0 : 1);
    } catch (error) {
      generalLog.error("The app could not shut down", error);
      this.#end(1);
    } finally {
      clearTimeout(giveUp);
    }
  }

  #crash(error: Error): void {
    applicationLog.error("Uncaught exception", error);
    this.#hasCrashed = true;
    if (this.#server === null) this.#end(1);
    else void this.#stop(CRASH_DEADLINE_MS);
  }
}

function urlOfTarget(options: StartOptions, target: ListenTarget, server: AppServer): string {
  if ("fd" in target) return "the inherited socket";
  if ("path" in target) return `unix:${target.path}`;
  return urlOf(schemeOf(options), target.host, server.port);
}
