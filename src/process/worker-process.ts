/** A child process that runs a worker, as its parent sees it: ready, drained, ended. */

import { type ChildProcess, fork, type SendHandle, type Serializable, type StdioOptions } from "node:child_process";
import { deserializeError, type SerializedError } from "../core/error-serialization.js";
import { isTornadoMessage, type MessageFromWorker, type MessageToWorker } from "./messages.js";

/** How a process ended: by itself with a code, or by a signal. */
export interface WorkerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What came of draining a worker. */
export interface DrainResult {
  /** Connections that had not finished at the deadline. */
  readonly cut: number;
  /** True when the worker did not end by itself. */
  readonly killed: boolean;
}

export interface WorkerProcessOptions {
  /** A worker that is not ready after this long is killed and counts as failed. Default: no limit. */
  readonly readyTimeoutMs?: number;
}

export interface ForkOptions extends WorkerProcessOptions {
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly execArgv?: readonly string[];
  readonly cwd?: string;
  readonly stdio?: StdioOptions;
}

/** A worker drains until its deadline and then runs its shutdown hooks; only after this margin is it killed. */
const KILL_MARGIN_MS = 2000;
/** Messages may arrive after the exit is known; the channel is read to its end, but not for ever. */
const LAST_WORDS_MS = 1000;

/**
 * The failure of a worker that did not become ready. Its `cause` is the worker's own error, when it could tell it; without
 * one the message goes on a sentence about the process, such as "exited with code 3 before it was ready".
 */
export class WorkerFailedError extends Error {
  /** The worker's own error as it sent it. */
  readonly reported: SerializedError | undefined;
  /** How it ended, when it ended without a word. */
  readonly exit: WorkerExit | undefined;

  constructor(message: string, found: { reported?: SerializedError; exit?: WorkerExit } = {}) {
    super(message, found.reported === undefined ? undefined : { cause: deserializeError(found.reported) });
    this.name = "WorkerFailedError";
    this.reported = found.reported;
    this.exit = found.exit;
  }
}

/** Says how a process ended, such as `was killed by SIGKILL` or `exited with code 3`. */
export function describeExit({ code, signal }: WorkerExit): string {
  if (signal !== null) return `was killed by ${signal}`;
  return code === null ? "could not be started" : `exited with code ${code}`;
}

/**
 * Wraps a child process that runs {@link runWorker}; works for `child_process` and `node:cluster` alike.
 *
 * None of its promises needs to be handled, and none of its methods throws because the process has gone.
 */
export class WorkerProcess {
  /** Resolves with the detail that the worker gave; rejects with {@link WorkerFailedError}. */
  readonly ready: Promise<unknown>;
  /** Resolves when the process has ended and its last message has been read. Never rejects. */
  readonly exited: Promise<WorkerExit>;

  readonly #child: ChildProcess;
  readonly #reportListeners = new Set<(payload: unknown) => void>();
  readonly #pongListeners = new Set<() => void>();
  readonly #leavingListeners = new Set<(error: Error | null) => void>();
  #settleReady: { resolve: (detail: unknown) => void; reject: (error: WorkerFailedError) => void } | null = null;
  #readyTimer: NodeJS.Timeout | undefined;
  #exit: WorkerExit | null = null;
  /** Messages for a worker that does not listen yet; Node would drop them in a worker of node:cluster. */
  #unsent: [MessageToWorker, SendHandle | undefined][] | null = [];
  #cut = 0;
  #draining: Promise<DrainResult> | null = null;

