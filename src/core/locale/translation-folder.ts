/** Where translations lie. Those of an app lie in its root, and a build takes them along from where they were loaded. */

import { statSync } from "node:fs";
import { resolve } from "node:path";
import { TornadoError } from "../errors.js";
import { runtime } from "../runtime.js";

const loaded = new Set<string>();

/**
 * Gives the absolute path of a folder of translations; a relative one lies in the app's root.
 *
 * @throws TornadoError `BAD_TRANSLATIONS` when there is no such folder.
 */
export function translationFolder(directory: string): string {
  const folder = resolve(runtime().appRoot, directory);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new TornadoError(
      "BAD_TRANSLATIONS",
      `There is no folder "${folder}" of translations. Make it, or correct the path that they are loaded from.`,
    );
  }
  loaded.add(folder);
  return folder;
}

/** The folders that translations were loaded from so far, as absolute paths. */
export function translationFolders(): string[] {
  return [...loaded];
}
