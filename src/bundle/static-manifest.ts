/** Copies an app's static files into its build, and notes their versions, so that production hashes nothing. */

import { cpSync, existsSync, readdirSync, statSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { hashFileSync } from "../core/web/static-version.js";
import { isLeftover } from "./leftovers.js";

/** Hash of each static file's content, by path relative to the app's root, with forward slashes. */
export type StaticManifest = Readonly<Record<string, string>>;

/** Copies the folder to the same place below `outdir`, links followed, and hashes every file. */
export function copyStaticFiles(root: string, staticPath: string | undefined, outdir: string): StaticManifest {
  if (staticPath === undefined || !existsSync(staticPath)) return {};
  const target = join(outdir, relative(root, staticPath));
  cpSync(staticPath, target, {
    recursive: true,
    dereference: true,
    preserveTimestamps: true,
    filter: (source) => !isLeftover(basename(source)),
  });
  const manifest: Record<string, string> = {};
  for (const name of readdirSync(target, { recursive: true, encoding: "utf8" }).sort()) {
    const file = join(target, name);
    if (statSync(file).isFile()) manifest[relative(outdir, file).split(sep).join("/")] = hashFileSync(file);
  }
  return manifest;
}