  constructor(child: ChildProcess, options: WorkerProcessOptions = {}) {
    this.#child = child;
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    // Whoever does not ask whether the worker became ready learns from `exited` that it did not.
    this.ready.catch(() => {});
    this.exited = new Promise((resolve) => this.#watchExit(resolve));
    child.on("message", (message) => this.#receive(message));
    if (options.readyTimeoutMs !== undefined) this.#limitStart(options.readyTimeoutMs);
  }

  /** Starts `modulePath` in a new Node process. */
  static fork(modulePath: string, options: ForkOptions = {}): WorkerProcess {
    const { args = [], readyTimeoutMs, execArgv, ...forkOptions } = options;
    const child = fork(modulePath, args, {
      ...forkOptions,
      ...(execArgv === undefined ? undefined : { execArgv: [...execArgv] }),
    });
    return new WorkerProcess(child, readyTimeoutMs === undefined ? {} : { readyTimeoutMs });
  }

  /** The process id; `undefined` when the process could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** True from the end of the process on. */
  get hasExited(): boolean {
    return this.#exit !== null;
  }

  /** The child's streams, where `stdio` makes them pipes. */
  get stdout(): ChildProcess["stdout"] {
    return this.#child.stdout;
  }

  get stderr(): ChildProcess["stderr"] {
    return this.#child.stderr;
  }

  /** Sends a message, and a socket or server with it, as soon as the worker listens. Returns false when the worker has gone. */
  send(message: MessageToWorker, handle?: SendHandle): boolean {
    if (!this.#child.connected) return false;
    if (this.#unsent !== null) {
      this.#unsent.push([message, handle]);
      return true;
    }
    try {
      // The callback takes the error of a channel that breaks meanwhile, which would be an uncaught exception.
      this.#child.send(message as Serializable, handle, undefined, () => {});
      return true;
    } catch {
      return false;
    }
  }

  /** Hands the worker's program a task; the first one starts a program that waits for it. */
  giveTask(payload: unknown, handle?: SendHandle): boolean {
    return this.send({ tornado: "task", payload }, handle);
  }

  /** Tells a worker that waits for its first task what helps with it. */
  prepare(payload: unknown): void {
    this.send({ tornado: "prepare", payload });
  }

  /** Listens to what the worker reports; returns a function that ends this. */
  onReport(listener: (payload: unknown) => void): () => void {
    return subscribe(this.#reportListeners, listener);
  }

  /** Listens to the answers to `ping`. */
  onPong(listener: () => void): () => void {
    return subscribe(this.#pongListeners, listener);
  }

  /** Listens for a worker that begins to end by itself: with the error that nobody caught, or `null` after a signal. */
  onLeaving(listener: (error: Error | null) => void): () => void {
    return subscribe(this.#leavingListeners, listener);
  }

  /** Lets the worker answer what it has begun, and kills it when it has not ended shortly after the deadline. */
  drain(deadlineMs: number): Promise<DrainResult> {
    this.#draining ??= this.#drain(deadlineMs);
    return this.#draining;
  }

  /** Sends a signal; does nothing when the process has ended. */
  kill(signal: NodeJS.Signals = "SIGTERM"): void {
    if (this.#exit === null) this.#child.kill(signal);
  }

  async #drain(deadlineMs: number): Promise<DrainResult> {
    let killed = false;
    this.send({ tornado: "drain", deadlineMs });
    const timer = setTimeout(() => {
      killed = true;
      this.kill("SIGKILL");
    }, deadlineMs + KILL_MARGIN_MS);
    await this.exited;
    clearTimeout(timer);
    return { cut: this.#cut, killed };
  }

  #receive(message: unknown): void {
    if (!isTornadoMessage<MessageFromWorker>(message)) return;
    switch (message.tornado) {
      case "begun":
        this.#sendUnsent();
        break;
      case "ready":
        this.#becomeReady(message.detail);
        break;
      case "failed":
        this.#fail(new WorkerFailedError(message.error.message, { reported: message.error }));
        break;
      case "leaving": {
        const error = message.error === null ? null : deserializeError(message.error);
        for (const listener of this.#leavingListeners) listener(error);
        break;
      }
      case "drained":
        this.#cut = message.cut;
        break;
      case "pong":
        for (const listener of this.#pongListeners) listener();
        break;
      case "report":
        for (const listener of this.#reportListeners) listener(message.payload);
        break;
    }
  }

  #sendUnsent(): void {
    const unsent = this.#unsent ?? [];
    this.#unsent = null;
    for (const [message, handle] of unsent) this.send(message, handle);
  }

  #becomeReady(detail: unknown): void {
    clearTimeout(this.#readyTimer);
    this.#settleReady?.resolve(detail);
    this.#settleReady = null;
  }

  #fail(error: WorkerFailedError): void {
    clearTimeout(this.#readyTimer);
    this.#settleReady?.reject(error);
    this.#settleReady = null;
  }

  #limitStart(timeoutMs: number): void {
    this.#readyTimer = setTimeout(() => {
      this.#fail(new WorkerFailedError(`was not ready within ${timeoutMs / 1000} s`));
      this.kill("SIGKILL");
    }, timeoutMs);
  }

  #watchExit(resolve: (exit: WorkerExit) => void): void {
    const child = this.#child;
    const end = (exit: WorkerExit) => {
      this.#fail(new WorkerFailedError(`${describeExit(exit)} before it was ready`, { exit }));
      resolve(exit);
    };
    child.on("error", () => {
      // Without a pid the process never was, and no exit follows; otherwise a signal or message missed it.
      if (child.pid !== undefined || this.#exit !== null) return;
      this.#exit = { code: null, signal: null };
      end(this.#exit);
    });
    child.on("exit", (code, signal) => {
      const exit = { code, signal };
      this.#exit = exit;
      if (!child.connected) return end(exit);
      const timer = setTimeout(end, LAST_WORDS_MS, exit);
      child.once("disconnect", () => {
        clearTimeout(timer);
        end(exit);
      });
    });
  }
}

function subscribe<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
