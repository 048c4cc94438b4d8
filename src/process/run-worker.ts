/** The child's side of a worker process: starts its program, tells the parent, drains, and never outlives the parent. */

import cluster from "node:cluster";
import { serializeError } from "../core/error-serialization.js";
import { toError } from "../core/errors.js";
import { applicationLog, generalLog } from "../core/log.js";
import { isTornadoMessage, type MessageFromWorker, type MessageToWorker } from "./messages.js";

/** What a worker does between its start and its end. */
export interface WorkerProgram {
  /** True: the program starts with the parent's first task, and waits warm until then. Default false: at once. */
  readonly startsOnTask?: boolean;
  /** How long the worker may drain when nobody names a deadline: after SIGTERM, or when the parent has died. Default 30 s. */
  readonly defaultDeadlineMs?: number;
  /** Gets ready for the first task, as often as the parent knows something that helps. */
  prepare?(payload: unknown): void;
  /** Begins to serve. What it returns goes to the parent as the detail of "ready"; a rejection ends the worker. */
  start(task: unknown): unknown;
  /** Stops accepting, answers what has begun until the deadline, then tidies up. Called once, and only after `start`. */
  drain(deadlineMs: number): Promise<{ readonly cut: number }>;
  /** Takes each further task, with the socket or server that came along. */
  onTask?(payload: unknown, handle: unknown): void;
}

const DEFAULT_DEADLINE_MS = 30_000;
/** After an error that nobody caught the state is unknown: what has begun gets this long, not longer. */
const CRASH_DEADLINE_MS = 5000;
/** A worker without a parent has nobody to kill it when its own shutdown hangs. */
const SELF_KILL_MARGIN_MS = 2500;

/** Runs a program as a worker of the process that forked this one, until either ends. Called once in a process. */
export function runWorker(program: WorkerProgram): void {
  new RunningWorker(program).begin();
}

/**
 * Tells the parent something; see `WorkerProcess.onReport`.
 *
 * @param sent - Called when it has left, or when there is no parent any more.
 */
export function reportToParent(payload: unknown, sent?: () => void): void {
  sendToParent({ tornado: "report", payload }, sent);
}

class RunningWorker {
  readonly #program: WorkerProgram;
  #state: "waiting" | "starting" | "serving" | "ending" = "waiting";
  #exitCode = 0;

  constructor(program: WorkerProgram) {
    this.#program = program;
  }

  begin(): void {
    // The cluster module ends a worker at once when the channel closes, requests in flight or not; ours drains first.
    if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;
    process.on("message", (message, handle) => this.#receive(message, handle));
    process.on("disconnect", () => void this.#end(this.#program.defaultDeadlineMs ?? DEFAULT_DEADLINE_MS));
    process.on("SIGTERM", () => this.#leave(this.#program.defaultDeadlineMs ?? DEFAULT_DEADLINE_MS));
    // A terminal sends these two to every process of its group. What they mean is the parent's to decide.
    process.on("SIGINT", () => {});
    process.on("SIGHUP", () => {});
    // Rejections that nobody handles arrive here as well.
    process.on("uncaughtException", (error) => this.#crash(toError(error)));
    if (process.connected !== true) process.exit(1);
    sendToParent({ tornado: "begun" });
    if (this.#program.startsOnTask !== true) void this.#start(undefined);
  }

  #receive(message: unknown, handle: unknown): void {
    if (!isTornadoMessage<MessageToWorker>(message)) return;
    if (message.tornado === "ping") sendToParent({ tornado: "pong" });
    else if (message.tornado === "drain") void this.#end(message.deadlineMs);
    else if (message.tornado === "prepare") this.#state === "waiting" && this.#program.prepare?.(message.payload);
    else if (this.#state === "waiting") void this.#start(message.payload);
    else this.#program.onTask?.(message.payload, handle);
  }

  async #start(task: unknown): Promise<void> {
    this.#state = "starting";
    try {
      const detail = await this.#program.start(task);
      if (this.#state !== "starting") return;
      this.#state = "serving";
      sendToParent({ tornado: "ready", detail });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The parent prints the error; a worker that did too would print it N times. */
  #fail(error: unknown): void {
    if (this.#state === "ending") return;
    this.#state = "ending";
    sendToParent({ tornado: "failed", error: serializeError(error) }, () => process.exit(1));
  }

  #crash(error: Error): void {
    if (this.#state === "waiting" || this.#state === "starting") {
      this.#fail(error);
      return;
    }
    applicationLog.error("Uncaught exception", error);
    this.#exitCode = 1;
    if (this.#state === "ending") return;
    sendToParent({ tornado: "leaving", error: serializeError(error) });
    void this.#end(CRASH_DEADLINE_MS);
  }

  #leave(deadlineMs: number): void {
    if (this.#state === "serving") sendToParent({ tornado: "leaving", error: null });
    void this.#end(deadlineMs);
  }

  /** Drains once, whoever asks first, and exits. */
  async #end(deadlineMs: number): Promise<void> {
    if (this.#state === "ending") return;
    const hasServed = this.#state === "serving";
    this.#state = "ending";
    if (!hasServed) process.exit(0);
    setTimeout(() => process.exit(1), deadlineMs + SELF_KILL_MARGIN_MS).unref();
    let cut = 0;
    try {
      ({ cut } = await this.#program.drain(deadlineMs));
    } catch (error) {
      generalLog.error("A worker could not drain", error);
      this.#exitCode = 1;
    }
    sendToParent({ tornado: "drained", cut }, () => process.exit(this.#exitCode));
  }
}

/** Sends when there still is a parent; `sent` is called either way. */
function sendToParent(message: MessageFromWorker, sent: () => void = () => {}): void {
  if (process.send === undefined || !process.connected) sent();
  else process.send(message, undefined, undefined, sent);
}
