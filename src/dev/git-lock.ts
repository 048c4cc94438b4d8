/** Knows whether git is at work on an app's files: in the middle of a checkout, half of them are of another branch. */

import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

const LOOK_MS = 20;
const LONGEST_MS = 3000;

/** Gives the file that git keeps while it changes files, or `undefined` where no repository is around the folder. */
export function gitLock(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const repository = join(at, ".git");
    if (statSync(repository, { throwIfNoEntry: false })?.isDirectory() === true) return join(repository, "index.lock");
    if (at === dirname(at)) return undefined;
  }
}

/** Waits until git has finished. A lock that a killed git has left behind is waited for only so long. */
export async function waitForGit(lock: string | undefined): Promise<void> {
  const began = performance.now();
  while (lock !== undefined && existsSync(lock) && performance.now() - began < LONGEST_MS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
