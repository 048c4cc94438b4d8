/** Copies an app's translations into its build. */

import { cpSync, existsSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { isLeftover } from "./leftovers.js";

/** What is loaded at run time; the `.po` files that `.mo` files are made of stay behind. */
const loadable = /\.(?:csv|mo)$/;

/** Copies the translations of a folder to the same place below `outdir`, links followed. */
export function copyTranslations(root: string, folder: string | undefined, outdir: string): void {
  if (folder === undefined || !existsSync(folder)) return;
  cpSync(folder, join(outdir, relative(root, folder)), {
    recursive: true,
    dereference: true,
    preserveTimestamps: true,
    filter: (source) => !isLeftover(basename(source)) && (statSync(source).isDirectory() || loadable.test(source)),
  });
}
