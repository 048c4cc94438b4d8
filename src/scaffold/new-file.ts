/** Writes files that must not be there yet, and tells of everything made, so that it can be taken away again. */

import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** What a new file holds. */
export interface NewFileContent {
  readonly content: Buffer | string;
  /** Permissions, where they are not what the system gives a new file. */
  readonly mode?: number;
}

/**
 * Writes a file and the folders that it needs, and tells of each thing as soon as it is there.
 *
 * @throws The error of the file system as it is: `EEXIST` when something has that path already.
 */
export function writeNewFile(path: string, file: NewFileContent, made: (path: string) => void): void {
  makeFolders(dirname(path), made);
  // "wx" fails on a file that is there, so that nothing is ever overwritten.
  const descriptor = openSync(path, "wx", file.mode ?? 0o666);
  made(path);
  try {
    writeFileSync(descriptor, file.content);
  } finally {
    closeSync(descriptor);
  }
}

/** One at a time: a recursive `mkdir` that fails in the middle does not say what it has made. */
export function makeFolders(folder: string, made: (path: string) => void): void {
  if (existsSync(folder)) return;
  makeFolders(dirname(folder), made);
  mkdirSync(folder);
  made(folder);
}

/** Takes away a file, or a folder with all that is in it. Never throws: the error that led here is the one to report. */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  } catch {
    // What is left is found by the next run, which names it.
  }
}
