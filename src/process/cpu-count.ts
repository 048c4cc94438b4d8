/** Tells how many workers keep the machine busy. */

import { availableParallelism } from "node:os";

/** Returns the number of processors that this process may use; a container's limits count where Node knows them. */
export function cpuCount(): number {
  return Math.max(1, availableParallelism());
}
