/** Listens to signals, of which one may end any number of waits. */

/** The one listener of a signal, and what it calls. */
interface Watch {
  readonly calls: Set<() => void>;
  readonly end: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/**
 * Has a function called when a signal is aborted; one that is aborted already calls nothing.
 *
 * A signal gets one listener, whatever the number of functions: Node looks through all of them for each that comes and goes,
 * and takes more than ten for a leak.
 *
 * @param callback - Must not throw.
 * @returns A function that ends the listening.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const { calls, end } = watches.get(signal) ?? watch(signal);
  // Its own, so that the same function can be given twice.
  const call = () => callback();
  calls.add(call);
  return () => {
    // A signal that others are made of keeps those alive that have a listener.
    if (calls.delete(call) && calls.size === 0) end();
  };
}

function watch(signal: AbortSignal): Watch {
  const calls = new Set<() => void>();
  const callAll = () => {
    for (const call of calls) call();
  };
  const end = () => {
    signal.removeEventListener("abort", callAll);
    watches.delete(signal);
  };
  signal.addEventListener("abort", callAll, { once: true });
  const begun = { calls, end };
  watches.set(signal, begun);
  return begun;
}
