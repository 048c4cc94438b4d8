/** Lets code that no bundle holds, such as a test, start an app's TypeScript modules in threads. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { sharedOptions, toBuildError } from "./bundler.js";
import { hasUnbuiltThreadModule, ThreadModules } from "./thread-modules.js";
import { aliasesToCoreUrls } from "./tornado-resolver.js";

/** Below the app's root, where Node finds its packages. Names change with the content: no run is in the way of another. */
const folderName = join(".tornado", "threads");

/**
 * Builds the modules that a source names, and writes them.
 *
 * @param watch - Called with each file that they are made of.
 * @returns The source with their URLs, or as it was when it names none.
 * @throws {BuildError} when one cannot be built.
 */
export async function writeThreadModules(
  root: string,
  path: string,
  source: string,
  watch: (file: string) => void,
): Promise<string> {
  if (!hasUnbuiltThreadModule(source, new Map())) return source;
  const folder = join(root, folderName);
  const modules = new ThreadModules({
    ...sharedOptions,
    absWorkingDir: root,
    outdir: folder,
    packages: "external",
    alias: aliasesToCoreUrls(),
    external: ["file:///*"],
    sourcemap: "linked",
    outExtension: { ".js": ".mjs" },
  });
  const rewritten = await modules
    .rewrite(path, source, `${pathToFileURL(folder).href}/`)
    .catch((error: unknown) => Promise.reject(toBuildError(error)));
  if (modules.parts.size === 0) return source;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(root, ".tornado", ".gitignore"), "*\n");
  for (const { name, contents } of modules.parts.values()) writeFileSync(join(folder, name), contents);
  for (const input of modules.inputs) watch(input);
  return rewritten;
}
