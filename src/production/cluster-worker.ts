/** Starts worker processes of an app through node:cluster. */

import cluster from "node:cluster";
import { TASK_ID_VARIABLE } from "../process/task-id.js";
import { WorkerProcess } from "../process/worker-process.js";
import type { BuiltApp } from "./built-app.js";
import type { HeldSocket } from "./listening-socket.js";
import type { StartOptions } from "./options.js";
import type { ServeTask } from "./worker-task.js";

/** Starts one more worker with the given task id. */
export type StartWorker = (taskId: number) => WorkerProcess;

/** Tells whether this process is such a worker. */
export function isClusterWorker(): boolean {
  return cluster.isWorker && process.env[TASK_ID_VARIABLE] !== undefined;
}

/** Prepares node:cluster, which can be done once in a process. */
export function clusterWorkers(app: BuiltApp, options: StartOptions, socket: HeldSocket): StartWorker {
  // Workers accept by themselves: under round robin a client whose worker dies in the hand-over waits for ever.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({
    exec: app.entry,
    args: [],
    stdio: ["ignore", "inherit", "inherit", socket.fd ?? "ignore", "ipc"],
  });
  const readyTimeoutMs = options.bootTimeout * 1000;
  return (taskId) => {
    const worker = cluster.fork({ [TASK_ID_VARIABLE]: String(taskId) });
    // The cluster module hands on the errors of the process, which WorkerProcess takes where they arise.
    worker.on("error", () => {});
    const workerProcess = new WorkerProcess(worker.process, readyTimeoutMs === 0 ? {} : { readyTimeoutMs });
    workerProcess.giveTask({ kind: "serve", options, target: socket.target } satisfies ServeTask);
    return workerProcess;
  };
}
