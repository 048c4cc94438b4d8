/** Counts what one process serves: requests by status class, how long they took, and how the process is. */

import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { Application } from "../core/web/application.js";

/** Upper bounds of the latency histogram, in seconds. */
export const LATENCY_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** Counters of requests; those of two processes add up. */
export interface RequestCounts {
  /** By the first digit of the status: 1xx at index 1 to 5xx at index 5. */
  readonly byStatusClass: readonly number[];
  /** By latency: how many took at most the bound of the same index, and longer than the one before; the last: longer than all. */
  readonly byLatency: readonly number[];
  readonly totalSeconds: number;
}

/** What one process tells when it is asked. */
export interface MetricsSnapshot {
  readonly requests: RequestCounts;
  /** How late timers fired since the last question, in seconds. */
  readonly eventLoopDelay: { readonly median: number; readonly p99: number; readonly max: number };
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
}

const EVENT_LOOP_RESOLUTION_MS = 20;
const NANOSECONDS = 1e9;

export function noRequests(): RequestCounts {
  return {
    byStatusClass: new Array<number>(6).fill(0),
    byLatency: new Array<number>(LATENCY_BOUNDS.length + 1).fill(0),
    totalSeconds: 0,
  };
}

export function addRequests(one: RequestCounts, other: RequestCounts): RequestCounts {
  return {
    byStatusClass: one.byStatusClass.map((count, index) => count + (other.byStatusClass[index] ?? 0)),
    byLatency: one.byLatency.map((count, index) => count + (other.byLatency[index] ?? 0)),
    totalSeconds: one.totalSeconds + other.totalSeconds,
  };
}

/** Counts the requests of an application, from its construction on. Costs nothing where nobody asked for metrics. */
export class RequestMetrics {
  readonly #byStatusClass = new Array<number>(6).fill(0);
  readonly #byLatency = new Array<number>(LATENCY_BOUNDS.length + 1).fill(0);
  #totalSeconds = 0;
  readonly #eventLoopDelay: IntervalHistogram;

  constructor(application: Application) {
    this.#eventLoopDelay = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MS });
    this.#eventLoopDelay.enable();
    const logRequest = application.logRequest.bind(application);
    application.logRequest = (handler) => {
      this.#count(handler.getStatus(), handler.request.requestTime());
      logRequest(handler);
    };
  }

  snapshot(): MetricsSnapshot {
    const delay = this.#eventLoopDelay;
    const { rss, heapUsed } = process.memoryUsage();
    // The histogram measures the whole pause between two timers, of which the resolution is meant to be.
    const seconds = (nanoseconds: number) =>
      Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / NANOSECONDS - EVENT_LOOP_RESOLUTION_MS / 1000) : 0;
    const snapshot = {
      requests: {
        byStatusClass: [...this.#byStatusClass],
        byLatency: [...this.#byLatency],
        totalSeconds: this.#totalSeconds,
      },
      eventLoopDelay: {
        median: seconds(delay.percentile(50)),
        p99: seconds(delay.percentile(99)),
        max: seconds(delay.max),
      },
      residentBytes: rss,
      heapUsedBytes: heapUsed,
    };
    delay.reset();
    return snapshot;
  }

  #count(status: number, seconds: number): void {
    const statusClass = Math.floor(status / 100);
    if (statusClass >= 1 && statusClass <= 5) this.#byStatusClass[statusClass]! += 1;
    let index = 0;
    while (index < LATENCY_BOUNDS.length && seconds > LATENCY_BOUNDS[index]!) index += 1;
    this.#byLatency[index]! += 1;
    this.#totalSeconds += seconds;
  }
}
