/** Gathers what is still to be done to the running app, however many changes ask for it. */

/** `revive` starts the app again after its process has ended: nothing is new, and no page needs to load again. */
export type WorkKind = "revive" | "source" | "restart" | "config";

/** Work that is still to be done. */
export interface PendingWork {
  readonly kind: WorkKind;
  /** What changed, relative to the root. */
  readonly files: readonly string[];
  /** Templates and static files that changed along with sources. */
  readonly pageFiles: readonly string[];
  /** Moment of the first demand, by `performance.now()`. */
  readonly since: number;
}

const urgency: readonly WorkKind[] = ["revive", "source", "restart", "config"];

/** Adds a demand to what is pending: the most urgent kind wins, and the files of both count. */
export function addWork(pending: PendingWork | undefined, demand: Omit<PendingWork, "since">): PendingWork {
  if (pending === undefined) return { ...demand, since: performance.now() };
  const isMoreUrgent = urgency.indexOf(demand.kind) > urgency.indexOf(pending.kind);
  return {
    kind: isMoreUrgent ? demand.kind : pending.kind,
    files: [...new Set([...pending.files, ...demand.files])],
    pageFiles: [...new Set([...pending.pageFiles, ...demand.pageFiles])],
    since: pending.since,
  };
}
