/** The program of a pool's thread: calls an exported function of a module, and tells what came of it. */

import { type SerializedError, serializeError } from "../error-serialization.js";
import { TornadoError } from "../errors.js";

/** What a thread is asked to do. */
export interface ThreadTask {
  /** URL of the module. */
  readonly module: string;
  /** Name of its export. */
  readonly name: string;
  readonly args: readonly unknown[];
}

/** What came of it. An error goes as data: the copy that threads make of one loses its code and its cause. */
export type ThreadOutcome = { readonly value: unknown } | { readonly error: SerializedError };

// Errors of an app that was compiled name its own files and lines.
process.setSourceMapsEnabled(true);

/** Called by the pool's library in the thread. */
export async function runTask({ module, name, args }: ThreadTask): Promise<ThreadOutcome> {
  try {
    const exported: unknown = Reflect.get((await import(module)) as object, name);
    if (typeof exported === "function") return { value: await exported(...args) };
    throw new TornadoError(
      "NOT_A_FUNCTION",
      `${module} exports no function "${name}" (${typeof exported}). Export it, or correct the name given to runInExecutor().`,
    );
  } catch (error) {
    return { error: serializeError(error) };
  }
}
