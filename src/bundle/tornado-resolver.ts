/** Says which file of this package an import of `tornado` or `tornado/…` means, so that an app runs with no node_modules. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Root of this package. The compiled file and its source lie equally deep, so that both find it. */
export const packageRoot = fileURLToPath(new URL("../../", import.meta.url));

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

const packageJson = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as PackageJson;

/** Version of this package, as the banner and the error page show it. */
export const packageVersion = packageJson.version;

/** Every entry point an app can import, such as `tornado/web`, with the absolute path of its compiled file. */
export const entryPoints: ReadonlyMap<string, string> = new Map(
  Object.entries(packageJson.exports).flatMap(([subpath, target]): [string, string][] => {
    if (typeof target === "string") return [];
    return [[`tornado${subpath.slice(1)}`, join(packageRoot, target.default)]];
  }),
);

/** Absolute path of a compiled file of this package, given as a path below `dist`. */
export function compiledFile(path: string): string {
  return join(packageRoot, "dist", path);
}

/**
 * Makes esbuild's `alias` table for an app whose bundle imports the core from where it lies.
 *
 * An alias and not a plugin: 200 files that import `tornado/web` would cost 200 round trips at every rebuild.
 */
export function aliasesToCoreUrls(): Record<string, string> {
  return Object.fromEntries([...entryPoints].map(([name, file]) => [name, pathToFileURL(file).href]));
}

/** Makes esbuild's `alias` table for an app whose bundle contains the core. */
export function aliasesToCoreFiles(): Record<string, string> {
  return Object.fromEntries([...entryPoints].map(([name, file]) => [name, file.replaceAll("\\", "/")]));
}

/**
 * Finds the specifier that an aliased but unknown entry point was written as.
 *
 * esbuild replaces the beginning of `tornado/unknown` by the alias of `tornado`, which leaves a path below a file.
 *
 * @returns The specifier as the app wrote it, or `undefined` when the import is anything else.
 */
export function unknownEntryPoint(importedPath: string): string | undefined {
  for (const [name, file] of entryPoints) {
    for (const written of [pathToFileURL(file).href, file.replaceAll("\\", "/")]) {
      if (importedPath.startsWith(`${written}/`)) return name + importedPath.slice(written.length);
    }
  }
  return undefined;
}
