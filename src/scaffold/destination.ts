/** Where the files of a new app go, and how to take them away again when something fails. */

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { TornadoError } from "../core/errors.js";
import type { AppFile } from "./app-files.js";
import { explainFileError } from "./file-errors.js";
import { makeFolders, removeTree, writeNewFile } from "./new-file.js";
import { INSTALL_TRACES } from "./package-manager.js";
import type { Target } from "./target.js";

/** A place that becomes an app all at once, or is left as it was. */
export interface Destination {
  /** Where files are written, packages installed and git works. */
  readonly folder: string;
  write(files: readonly AppFile[]): void;
  /** Makes the app visible at its own path. */
  complete(): void;
  /** Takes away everything that was made. Never throws. */
  undo(): void;
}

/** Opens the destination that suits `target`: a new folder, or one that is there. */
export function openDestination(target: Target): Destination {
  return target.exists ? new ExistingFolder(target.folder) : new NewFolder(target.folder);
}

/** Makes the app in a temporary sibling, on the same disk, so that one rename completes it. */
class NewFolder implements Destination {
  readonly folder: string;
  readonly #target: string;
  /** Folders that had to be made for the target to stand in, the topmost first. */
  readonly #newParents: string[] = [];

  constructor(target: string) {
    this.#target = target;
    const parent = dirname(target);
    try {
      makeFolders(parent, (folder) => this.#newParents.push(folder));
      // Not mkdtemp: its folders are closed to everybody else, and this one becomes the app's.
      this.folder = join(parent, `.${basename(target)}.making-${randomBytes(6).toString("hex")}`);
      mkdirSync(this.folder);
    } catch (thrown) {
      removeEmptyFolders(this.#newParents);
      throw explainFileError(thrown, parent);
    }
  }

  write(files: readonly AppFile[]): void {
    const parent = dirname(this.#target);
    for (const file of files) {
      writeNew(join(this.folder, file.path), file, parent, () => {});
    }
  }

  complete(): void {
    try {
      renameSync(this.folder, this.#target);
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      if (code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOTDIR") {
        const message = `"${this.#target}" was made by somebody else in the meantime. Choose another name.`;
        throw new TornadoError("FOLDER_NOT_EMPTY", message, { cause: thrown });
      }
      throw explainFileError(thrown, this.#target);
    }
  }

  undo(): void {
    removeTree(this.folder);
    removeEmptyFolders(this.#newParents);
  }
}

/**
 * Makes the app among what is there, and keeps a journal of it.
 *
 * A temporary sibling would not do: the folder may be a disk of its own, or the one that the person's shell stands in.
 */
class ExistingFolder implements Destination {
  readonly folder: string;
  readonly #made: string[] = [];
  readonly #traces: readonly string[];

  constructor(target: string) {
    this.folder = target;
    this.#traces = [...INSTALL_TRACES, ".git"].map((name) => join(target, name)).filter((path) => !existsSync(path));
  }

  write(files: readonly AppFile[]): void {
    for (const file of files) {
      writeNew(join(this.folder, file.path), file, this.folder, (path) => this.#made.push(path));
    }
  }

  complete(): void {}

  undo(): void {
    for (const path of [...this.#made.reverse(), ...this.#traces]) removeTree(path);
  }
}

function writeNew(path: string, file: AppFile, explained: string, made: (path: string) => void): void {
  try {
    writeNewFile(path, file, made);
  } catch (thrown) {
    throw explainFileError(thrown, explained);
  }
}

function removeEmptyFolders(folders: readonly string[]): void {
  try {
    for (const folder of folders.toReversed()) rmdirSync(folder);
  } catch {
    // Somebody else uses it by now.
  }
}
