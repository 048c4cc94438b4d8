/** What the supervisor and its workers say to each other beyond starting and draining. */

import type { ListenTarget } from "./listening-socket.js";
import type { MetricsSnapshot } from "./metrics.js";
import type { StartOptions } from "./options.js";

/** The first task of a worker: what to serve on. */
export interface ServeTask {
  readonly kind: "serve";
  readonly options: Partial<StartOptions>;
  readonly target: ListenTarget;
}

/** Asks for a {@link MetricsReport}. */
export interface MetricsTask {
  readonly kind: "metrics";
}

export type WorkerTask = ServeTask | MetricsTask;

export interface MetricsReport {
  readonly kind: "metrics";
  readonly snapshot: MetricsSnapshot;
}
