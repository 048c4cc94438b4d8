/** Knows the files that the running app was made of, and sees by their times alone whether one was saved since. */

import { type BigIntStats, statSync } from "node:fs";

/** A look that costs less is taken for every request; a graph of thousands is looked at half of the time at most. */
const CHEAP_MS = 2;
/** File times are as coarse as the kernel's tick: one this close to the build may belong to a later save. */
const TICK_MS = 20;

/** The files of one bundle as they were before it was built. */
export class LoadedGraph {
  #stamps = new Map<string, string>();
  #buildBegan = 0;
  #lastLookEnded = Number.NEGATIVE_INFINITY;
  /** What a look costs: the least that one took lately, since other programs may have been in the way. */
  #costMs = 0;

  has(file: string): boolean {
    return this.#stamps.has(file);
  }

  /** What each file was when the last build began. */
  get stamps(): ReadonlyMap<string, string> {
    return this.#stamps;
  }

  /** Whether a file of the graph is another one now than when the last build began. */
  isChanged(file: string): boolean {
    return this.#stamps.has(file) && stampOf(file) !== this.#stamps.get(file);
  }

  /**
   * Notes the times before a build reads the files: a save during the build then counts as one after it.
   *
   * @returns Whether a file may have the size and the time of an earlier state, which a bundler takes for the same.
   */
  beforeBuild(): boolean {
    let isDeceptive = false;
    for (const [file, before] of this.#stamps) {
      const now = stampOf(file);
      isDeceptive ||= isBackdated(before, now);
      this.#stamps.set(file, now);
    }
    this.#buildBegan = Date.now();
    return isDeceptive;
  }

  /** Takes over the files that the build has read. */
  afterBuild(files: Iterable<string>): void {
    const stamps = new Map<string, string>();
    for (const file of files) stamps.set(file, this.#stamps.get(file) ?? stampOfNew(file, this.#buildBegan));
    this.#stamps = stamps;
  }

  /** Adds files whose change matters too, such as the one that a failed build complains about. */
  add(files: Iterable<string>): void {
    for (const file of files) {
      if (!this.#stamps.has(file)) this.#stamps.set(file, stampOfNew(file, this.#buildBegan));
    }
  }

  /**
   * Looks at all files.
   *
   * @returns The first one that changed, or `undefined`, also when the last look at a large graph was a moment ago.
   */
  changedFile(): string | undefined {
    const began = performance.now();
    if (this.#costMs > CHEAP_MS && began - this.#lastLookEnded < this.#costMs) return undefined;
    let changed: string | undefined;
    for (const [file, stamp] of this.#stamps) {
      if (stampOf(file) !== stamp) {
        changed = file;
        break;
      }
    }
    this.#lastLookEnded = performance.now();
    this.#costMs = Math.min(this.#lastLookEnded - began, this.#costMs * 1.2 + 0.1);
    return changed;
  }
}

/** Gives a text that is another one after the file was saved. */
export function stampOf(file: string): string {
  const stats = statsOf(file);
  // The inode tells a save by rename that kept size and time, as `cp -p` and `mv` do; the last time, which nobody can set, one in place.
  return stats === undefined ? "gone" : `${stats.mtimeNs}:${stats.size}:${stats.ino}:${stats.ctimeNs}`;
}

/** Says whether a file was saved, moved or touched without becoming newer. */
function isBackdated(before: string, now: string): boolean {
  const [wasNewAt, isNewAt] = [before, now].map((stamp) => /^\d+/.exec(stamp)?.[0]);
  if (before === now || wasNewAt === undefined || isNewAt === undefined) return false;
  return BigInt(isNewAt) <= BigInt(wasNewAt);
}

/** A file met for the first time was read at an unknown moment of the build; if that is in doubt, it is read once more. */
function stampOfNew(file: string, buildBegan: number): string {
  const stats = statsOf(file);
  return stats !== undefined && Number(stats.mtimeMs) < buildBegan - TICK_MS ? stampOf(file) : "unsure";
}

function statsOf(file: string): BigIntStats | undefined {
  try {
    return statSync(file, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
