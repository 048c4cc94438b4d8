/** The messages between a parent process and its workers, each marked so that an app's own messages are told apart. */

import type { SerializedError } from "../core/error-serialization.js";

/** What a parent says to a worker. */
export type MessageToWorker =
  /** Work to do; the first one starts a worker that waits for it. */
  | { readonly tornado: "task"; readonly payload: unknown }
  /** Something to have at hand when the first task comes; a worker that waits for none takes no notice. */
  | { readonly tornado: "prepare"; readonly payload: unknown }
  /** Stop accepting, answer what has begun, and end by the deadline. */
  | { readonly tornado: "drain"; readonly deadlineMs: number }
  /** Asks for a `pong`, which only a living event loop can give. */
  | { readonly tornado: "ping" };

/** What a worker says to its parent. */
export type MessageFromWorker =
  /** It listens to its parent from now on; what it is told before would be lost. */
  | { readonly tornado: "begun" }
  /** It serves from now on. */
  | { readonly tornado: "ready"; readonly detail: unknown }
  /** It could not start, and ends. */
  | { readonly tornado: "failed"; readonly error: SerializedError }
  /** It ends of its own accord after it has served: by a signal, or by an error that nobody caught. */
  | { readonly tornado: "leaving"; readonly error: SerializedError | null }
  /** It has drained and ends; `cut` connections did not finish in time. */
  | { readonly tornado: "drained"; readonly cut: number }
  | { readonly tornado: "pong" }
  /** Anything that the program in the worker wants its parent to know. */
  | { readonly tornado: "report"; readonly payload: unknown };

/** Tells whether a message is one of ours: an app, and the packages it uses, may send messages of their own. */
export function isTornadoMessage<Message extends MessageToWorker | MessageFromWorker>(
  message: unknown,
): message is Message {
  return typeof message === "object" && message !== null && "tornado" in message && typeof message.tornado === "string";
}
