/** Leaves no trace of what was compiled below an app's `.tornado` folder. */

import { rmdirSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { dirname } from "node:path";

/** Removes a folder, and the one that it stands in when nothing else is in there. */
export function removeWorkFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  try {
    rmdirSync(dirname(folder));
  } catch {
    // The dev server may keep something in it.
  }
}

const interrupts = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Calls `remove` when a signal ends the process, which would skip every `finally`.
 *
 * @returns A function that ends this.
 */
export function whenInterrupted(remove: () => void): () => void {
  const end = (signal: NodeJS.Signals) => {
    remove();
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of interrupts) process.on(signal, end);
  return () => {
    for (const signal of interrupts) process.off(signal, end);
  };
}
