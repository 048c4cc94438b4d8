/** Tells about saved files in batches: at once that something happened, and a moment of quiet later what. */

import { realpathSync } from "node:fs";
import { isAbsolute, join, relative, sep } from "node:path";
import type { FSWatcher } from "chokidar";
import { type FileEvent, isIgnored } from "./change-kind.js";
import { FolderWatch } from "./folder-watch.js";
import { stampOf } from "./loaded-graph.js";

/** Files that changed together: path relative to the root, with forward slashes, to what happened to it last. */
export type Changes = ReadonlyMap<string, FileEvent>;

export interface WatcherOptions {
  /** Absolute path of the app's root. */
  readonly root: string;
  /** Files and folders to watch, relative to the root or absolute; they need not exist yet. */
  readonly paths: readonly string[];
  /** Called at the first sign of a change of this file, before its batch is complete. */
  onFirstSign(path: string, event: FileEvent): void;
  onChanges(changes: Changes): void;
  /** Called when the watcher goes on by looking at the files again and again; what was saved since the last event may be unnoticed. */
  onPolling(reason: string, intervalMs: number): void;
}

/** One save is one file. It waits only for its second event: the writing that follows an emptying. */
const QUIET_MS = 2;
/** Many files are a checkout or a formatter: one restart at its end is worth more than the milliseconds. */
const QUIET_AFTER_MANY_MS = 40;
const MANY = 3;
const LONGEST_BATCH_MS = 2000;
/** The system may tell of a file once for two saves, as of an editor and a formatter: the second one is looked for. */
const LOOK_AGAIN_MS = 10;
const MAX_LOOKED_AT_AGAIN = 20;
const POLLING_INTERVAL_MS = 300;

/** What two events of one file come to: gone and there again is how many editors save; new and written to is new. */
function merged(earlier: FileEvent | undefined, event: FileEvent): FileEvent {
  if (earlier === "unlink" && event === "add") return "replace";
  if (earlier === "add" && event !== "unlink") return "add";
  return earlier === "replace" && event === "change" ? "replace" : event;
}

/** Watches an app's files until it is closed. */
export class Watcher implements AsyncDisposable {
  readonly #options: WatcherOptions;
  readonly #paths = new Set<string>();
  /** Absent when the files are looked at again and again. */
  #folders: FolderWatch | undefined;
  #polling: Promise<FSWatcher> | undefined;
  #batch = new Map<string, FileEvent>();
  #batchBegan = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** What a file was when its change was told last. */
  readonly #told = new Map<string, string>();

