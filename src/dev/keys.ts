/** Listens to single keys at a terminal, and puts the terminal back whatever happens. */

import { readFileSync } from "node:fs";

/** What the keys do. */
export interface KeyActions {
  readonly r: () => void;
  readonly o: () => void;
  readonly u: () => void;
  readonly c: () => void;
  readonly h: () => void;
  readonly q: () => void;
  /** Ctrl-C and Ctrl-D. */
  readonly interrupt: () => void;
}

/** Keys that are being listened to. */
export interface KeyListener {
  /** Sets the terminal again: every Node process that ends puts it back as that process found it, and workers share ours. */
  refresh(): void;
  /** Ends the listening. */
  stop(): void;
}

/**
 * Listens until it is stopped.
 *
 * In raw mode the terminal sends Ctrl-C and Ctrl-Z as characters: both do what they always do.
 */
export function listenToKeys(input: NodeJS.ReadStream, actions: KeyActions): KeyListener {
  const onData = (data: Buffer) => {
    for (const key of data.toString().toLowerCase()) {
      if (key === "\u0003" || key === "\u0004") actions.interrupt();
      else if (key === "\u001a") suspend();
      else if (key === "?") actions.h();
      else if (Object.hasOwn(actions, key)) actions[key as keyof KeyActions]();
    }
  };
  const restore = () => {
    if (isInForeground()) input.setRawMode(false);
  };
  const resume = () => {
    if (isInForeground()) {
      input.setRawMode(true);
      input.resume();
    } else input.pause();
  };
  const suspend = () => {
    restore();
    process.kill(process.pid, "SIGTSTP");
  };
  input.on("data", onData);
  resume();
  const refreshAfterPause = () => resume();
  process.on("SIGCONT", refreshAfterPause);
  process.on("exit", restore);
  return {
    refresh() {
      // Node takes a mode that it believes to be set for set.
      restore();
      resume();
    },
    stop() {
      process.off("SIGCONT", refreshAfterPause);
      process.off("exit", restore);
      input.off("data", onData);
      input.pause();
      restore();
    },
  };
}

/** The system stops a job in the background that reads from the terminal or sets it, as after `tornado dev &` or `bg`. */
function isInForeground(): boolean {
  try {
    const status = readFileSync("/proc/self/stat", "utf8");
    // The name of the program, in parentheses, may hold spaces.
    const [, , group, , , foregroundGroup] = status.slice(status.lastIndexOf(")") + 2).split(" ");
    return foregroundGroup === "-1" || group === foregroundGroup;
  } catch {
    // Only Linux has this file.
    return true;
  }
}
