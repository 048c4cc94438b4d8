/** Imports one TypeScript module of an app, such as its tornado.config.ts, into this process. */

import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { sharedOptions, toBuildError } from "./bundler.js";
import { aliasesToCoreUrls } from "./tornado-resolver.js";
import { removeWorkFolder } from "./work-folder.js";

/**
 * Bundles the module with the files it imports, and imports the result. Packages are found from where the module lies.
 *
 * @throws {BuildError} when it cannot be compiled; what its own code throws otherwise.
 */
export async function importTypeScript(path: string): Promise<Record<string, unknown>> {
  const folder = join(dirname(path), ".tornado", `import-${process.pid}`);
  const built = await build({
    ...sharedOptions,
    absWorkingDir: dirname(path),
    entryPoints: [path],
    packages: "external",
    alias: aliasesToCoreUrls(),
    external: ["file:///*"],
    sourcemap: "inline",
    write: false,
  }).catch((error: unknown) => Promise.reject(toBuildError(error)));
  const file = join(folder, `${basename(path)}.mjs`);
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(file, built.outputFiles[0]!.contents);
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } finally {
    removeWorkFolder(folder);
  }
}
