/** Serves a built app: in this process, or with a supervisor and its workers. */

import { TornadoError } from "../core/errors.js";
import { generalLog } from "../core/log.js";
import { cpuCount } from "../process/cpu-count.js";
import { OrphanGuard } from "../process/orphan-guard.js";
import { readAppEnv } from "./app-server.js";
import type { BuiltApp } from "./built-app.js";
import { ChannelHub } from "./channel-hub.js";
import { ClusterSupervisor } from "./cluster-supervisor.js";
import { clusterWorkers } from "./cluster-worker.js";
import { holdSocket } from "./listening-socket.js";
import { configureStartLogging } from "./logging.js";
import { MetricsCollector } from "./metrics-collector.js";
import { type MetricsServer, serveMetrics } from "./metrics-server.js";
import { resolveStartOptions, type StartOptions, startOptionsFromEnvironment } from "./options.js";
import { runSingleProcess } from "./single-process.js";

/**
 * Starts a built app and serves it until a signal ends it.
 *
 * What `options` leaves open is taken from the environment, the app's `.env`, its tornado.config.ts and the defaults, in
 * this order.
 *
 * @returns The exit code, with which the caller ends the process: the app may hold it open.
 * @throws TornadoError for what a person can put right, such as a port in use. An error of the app itself is logged.
 */
export async function start(options: Partial<StartOptions>, app: BuiltApp): Promise<number> {
  // The real environment wins over the file. Here it is only read: workers read it anew, so that a reload sees a change.
  const faults: string[] = [];
  const environment = { ...readAppEnv(app.root, (fault) => faults.push(fault)), ...process.env };
  const settled = resolveStartOptions(options, startOptionsFromEnvironment(environment), app.startOptions ?? {});
  configureStartLogging(settled);
  for (const fault of faults) generalLog.warn(fault);
  try {
    if (settled.fork === 1) return await runSingleProcess(settled, app);
    return await runSupervisor(settled, app, settled.fork === 0 ? cpuCount() : settled.fork);
  } catch (error) {
    if (error instanceof TornadoError) throw error;
    generalLog.error("The app could not start", error);
    return 1;
  }
}

/** A worker whose supervisor was killed drains and tidies up by itself; what is there this much after its deadline hangs. */
const orphanMarginSeconds = 5;

async function runSupervisor(options: StartOptions, app: BuiltApp, workerCount: number): Promise<number> {
  const socket = await holdSocket(options);
  const startWorker = clusterWorkers(app, options, socket);
  const guard = new OrphanGuard({ patienceSeconds: Math.ceil(options.gracefulTimeout) + orphanMarginSeconds });
  const metrics = options.metricsPort === undefined ? null : new MetricsCollector();
  const channels = new ChannelHub();
  let metricsServer: MetricsServer | null = null;
  const supervisor = new ClusterSupervisor({
    workerCount,
    startWorker(taskId) {
      const worker = startWorker(taskId);
      guard.watch(worker);
      metrics?.add(taskId, worker);
      channels.add(taskId, worker);
      return worker;
    },
    gracefulTimeoutMs: options.gracefulTimeout * 1000,
    maxRestarts: options.maxRestarts,
    // A worker that stands at a breakpoint does not hang.
    heartbeatTimeoutMs: isInspected() ? 0 : options.heartbeatTimeout * 1000,
    async onServing() {
      if (metrics !== null) {
        metricsServer = await serveMetrics(options.metricsPort!, () => metrics.collect(supervisor.restarts));
      }
      generalLog.info(
        `Serving at ${socket.url} with ${workerCount} ${workerCount === 1 ? "worker" : "workers"} (supervisor's pid ${process.pid})`,
      );
    },
  });
  try {
    return await supervisor.run();
  } finally {
    (metricsServer as MetricsServer | null)?.close();
    socket.close();
    await guard.close();
  }
}

function isInspected(): boolean {
  return process.execArgv.some((argument) => argument.startsWith("--inspect"));
}