  constructor(options: WatcherOptions) {
    this.#options = options;
    for (const path of options.paths) this.#paths.add(this.#absolute(path));
    this.#folders = new FolderWatch({
      paths: this.#paths,
      isIgnored: (path) => this.#isIgnored(path),
      onEvent: (event, path) => this.#note(path, event),
      onError: (error) => this.#fail(error),
    });
    if (this.#polling !== undefined) this.#stopListening();
  }

  /** Watches more: a template folder of another name, a source outside `src`. What is watched already costs nothing. */
  add(paths: Iterable<string>): void {
    for (const path of paths) {
      const absolute = this.#absolute(path);
      if (this.#isCovered(absolute)) continue;
      this.#paths.add(absolute);
      this.#folders?.add(absolute);
      void this.#polling?.then((polling) => polling.add(absolute));
    }
  }

  /**
   * Goes on by looking at the files again and again.
   *
   * @param reason - Told by `onPolling`, once.
   */
  poll(reason: string): void {
    if (this.#polling !== undefined || this.#isClosed) return;
    this.#stopListening();
    this.#polling = this.#poll(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#stopListening();
    await (await this.#polling)?.close();
  }

  #stopListening(): void {
    this.#folders?.close();
    this.#folders = undefined;
  }

  async #poll(reason: string): Promise<FSWatcher> {
    const { watch } = await import("chokidar");
    const watcher = watch([...this.#paths], {
      ignoreInitial: true,
      ignored: (path) => this.#isIgnored(path),
      ignorePermissionErrors: true,
      usePolling: true,
      interval: POLLING_INTERVAL_MS,
      binaryInterval: POLLING_INTERVAL_MS,
    });
    watcher.on("all", (event, path) => {
      if (event === "add" || event === "change" || event === "unlink") this.#note(path, event);
    });
    // What cannot be looked at is not there.
    watcher.on("error", () => {});
    // Until it has seen every file once, it cannot tell what changed.
    watcher.once("ready", () => this.#options.onPolling(reason, POLLING_INTERVAL_MS));
    return watcher;
  }

  #note(absolute: string, event: FileEvent): void {
    const path = this.#relative(absolute);
    if (this.#batch.size === 0) this.#batchBegan = performance.now();
    const earlier = this.#batch.get(path);
    // A file that came and went was somebody's tool at work.
    if (earlier === "add" && event === "unlink") this.#batch.delete(path);
    else this.#batch.set(path, merged(earlier, event));
    this.#options.onFirstSign(path, event);
    clearTimeout(this.#timer);
    const quietMs = this.#batch.size < MANY ? QUIET_MS : QUIET_AFTER_MANY_MS;
    const lastsTooLong = performance.now() - this.#batchBegan > LONGEST_BATCH_MS;
    this.#timer = setTimeout(() => this.#deliver(), lastsTooLong ? 0 : quietMs);
  }

  #deliver(): void {
    const changes = this.#batch;
    this.#batch = new Map();
    this.#lookAgainLater(changes);
    this.#options.onChanges(changes);
  }

  #lookAgainLater(changes: Changes): void {
    const files = [...changes.keys()].slice(0, MAX_LOOKED_AT_AGAIN).map((path) => this.#absolute(path));
    for (const file of files) this.#told.set(file, stampOf(file));
    setTimeout(() => {
      for (const file of files) {
        const isNew = ![this.#told.get(file), "gone"].includes(stampOf(file));
        if (isNew && !this.#isClosed) this.#note(file, "change");
      }
    }, LOOK_AGAIN_MS).unref();
  }

  /** ENOSPC: no inotify watches left. EMFILE, ENFILE: no descriptors. Each is a limit of the machine, not of the app. */
  #fail(error: NodeJS.ErrnoException): void {
    if (!["ENOSPC", "EMFILE", "ENFILE"].includes(error.code ?? "")) return;
    this.poll(
      `The system's limit of watched files is reached (${error.code}). Raise fs.inotify.max_user_watches to be faster.`,
    );
  }

  #isCovered(path: string): boolean {
    for (const watched of this.#paths) {
      if (path === watched || (path.startsWith(watched) && /^[\\/]/.test(path.slice(watched.length)))) return true;
    }
    return false;
  }

  #isIgnored(path: string): boolean {
    if (leadsBack(path)) return true;
    const shown = this.#relative(path);
    // The root itself, and files outside it that the app imports, are never looked away from.
    return shown !== "" && !shown.startsWith("..") && !isAbsolute(shown) && isIgnored(shown);
  }

  #absolute(path: string): string {
    return isAbsolute(path) ? path : join(this.#options.root, path);
  }

  #relative(path: string): string {
    return relative(this.#options.root, path).replaceAll("\\", "/");
  }
}

/** A link to a folder above it makes paths without end. On such a path one name comes twice, and means one file. */
function leadsBack(path: string): boolean {
  const names = path.split(sep);
  const last = names.pop()!;
  for (let at = names.indexOf(last); at !== -1; at = names.indexOf(last, at + 1)) {
    if (isSameFile(names.slice(0, at + 1).join(sep), path)) return true;
  }
  return false;
}

function isSameFile(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    // What is not there, or not to be read, leads nowhere.
    return false;
  }
}
