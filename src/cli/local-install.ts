/**
 * Hands a command over to the app's own installed copy of this package.
 *
 * An app and the program that runs it must share one framework: with two, `instanceof` fails between them, and a global
 * program of another version would serve what the app was not written for.
 */

import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { findAppRoot } from "../core/app-root.js";
import { packageRoot } from "./own-package.js";

/** Set before another copy is loaded, so that it does not hand over again. */
const HANDED_OVER = Symbol.for("tornado.cli.handedOver");

/**
 * Finds the launcher of the copy that the app around `folder` has installed.
 *
 * @returns `undefined` when there is no app, when it has installed none, or when that is this copy.
 */
export function localLauncher(folder: string, ownRoot: string = packageRoot): string | undefined {
  const installed = installedPackage(folder);
  if (installed === undefined || installed === ownRoot) return undefined;
  const launcher = join(installed, "bin", "tornado.js");
  // A checkout that is not built yet cannot take over.
  return existsSync(launcher) && existsSync(join(installed, "dist", "cli", "tornado.js")) ? launcher : undefined;
}

/** Runs the app's own copy, if it is another one. It reads the same arguments, and ends the process. */
export async function handOverToLocalInstall(): Promise<boolean> {
  const flags = globalThis as { [HANDED_OVER]?: true };
  if (flags[HANDED_OVER]) return false;
  const folder = currentFolderIfAny();
  const launcher = folder === undefined ? undefined : localLauncher(folder);
  if (launcher === undefined) return false;
  flags[HANDED_OVER] = true;
  await import(pathToFileURL(launcher).href);
  return true;
}

/** The folder may have been removed; the command itself then says so. */
function currentFolderIfAny(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

function installedPackage(folder: string): string | undefined {
  try {
    return realpathSync(join(findAppRoot(folder), "node_modules", "tornado"));
  } catch {
    return undefined;
  }
}
