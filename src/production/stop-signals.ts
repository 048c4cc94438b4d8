/** What SIGTERM and Ctrl-C mean to a server: the first asks it to finish, the second to stop now. */

/** The two answers to a signal. */
export interface StopSignalHandlers {
  /** Finish what has begun. */
  stop(signal: NodeJS.Signals): void;
  /** Stop at once; may be called more than once. */
  stopNow(signal: NodeJS.Signals): void;
}

/**
 * Listens to the signals that end a server.
 *
 * @returns A function that ends this.
 */
export function onStopSignals(signals: readonly NodeJS.Signals[], handlers: StopSignalHandlers): () => void {
  let isFirst = true;
  const receive = (signal: NodeJS.Signals) => {
    if (isFirst) handlers.stop(signal);
    else handlers.stopNow(signal);
    isFirst = false;
  };
  for (const signal of signals) process.on(signal, receive);
  return () => {
    for (const signal of signals) process.off(signal, receive);
  };
}
