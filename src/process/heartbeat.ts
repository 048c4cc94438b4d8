/** Notices a worker whose event loop hangs: it is alive, holds its connections, and answers nobody. */

import type { WorkerProcess } from "./worker-process.js";

/** A worker hangs when this many pings in a row found the one before unanswered. */
const MISSES = 4;

/**
 * Pings a worker until it exits, and calls `onSilent` once when it has not answered for about `timeoutMs`.
 *
 * Counts pings, not time: after this process itself was stopped (a suspended machine, a debugger) every worker gets
 * its full chance to answer.
 *
 * @returns A function that ends the watch.
 */
export function watchHeartbeat(worker: WorkerProcess, timeoutMs: number, onSilent: () => void): () => void {
  let misses = 0;
  const ping = () => {
    if (misses === MISSES) {
      stop();
      onSilent();
      return;
    }
    misses += 1;
    worker.send({ tornado: "ping" });
  };
  const timer = setInterval(ping, timeoutMs / (MISSES + 1));
  timer.unref();
  const forget = worker.onPong(() => {
    misses = 0;
  });
  const stop = () => {
    clearInterval(timer);
    forget();
  };
  void worker.exited.then(stop);
  return stop;
}
