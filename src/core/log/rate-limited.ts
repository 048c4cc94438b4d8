/** Keeps one cause from flooding the log: what anybody on the network can provoke must not fill the disk. */

/**
 * Wraps a log function so that each kind of message passes at most once in an interval.
 *
 * Messages are of one kind when they differ only in numbers, addresses and text in double quotes. At the end of the interval,
 * one line says how many were left out: `the newest of them (41 like it in the last second)`. The timer for it does not keep
 * the process alive.
 *
 * @param log - Gets the messages that pass, such as `(message) => generalLog.warn(message)`.
 * @param intervalMs - Default 1000.
 */
export function rateLimited(log: (message: string) => void, intervalMs = 1000): (message: string) => void {
  const kinds = new Map<string, Suppressed>();

  const startInterval = (kind: string) => {
    kinds.set(kind, { count: 0, newest: "" });
    setTimeout(endInterval, intervalMs, kind).unref();
  };

  const endInterval = (kind: string) => {
    const { count, newest } = kinds.get(kind)!;
    kinds.delete(kind);
    if (count === 0) return;
    startInterval(kind);
    const interval = intervalMs === 1000 ? "second" : `${intervalMs / 1000} seconds`;
    log(`${newest} (${count} like it in the last ${interval})`);
  };

  return (message) => {
    const ownKind = kindOf(message);
    const kind = kinds.has(ownKind) || kinds.size < maxKinds ? ownKind : everyOther;
    const suppressed = kinds.get(kind);
    if (suppressed === undefined) {
      startInterval(kind);
      log(message);
    } else {
      suppressed.count++;
      suppressed.newest = message;
    }
  };
}

interface Suppressed {
  count: number;
  /** An older one would say less about what goes on now. */
  newest: string;
}

/** More kinds than this share one, so that messages made to differ fill neither the log nor the memory. */
const maxKinds = 100;
const everyOther = "";
/** What changes from one such message to the next: quoted text, addresses of both families, numbers. */
const particulars = /"[^"]*"?|[\da-f.:]{2,}|\d/gi;

function kindOf(message: string): string {
  return message.slice(0, 200).replace(particulars, "#");
}
