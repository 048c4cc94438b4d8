/** Finds the tsconfig.json that counts for a source, as esbuild does: the nearest one upwards, with what it extends. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";

const names = ["tsconfig.json", "jsconfig.json"];
const extended = /^"extends"\s*:\s*("[^"\n]*"|\[[^\]]*\])/;

/** The configurations of the sources of one build; each folder is looked at once. */
export class SourceConfigurations {
  readonly #byFolder = new Map<string, string | undefined>();

  /** Gives the absolute path of the configuration for a file, if it has one. */
  of(file: string): string | undefined {
    const folder = dirname(file);
    if (!this.#byFolder.has(folder)) this.#byFolder.set(folder, this.#nearest(folder));
    return this.#byFolder.get(folder);
  }

  /** Gives all files that say something for these sources. */
  filesFor(sources: Iterable<string>): string[] {
    const found = new Set<string>();
    for (const source of sources) {
      const configuration = this.of(source);
      if (configuration !== undefined && !found.has(configuration)) addWithExtended(configuration, found);
    }
    return [...found];
  }

  #nearest(folder: string): string | undefined {
    const own = names.map((name) => join(folder, name)).find((path) => existsSync(path));
    return own ?? (dirname(folder) === folder ? undefined : this.of(folder));
  }
}

/** What a package provides is not looked at: nobody edits it. */
function addWithExtended(configuration: string, found: Set<string>): void {
  if (found.has(configuration)) return;
  found.add(configuration);
  const text = textOf(configuration);
  const value = extended.exec(text.slice(Math.max(0, text.indexOf('"extends"'))))?.[1] ?? "";
  for (const [, specifier] of value.matchAll(/"([^"\n]*)"/g)) {
    if (!/^\.{0,2}\//.test(specifier!) && !isAbsolute(specifier!)) continue;
    const path = resolve(dirname(configuration), specifier!);
    addWithExtended(path.endsWith(".json") ? path : `${path}.json`, found);
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // The bundler complains about it.
    return "";
  }
}
