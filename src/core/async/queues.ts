/** The entry point `tornado/queues`. */

export { LifoQueue, PriorityQueue, type PriorityQueueOptions, Queue, QueueEmpty, QueueFull } from "./queue.js";
export { type Compare, naturalOrder, type QueueItems } from "./queue-items.js";
export { TimeoutError } from "./timeout-error.js";
export type { WaitOptions } from "./waiters.js";
