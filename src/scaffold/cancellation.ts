/** What Ctrl-C, a closed terminal and `kill` do while an app is made: everything is undone, then the program ends. */

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Thrown through the steps when the person, or the system, called it off. */
export class Cancelled extends Error {
  constructor() {
    super("Cancelled.");
    this.name = "Cancelled";
  }
}

/**
 * Runs `work` with a signal that aborts, with `Cancelled` as its reason, on the first SIGINT, SIGTERM or SIGHUP.
 *
 * More signals while `work` cleans up are ignored: a second Ctrl-C must not leave half of an app.
 */
export async function untilCancelled<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  const cancel = () => controller.abort(new Cancelled());
  for (const name of SIGNALS) process.on(name, cancel);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, cancel);
  }
}
