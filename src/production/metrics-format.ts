/** Writes metrics in the text format of Prometheus, version 0.0.4. */

import { addRequests, LATENCY_BOUNDS, type MetricsSnapshot, noRequests, type RequestCounts } from "./metrics.js";

/** The metrics of a whole server. */
export interface ServerMetrics {
  /** The living workers' snapshots, by task id. */
  readonly workers: ReadonlyMap<number, MetricsSnapshot>;
  /** Requests of workers that have ended, so that no counter goes backwards. */
  readonly ended?: RequestCounts;
  /** Workers that were replaced because they ended. */
  readonly restarts: number;
}

/** Gives the text that a scrape is answered with. */
export function formatMetrics({ workers, ended = noRequests(), restarts }: ServerMetrics): string {
  const requests = [...workers.values()].map((snapshot) => snapshot.requests).reduce(addRequests, ended);
  const perWorker = (name: string, help: string, read: (snapshot: MetricsSnapshot) => number) =>
    metric(
      name,
      "gauge",
      help,
      [...workers].map(([taskId, snapshot]) => `${name}{worker="${taskId}"} ${read(snapshot)}`),
    );
  return [
    metric(
      "tornado_requests_total",
      "counter",
      "Requests answered, by class of status.",
      requests.byStatusClass.slice(1).map((count, index) => `tornado_requests_total{status="${index + 1}xx"} ${count}`),
    ),
    metric("tornado_request_duration_seconds", "histogram", "Time to answer a request.", latencyLines(requests)),
    metric(
      "tornado_event_loop_delay_seconds",
      "gauge",
      "Delay of the event loop since the last scrape.",
      [...workers].flatMap(([taskId, { eventLoopDelay }]) => [
        `tornado_event_loop_delay_seconds{worker="${taskId}",quantile="0.5"} ${eventLoopDelay.median}`,
        `tornado_event_loop_delay_seconds{worker="${taskId}",quantile="0.99"} ${eventLoopDelay.p99}`,
        `tornado_event_loop_delay_seconds{worker="${taskId}",quantile="1"} ${eventLoopDelay.max}`,
      ]),
    ),
    perWorker("tornado_resident_memory_bytes", "Memory of the process.", (snapshot) => snapshot.residentBytes),
    perWorker("tornado_heap_used_bytes", "JavaScript heap in use.", (snapshot) => snapshot.heapUsedBytes),
    metric("tornado_workers", "gauge", "Processes that serve.", [`tornado_workers ${workers.size}`]),
    metric("tornado_worker_restarts_total", "counter", "Workers replaced because they ended.", [
      `tornado_worker_restarts_total ${restarts}`,
    ]),
  ].join("");
}

function metric(name: string, type: string, help: string, lines: readonly string[]): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.map((line) => `${line}\n`).join("")}`;
}

function latencyLines({ byLatency, totalSeconds }: RequestCounts): string[] {
  const name = "tornado_request_duration_seconds";
  let count = 0;
  const buckets = byLatency.map((inBucket, index) => {
    count += inBucket;
    return `${name}_bucket{le="${LATENCY_BOUNDS[index] ?? "+Inf"}"} ${count}`;
  });
  return [...buckets, `${name}_sum ${totalSeconds}`, `${name}_count ${count}`];
}
