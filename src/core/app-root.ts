/** Finds the app that a command is about: the nearest folder upwards that holds a package.json and an entry file. */

import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { TornadoError } from "./errors.js";

/** Where an app's `makeApp` may stand, relative to its root; the first that exists counts. */
const ENTRY_FILES = ["src/app.ts", "src/app.mts", "src/app.js", "src/app.mjs"] as const;

/**
 * Finds the root of the app that `from` lies in.
 *
 * @throws TornadoError `NO_APP` when no folder upwards is an app.
 */
export function findAppRoot(from: string): string {
  const start = resolve(from);
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json")) && entryIn(folder) !== undefined) return folder;
    if (folder === dirname(folder)) break;
  }
  throw new TornadoError(
    "NO_APP",
    `No Tornado app in "${start}" or above it: an app has a package.json and a src/app.ts. ` +
      `Change to an app's folder, or make one with "create-tornado-app".`,
  );
}

/**
 * Gives the absolute path of the file that exports `makeApp`.
 *
 * @throws TornadoError `NO_APP` when the folder holds none.
 */
export function appEntry(root: string): string {
  const entry = entryIn(root);
  if (entry !== undefined) return entry;
  throw new TornadoError("NO_APP", `"${root}" has no ${ENTRY_FILES[0]}. Add one that exports makeApp().`);
}

function entryIn(folder: string): string | undefined {
  return ENTRY_FILES.map((file) => join(folder, file)).find((file) => existsSync(file));
}
