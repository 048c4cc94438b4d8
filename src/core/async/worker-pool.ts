/** Runs functions that take long to compute in threads, so that the event loop stays free to answer. */

import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { TransferListItem } from "node:worker_threads";
import type { Piscina } from "piscina";
import { deserializeError } from "../error-serialization.js";
import { TornadoError, toError } from "../errors.js";
import { applicationLog } from "../log.js";
import type { ThreadOutcome, ThreadTask } from "./executor-thread.js";
import { onAbort } from "./on-abort.js";
import { noteOpenPool } from "./open-pools.js";

/** What {@link WorkerPool} takes. */
export interface WorkerPoolOptions {
  /** Most threads at once. Default: as many as there are processors. */
  readonly threads?: number;
  /** Seconds after which a thread that has nothing to do ends. Default 30. */
  readonly idleTimeout?: number;
}

/** What goes with one task. */
export interface ExecutorTaskOptions {
  /** Ends the waiting with the signal's reason; a task that has begun is ended with its thread. */
  readonly signal?: AbortSignal | undefined;
  /** Buffers and ports among the arguments that are handed over instead of copied. */
  readonly transfer?: readonly TransferListItem[];
}

/** A function that a module exports. */
export type ExportedFunction = (...args: never[]) => unknown;

/**
 * A pool of threads, which begin when they are needed.
 *
 * @example
 * await using pool = new WorkerPool({ threads: 2 });
 * const isPrime = await pool.run(new URL("./prime.js", import.meta.url), "isPrime", [2_147_483_647]);
 */
export class WorkerPool implements AsyncDisposable {
  readonly #threads: number;
  readonly #idleTimeoutMs: number;
  #piscina: Promise<Piscina> | null = null;
  readonly #running = new Set<Promise<unknown>>();
  #forget: () => void = () => {};

  /** @throws TornadoError `BAD_ARGUMENT` when an option is not valid. */
  constructor(options: WorkerPoolOptions = {}) {
    const { threads = availableParallelism(), idleTimeout = 30 } = options;
    if (!Number.isSafeInteger(threads) || threads < 1) {
      throw new TornadoError(
        "BAD_ARGUMENT",
        `A WorkerPool was made with ${String(threads)} threads. Give a whole number of at least 1.`,
      );
    }
    if (!(idleTimeout >= 0 && idleTimeout * 1000 <= 2 ** 31 - 1)) {
      throw new TornadoError(
        "BAD_ARGUMENT",
        `A WorkerPool was made with an idleTimeout of ${String(idleTimeout)}. Give seconds, at most 24 days.`,
      );
    }
    this.#threads = threads;
    this.#idleTimeoutMs = idleTimeout * 1000;
  }

  /**
   * Calls a function of a module in a thread.
   *
   * A closure cannot move to a thread: the function is named by its module and its export. Arguments and result are copied
   * by the structured clone algorithm; a class loses its methods on the way.
   *
   * @param module - `new URL("./prime.js", import.meta.url)`, written like that: it is how `tornado dev` and `tornado build`
   * find the module.
   * @param name - Name of the export.
   * @throws What the function throws, with its stack; TornadoError `NOT_A_FUNCTION` or `NOT_CLONEABLE`.
   */
  async run<Called extends ExportedFunction = (...args: unknown[]) => unknown>(
    module: URL,
    name: string,
    args: Readonly<Parameters<Called>>,
    options: ExecutorTaskOptions = {},
  ): Promise<Awaited<ReturnType<Called>>> {
    const { signal, transfer } = options;
    this.#piscina ??= this.#open();
    const piscina = await this.#piscina;
    signal?.throwIfAborted();
    const task: ThreadTask = { module: module.href, name, args };
    const transferList = transfer === undefined ? [] : [...transfer];
    // The library listens to a signal with every task, which one that many tasks share would not bear.
    const ending = signal === undefined ? undefined : new AbortController();
    const forgetSignal = signal === undefined ? undefined : onAbort(signal, () => ending!.abort());
    const running: Promise<ThreadOutcome> = piscina.run(task, { transferList, signal: ending?.signal ?? null });
    this.#running.add(running);
    const outcome = await running
      .catch((error: unknown) => {
        signal?.throwIfAborted();
        throw explain(error, task);
      })
      .finally(() => {
        this.#running.delete(running);
        forgetSignal?.();
      });
    if ("error" in outcome) throw deserializeError(outcome.error);
    return outcome.value as Awaited<ReturnType<Called>>;
  }

  /** Lets the tasks finish and ends the threads. Called when the app shuts down; a later `run` begins anew. */
  async close(): Promise<void> {
    const open = this.#piscina;
    this.#piscina = null;
    this.#forget();
    const piscina = await open;
    // The library's own way of closing ends those that have not begun.
    await Promise.allSettled(this.#running);
    await piscina?.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(): Promise<Piscina> {
    this.#forget = noteOpenPool(this);
    const library = await import("piscina");
    const piscina = new library.Piscina({
      filename: fileURLToPath(new URL("./executor-thread.js", import.meta.url)),
      name: "runTask",
      minThreads: 0,
      maxThreads: this.#threads,
      idleTimeout: this.#idleTimeoutMs,
      // The faster way of waiting would stop timers and sockets of the thread between tasks.
      atomics: "disabled",
      recordTiming: false,
    });
    // Such as a timer that a task has left behind; another thread takes the place of the one that it has ended.
    return piscina.on("error", (error) => applicationLog.error("A thread failed between its tasks", toError(error)));
  }
}

/**
 * What goes into a thread fails here; what comes out of it fails there, and of that error only the stack arrives, on Node 20
 * nothing at all.
 */
function explain(error: unknown, { module, name }: ThreadTask): unknown {
  const isArgument = error instanceof Error && error.name === "DataCloneError";
  const told = error instanceof Error ? /^DataCloneError: (.*)/.exec(error.stack ?? "")?.[1] : "";
  if (!isArgument && told === undefined) return error;
  const what = isArgument ? "An argument" : "The result";
  const why = (isArgument ? error.message : told)?.replace(/\.$/, "");
  return new TornadoError(
    "NOT_CLONEABLE",
    `${what} of "${name}" in ${module} cannot be copied to another thread${why ? `: ${why}` : ""}. Give plain data.`,
    { cause: error },
  );
}
