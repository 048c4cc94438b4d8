/**
 * Hears from the system which files change, folder by folder: one watch a folder, and one look at a file that is told of.
 *
 * A watch on each file besides would have the whole folder read again at every save, while somebody waits for the answer.
 */

import { type FSWatcher, readdirSync, type Stats, statSync, type WatchEventType, watch } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import type { FileEvent } from "./change-kind.js";
import { stampOf } from "./loaded-graph.js";

export interface FolderWatchOptions {
  /** Absolute paths of files and folders; they need not exist yet. */
  readonly paths: Iterable<string>;
  isIgnored(path: string): boolean;
  onEvent(event: FileEvent, path: string): void;
  /** Called when the system has no more to give, or a folder cannot be watched. */
  onError(error: NodeJS.ErrnoException): void;
}

interface WatchedFolder {
  readonly watcher: FSWatcher;
  /** Tells whether another folder has taken the place of this one. */
  readonly inode: number;
  /** What is in it: the stamp of each file, once it was looked at, and `folder` for a folder. */
  readonly entries: Map<string, string>;
}

const FOLDER = "folder";
const UNSEEN = "unseen";

/** Watches until it is closed. */
export class FolderWatch {
  readonly #options: FolderWatchOptions;
  readonly #wanted = new Set<string>();
  readonly #folders = new Map<string, WatchedFolder>();
  #isClosed = false;

  constructor(options: FolderWatchOptions) {
    this.#options = options;
    for (const path of options.paths) this.#wanted.add(path);
    for (const path of this.#wanted) this.#begin(path, false);
  }

  /** Watches one more path. */
  add(path: string): void {
    this.#wanted.add(path);
    this.#begin(path, false);
  }

  close(): void {
    this.#isClosed = true;
    for (const { watcher } of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  /** Watches a wanted path from the nearest folder on that is there: its own, or one in which it may appear. */
  #begin(path: string, isNew: boolean): void {
    let folder = folderStats(path) === undefined ? dirname(path) : path;
    while (folderStats(folder) === undefined && dirname(folder) !== folder) folder = dirname(folder);
    this.#visit(folder, isNew);
  }

  /** Whether something at this path matters: it is wanted itself, or lies in what is, or leads to it. */
  #matters(path: string): boolean {
    for (const wanted of this.#wanted) if (isWithin(path, wanted) || isWithin(wanted, path)) return true;
    return false;
  }

  /** Watches a folder and those in it. @param isNew - Then its files are told of. */
  #visit(folder: string, isNew: boolean): void {
    const stats = folderStats(folder);
    if (stats === undefined || this.#isClosed) return;
    const known = this.#folders.get(folder);
    if (known !== undefined && known.inode !== stats.ino) this.#leave(folder);
    const watched = this.#folders.get(folder) ?? this.#watch(folder, stats.ino);
    if (watched === undefined) return;
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (watched.entries.has(entry.name) && !entry.isFolder) continue;
      if (entry.isFolder && !isNew && this.#folders.has(path)) continue;
      if (!this.#matters(path) || this.#options.isIgnored(path)) continue;
      if (entry.isFolder) {
        watched.entries.set(entry.name, FOLDER);
        this.#visit(path, isNew);
      } else {
        watched.entries.set(entry.name, isNew ? stampOf(path) : UNSEEN);
        if (isNew) this.#options.onEvent("add", path);
      }
    }
  }

  #watch(folder: string, inode: number): WatchedFolder | undefined {
    try {
      const watcher = watch(folder, { persistent: true }, (type, name) => this.#hear(folder, name, type));
      watcher.on("error", (error) => this.#options.onError(error as NodeJS.ErrnoException));
      const watched = { watcher, inode, entries: new Map<string, string>() };
      this.#folders.set(folder, watched);
      return watched;
    } catch (error) {
      this.#options.onError(error as NodeJS.ErrnoException);
      return undefined;
    }
  }

  #hear(folder: string, name: string | null, type: WatchEventType): void {
    const watched = this.#folders.get(folder);
    if (watched === undefined) return;
    // The folder itself is told of by its own name, as if it were in itself.
    const isSame = (name !== null && name !== basename(folder)) || folderStats(folder)?.ino === watched.inode;
    if (!isSame) this.#lose(folder);
    else if (name === null) this.#visit(folder, true);
    else this.#look(watched, name, join(folder, name), type);
  }

  /** Finds out what happened to something in a folder. */
  #look(watched: WatchedFolder, name: string, path: string, type: WatchEventType): void {
    if (!this.#matters(path) || this.#options.isIgnored(path)) return;
    const before = watched.entries.get(name);
    const isFolder = folderStats(path) !== undefined;
    const now = isFolder ? FOLDER : stampOf(path);
    if (now === "gone") {
      if (before === undefined) return;
      watched.entries.delete(name);
      if (before === FOLDER) this.#lose(path);
      else this.#options.onEvent("unlink", path);
    } else if (isFolder) {
      watched.entries.set(name, FOLDER);
      this.#visit(path, true);
    } else if (before !== now) {
      watched.entries.set(name, now);
      // What the system calls a rename is anything but writing.
      const isWritten = type === "change";
      this.#options.onEvent(before === undefined ? "add" : isWritten ? "change" : "replace", path);
    }
  }

  /** A folder has gone. What is wanted of it may come back, and is waited for where that would be seen. */
  #lose(folder: string): void {
    this.#leave(folder);
    for (const wanted of this.#wanted)
      if (isWithin(wanted, folder) || isWithin(folder, wanted)) this.#begin(wanted, true);
  }

  /** Lets go of a folder and of those in it, and tells that their files are gone. */
  #leave(folder: string): void {
    for (const [path, { watcher, entries }] of this.#folders) {
      if (!isWithin(path, folder)) continue;
      watcher.close();
      this.#folders.delete(path);
      for (const [name, stamp] of entries) if (stamp !== FOLDER) this.#options.onEvent("unlink", join(path, name));
    }
  }
}

/** Whether a path is another one, or lies in it. */
function isWithin(path: string, folder: string): boolean {
  return path === folder || (path.startsWith(folder) && (folder.endsWith(sep) || path[folder.length] === sep));
}

function folderStats(path: string): Stats | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats?.isDirectory() === true ? stats : undefined;
  } catch {
    return undefined;
  }
}

interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

function entriesOf(folder: string): FolderEntry[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      isFolder: entry.isDirectory() || (entry.isSymbolicLink() && folderStats(join(folder, entry.name)) !== undefined),
    }));
  } catch {
    // It has gone meanwhile, or may not be read.
    return [];
  }
}
