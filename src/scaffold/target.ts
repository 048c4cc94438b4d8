/** Looks at the place where an app is to be made, and refuses it with a reason when it cannot be. */

import { accessSync, constants, lstatSync, readdirSync, type Stats, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { TornadoError } from "../core/errors.js";
import { explainFileError } from "./file-errors.js";

/** What stands at the target's path now. */
export interface Target {
  readonly folder: string;
  readonly exists: boolean;
  /** Files of the new app whose place is taken: they stay as they are. */
  readonly kept: readonly string[];
}

/**
 * What a folder may hold without counting as in use: what an editor, a version control system or a new repository of a
 * hosting service puts there first. Such a file still refuses the folder when the app would make one of the same name.
 */
const HARMLESS = new Set([
  ".DS_Store",
  ".devcontainer",
  ".editorconfig",
  ".git",
  ".gitattributes",
  ".github",
  ".gitignore",
  ".gitlab-ci.yml",
  ".hg",
  ".idea",
  ".node-version",
  ".nvmrc",
  ".tool-versions",
  ".vscode",
  "AGENTS.md",
  "CHANGELOG.md",
  "CODE_OF_CONDUCT.md",
  "CONTRIBUTING.md",
  "LICENSE",
  "LICENSE.md",
  "LICENSE.txt",
  "README.md",
  "SECURITY.md",
  "Thumbs.db",
  "docs",
]);

/** How many names a refusal lists. */
const MAX_LISTED = 6;

/**
 * Checks that the files of an app may be put into `folder`.
 *
 * @param files - Relative paths of the new app, with forward slashes.
 * @param force - Accepts a folder in use: what is there is kept, and what is missing is made.
 * @throws TornadoError `FOLDER_NOT_EMPTY`, `NOT_A_FOLDER`, `NOT_WRITABLE`.
 */
export function examineTarget(folder: string, files: readonly string[], force: boolean): Target {
  const stats = statsOf(folder);
  if (stats === undefined) {
    examineParent(folder);
    return { folder, exists: false, kept: [] };
  }
  if (!stats.isDirectory()) {
    throw new TornadoError("NOT_A_FOLDER", `"${folder}" is there already, and is a file. Choose another name.`);
  }
  examineWritable(folder);

  const entries = entriesOf(folder);
  const kept = files.filter((file) => isTaken(folder, file));
  if (!force) {
    const inTheWay = entries.filter((entry) => !HARMLESS.has(entry) || kept.some((file) => topOf(file) === entry));
    if (inTheWay.length > 0) {
      const advice = "Choose another folder, or use --force to keep these and make the rest.";
      throw new TornadoError(
        "FOLDER_NOT_EMPTY",
        `Folder "${folder}" is not empty: it has ${listed(folder, inTheWay)}. ${advice}`,
      );
    }
  }
  for (const file of kept) refuseBlockedFolder(folder, file);
  return { folder, exists: true, kept };
}

/** Follows a symbolic link, as everything later will. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === "ENOENT" && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
      throw new TornadoError("NOT_A_FOLDER", `"${path}" is a symbolic link that leads nowhere. Choose another name.`);
    }
    if (code === "ENOENT") return undefined;
    throw explainFileError(thrown, path);
  }
}

/** The nearest folder upwards that exists must be one that a folder can be made in. */
function examineParent(folder: string): void {
  let parent = dirname(folder);
  while (statsOf(parent) === undefined) parent = dirname(parent);
  if (!statsOf(parent)?.isDirectory()) {
    throw new TornadoError(
      "NOT_A_FOLDER",
      `"${parent}" is a file, so no folder can be made in it. Choose another folder.`,
    );
  }
  examineWritable(parent);
}

function examineWritable(folder: string): void {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (thrown) {
    throw explainFileError(thrown, folder);
  }
}

/**
 * A file's place is taken when something is there, or when one of its folders is anything but a real folder: nothing is
 * written through a symbolic link that leads elsewhere.
 */
function isTaken(folder: string, file: string): boolean {
  const segments = file.split("/");
  for (let count = 1; count <= segments.length; count++) {
    const stats = lstatSync(join(folder, ...segments.slice(0, count)), { throwIfNoEntry: false });
    if (stats === undefined) return false;
    if (!stats.isDirectory()) return true;
  }
  return true;
}

/** A file cannot be kept that is not there: when one of its folders is something else, the app would lack it. */
function refuseBlockedFolder(folder: string, file: string): void {
  const segments = file.split("/").slice(0, -1);
  for (const index of segments.keys()) {
    const path = join(folder, ...segments.slice(0, index + 1));
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined || stats.isDirectory()) continue;
    const what = stats.isSymbolicLink() ? "a symbolic link, and nothing is written through one" : "a file";
    throw new TornadoError("NOT_A_FOLDER", `"${path}" should be a folder of the app, but is ${what}. Move it away.`);
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (thrown) {
    throw explainFileError(thrown, folder);
  }
}

function topOf(file: string): string {
  return file.split("/", 1)[0]!;
}

function listed(folder: string, entries: readonly string[]): string {
  const names = entries
    .slice(0, MAX_LISTED)
    .map((entry) => (lstatSync(join(folder, entry), { throwIfNoEntry: false })?.isDirectory() ? `${entry}/` : entry));
  const more = entries.length - names.length;
  return names.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
