/** Loads an app's optional tornado.config.ts, whose default export holds a section of options for each command. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { TornadoError, toError } from "../core/errors.js";
import { CONFIG_SECTIONS } from "./command-options.js";
import { refuseUnknownKeys } from "./parse-options.js";

const CONFIG_FILES = ["tornado.config.ts", "tornado.config.mts", "tornado.config.js", "tornado.config.mjs"] as const;

/** What the file says. */
export interface ConfigFile {
  readonly name: string;
  /** Options by the name of their section: `dev`, `build` or `start`. */
  readonly sections: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * Loads the file.
 *
 * @returns `undefined` when the app has none, in which case nothing else is loaded.
 * @throws TornadoError `BAD_CONFIG` when it cannot be loaded or exports no object, `BAD_OPTION` for a key that nothing knows.
 */
export async function loadConfigFile(root: string): Promise<ConfigFile | undefined> {
  const name = CONFIG_FILES.find((file) => existsSync(join(root, file)));
  if (name === undefined) return undefined;
  const path = join(root, name);
  let exported: unknown;
  try {
    exported = (await importConfig(path)).default;
  } catch (thrown) {
    throw new TornadoError(
      "BAD_CONFIG",
      `${name} cannot be loaded: ${toError(thrown).message.replace(/ imported from .*/, "")}`,
      { cause: thrown },
    );
  }
  if (!isObject(exported)) {
    throw new TornadoError("BAD_CONFIG", `${name} exports no options. Write: export default { dev: { port: 8000 } };`);
  }
  refuseUnknownKeys(name, exported, Object.keys(CONFIG_SECTIONS));
  for (const [section, values] of Object.entries(exported)) {
    if (!isObject(values)) throw new TornadoError("BAD_CONFIG", `"${section}" in ${name} is not an object of options.`);
    const known = CONFIG_SECTIONS[section]!.map((definition) => definition.name);
    refuseUnknownKeys(`"${section}" in ${name}`, values, known);
  }
  return { name, sections: exported as ConfigFile["sections"] };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Only TypeScript needs esbuild, and so only it loads the bundler. */
async function importConfig(path: string): Promise<{ default?: unknown }> {
  if (!path.endsWith("ts")) return import(pathToFileURL(path).href);
  const { importTypeScript } = await import("../bundle/import-typescript.js");
  return importTypeScript(path);
}
