/** Reads the sources that an error shows: code and templates of the app, never another file, whatever a trace names. */

import { readFileSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, relative, sep } from "node:path";
import { packageRoot } from "../bundle/tornado-resolver.js";
import type { SourceReader } from "./error-report.js";

const code = /\.(?:[cm]?[jt]s|[jt]sx)$/;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Makes the reader of one app.
 *
 * A trace is text, and what a client sent may stand in it in the form of frames. So a file is shown only if it lies in the app's root, or
 * in the framework, symbolic links followed; if no part of its path is hidden, as `.env` is; and if it is code. A template may have any
 * name: its places are told by the framework and not by a text.
 *
 * @param appRoot - Absolute path.
 */
export function shownSources(appRoot: string): SourceReader {
  return (file, owner) => {
    if (owner !== "template" && !code.test(file)) return undefined;
    try {
      const real = realpathSync(file);
      if (!isInside(real, realpathSync(appRoot)) && !isInside(real, realpathSync(packageRoot))) return undefined;
      const stats = statSync(real);
      return stats.isFile() && stats.size <= MAX_BYTES ? readFileSync(real, "utf8") : undefined;
    } catch {
      // Not there, or not to be read: the frame is shown without its code.
      return undefined;
    }
  };
}

function isInside(file: string, folder: string): boolean {
  const path = relative(folder, file);
  if (path === "" || path === ".." || path.startsWith(`..${sep}`) || isAbsolute(path)) return false;
  const names = path.split(sep);
  const packagesAt = names.indexOf("node_modules");
  // Some package managers keep packages in a hidden folder.
  return !(packagesAt === -1 ? names : names.slice(0, packagesAt)).some((name) => name.startsWith("."));
}
