/** Does what a generator asked for: all of it, or nothing. */

import { lstatSync, readFileSync, realpathSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { TornadoError } from "../../core/errors.js";
import { explainFileError } from "../file-errors.js";
import { removeTree, writeNewFile } from "../new-file.js";
import type { Generation } from "./generation.js";

/**
 * Refuses a generation whose files are there already.
 *
 * @throws TornadoError `FILE_EXISTS`.
 */
export function refuseOverwriting(root: string, { created }: Generation): void {
  for (const path of Object.keys(created)) if (isThere(join(root, path))) throw fileExists(path);
}

/** Makes and changes the files. When anything fails, everything is as it was before. */
export function applyGeneration(root: string, generation: Generation): void {
  const undo: (() => void)[] = [];
  let current = "";
  try {
    for (const [path, content] of Object.entries(generation.created)) {
      current = path;
      writeNewFile(join(root, path), { content }, (made) => undo.push(() => removeTree(made)));
    }
    for (const [path, content] of Object.entries(generation.changed)) {
      current = path;
      undo.push(replaceFile(join(root, path), content));
    }
  } catch (thrown) {
    for (const step of undo.reverse()) step();
    if ((thrown as NodeJS.ErrnoException).code === "EEXIST") throw fileExists(current, thrown);
    throw explainFileError(thrown, join(root, current));
  }
}

/** Renames a complete copy over the file, so that nobody ever reads half of it. Gives what brings the old one back. */
function replaceFile(path: string, content: string | Buffer): () => void {
  // Of a symbolic link, what it leads to is changed.
  const file = realpathSync(path);
  const { mode } = statSync(file);
  const before = readFileSync(file);
  const put = (bytes: string | Buffer) => {
    const copy = `${file}.making-${process.pid}`;
    try {
      writeNewFile(copy, { content: bytes, mode: mode & 0o777 }, () => {});
      renameSync(copy, file);
    } catch (thrown) {
      removeTree(copy);
      throw thrown;
    }
  };
  put(content);
  return () => put(before);
}

function isThere(path: string): boolean {
  // Not existsSync, which does not see a symbolic link that leads nowhere.
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function fileExists(path: string, cause?: unknown): TornadoError {
  const message = `"${path}" is there already. Choose another name, or move it away.`;
  return new TornadoError("FILE_EXISTS", message, { cause });
}
