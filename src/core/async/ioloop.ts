/** The entry point `tornado/ioloop`: what is left of Tornado's event loop where Node owns it. */

import { TornadoError } from "../errors.js";
import { callbackName, runLogged } from "./run-logged.js";
import { Timer } from "./timer.js";
import { type ExecutorTaskOptions, type ExportedFunction, WorkerPool } from "./worker-pool.js";

export { PeriodicCallback, type PeriodicCallbackOptions } from "./periodic-callback.js";
export { TimeoutError } from "./timeout-error.js";
export { type ExecutorTaskOptions, type ExportedFunction, WorkerPool, type WorkerPoolOptions } from "./worker-pool.js";

/** What goes with a call of {@link runInExecutor}. */
export interface RunInExecutorOptions extends ExecutorTaskOptions {
  /** The pool to use instead of the default one. */
  readonly executor?: WorkerPool;
}

/** A call that was ordered for later; `removeTimeout` takes it back. */
export class ScheduledCall {
  readonly #timer: Timer;

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  cancel(): void {
    this.#timer.clear();
  }
}

type Callback<Args extends unknown[]> = (...args: Args) => unknown;

/**
 * Node's event loop under Tornado's names. It runs by itself: there is no `start()`, no `stop()` and no `runSync()`.
 *
 * Callbacks may be async. What they throw goes to the `tornado.application` log.
 */
export class IOLoop {
  static readonly #current = new IOLoop();
  #defaultExecutor = new WorkerPool();

  /** The loop of this process, or of this thread. */
  static current(): IOLoop {
    return IOLoop.#current;
  }

  /** Seconds since 1970, with fractions: what {@link callAt} counts in. */
  time(): number {
    return Date.now() / 1000;
  }

  /** Calls a function in the next turn of the loop. */
  addCallback<Args extends unknown[]>(callback: Callback<Args>, ...args: Args): void {
    setImmediate(() => void runLogged(() => callback(...args), callbackName(callback)));
  }

  /** Calls a function that nobody waits for, in the next turn of the loop. */
  spawnCallback<Args extends unknown[]>(callback: Callback<Args>, ...args: Args): void {
    this.addCallback(callback, ...args);
  }

  /** Calls a function with a promise when that is settled. */
  addFuture<Value>(promise: Promise<Value>, callback: (promise: Promise<Value>) => unknown): void {
    const settled = () => this.addCallback(callback, promise);
    promise.then(settled, settled);
  }

  /** Calls a function in so many seconds. */
  callLater<Args extends unknown[]>(seconds: number, callback: Callback<Args>, ...args: Args): ScheduledCall {
    return new ScheduledCall(new Timer(seconds, () => void runLogged(() => callback(...args), callbackName(callback))));
  }

  /** Calls a function at a point of time, in seconds as {@link time} gives them. */
  callAt<Args extends unknown[]>(when: number, callback: Callback<Args>, ...args: Args): ScheduledCall {
    return this.callLater(when - this.time(), callback, ...args);
  }

  /** Calls a function at a point of time. A number is one as well, and no distance: that is {@link callLater}. */
  addTimeout<Args extends unknown[]>(deadline: number | Date, callback: Callback<Args>, ...args: Args): ScheduledCall {
    return this.callAt(deadline instanceof Date ? deadline.getTime() / 1000 : deadline, callback, ...args);
  }

  /** Takes back a call that has not come yet. */
  removeTimeout(timeout: ScheduledCall): void {
    timeout.cancel();
  }

  /** Calls a function of a module in a thread; see {@link WorkerPool.run}. */
  runInExecutor<Called extends ExportedFunction = (...args: unknown[]) => unknown>(
    module: URL,
    name: string,
    args: Readonly<Parameters<Called>>,
    options: RunInExecutorOptions = {},
  ): Promise<Awaited<ReturnType<Called>>> {
    return (options.executor ?? this.#defaultExecutor).run<Called>(module, name, args, options);
  }

  /** Changes the pool that {@link runInExecutor} uses. The one before finishes what it has begun. */
  setDefaultExecutor(executor: WorkerPool): void {
    if (!(executor instanceof WorkerPool)) {
      throw new TornadoError("BAD_ARGUMENT", "setDefaultExecutor() needs a WorkerPool. Make one: new WorkerPool().");
    }
    this.#defaultExecutor = executor;
  }
}

/**
 * Calls a function of a module in a thread of the default pool.
 *
 * @example
 * const isPrime = await runInExecutor(new URL("./prime.js", import.meta.url), "isPrime", [n], { signal: request.signal });
 */
export function runInExecutor<Called extends ExportedFunction = (...args: unknown[]) => unknown>(
  module: URL,
  name: string,
  args: Readonly<Parameters<Called>>,
  options: RunInExecutorOptions = {},
): Promise<Awaited<ReturnType<Called>>> {
  return IOLoop.current().runInExecutor<Called>(module, name, args, options);
}

/** Calls a function that nobody waits for, in the next turn of the loop; its error goes to the log. */
export function spawnCallback<Args extends unknown[]>(callback: Callback<Args>, ...args: Args): void {
  IOLoop.current().spawnCallback(callback, ...args);
}
