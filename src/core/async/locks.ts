/** The entry point `tornado/locks`: tasks of one process that wait for each other. */

export { Condition } from "./condition.js";
export { Event } from "./event.js";
export { Lock } from "./lock.js";
export { AcquiredLock, BoundedSemaphore, Semaphore } from "./semaphore.js";
export { TimeoutError } from "./timeout-error.js";
export type { WaitOptions } from "./waiters.js";
