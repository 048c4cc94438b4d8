/** Decides how soon a worker that ended is replaced: at once, and ever later when it keeps ending. */

/** A worker that served this long is healthy: what went wrong before it no longer counts. */
export const HEALTHY_AFTER_MS = 60_000;

/** A worker that served this long did start well; what ends it from outside says nothing about the app. */
const STARTED_WELL_AFTER_MS = 1000;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 30_000;
/** Delays vary by this part of themselves, so that workers which fail together do not return together. */
const JITTER = 0.2;

/** How one worker fared before it ended. */
export interface WorkerLife {
  /** How long it served; 0 when it never became ready. */
  readonly servedMs: number;
  /** Failures in a row before this one. */
  readonly earlierFailures: number;
  /** Somebody else ended it: an administrator, or the system for want of memory. */
  readonly wasKilled?: boolean;
}

export interface Restart {
  readonly delayMs: number;
  /** Failures in a row, this one included: the next decision's `earlierFailures`. */
  readonly failures: number;
}

/**
 * Decides when to replace a worker.
 *
 * The first failure is replaced at once; those that follow within a healthy minute wait 0.1 s, 0.2 s, 0.4 s … 30 s, from
 * the time when the worker that ended began to serve. A worker that served and was killed is replaced at once.
 *
 * @param random - Gives a number in [0, 1), for the jitter.
 */
export function restartPolicy(life: WorkerLife, random: () => number = Math.random): Restart {
  if (life.wasKilled === true && life.servedMs >= STARTED_WELL_AFTER_MS) {
    return { delayMs: 0, failures: life.earlierFailures };
  }
  const isFirst = life.servedMs >= HEALTHY_AFTER_MS || life.earlierFailures === 0;
  if (isFirst) return { delayMs: 0, failures: 1 };
  // 2 ** 20 is far beyond the longest delay; the bound keeps the number finite.
  const doubled = FIRST_DELAY_MS * 2 ** Math.min(life.earlierFailures - 1, 20);
  const jitter = 1 + JITTER * (2 * random() - 1);
  const spacingMs = Math.min(LONGEST_DELAY_MS, doubled * jitter);
  return { delayMs: Math.max(0, spacingMs - life.servedMs), failures: life.earlierFailures + 1 };
}
