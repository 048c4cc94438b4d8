/** Compiles all templates of an app to one JavaScript module, for a build and for its tests. */

import { existsSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { ParseError } from "../core/template/errors.js";
import { AheadOfTimeCompiler } from "../core/template/precompiled.js";
import type { BuildSettings } from "./app-settings.js";
import { isLeftover } from "./leftovers.js";

/** What became of an app's templates. */
export interface CompiledTemplates {
  /** A module that exports `templates`: an object by path relative to the app's root. */
  readonly contents: string;
  readonly errors: readonly ParseError[];
  /** Absolute paths of all template files. */
  readonly files: readonly string[];
}

/** Compiles every template of the folder that the settings name; one that is wrong does not hide another. */
export function compileTemplates(root: string, settings: BuildSettings): CompiledTemplates {
  const { templatePath, templateWhitespace } = settings;
  const entries: string[] = [];
  const errors: ParseError[] = [];
  const names = templateNames(templatePath);
  const compiler = new AheadOfTimeCompiler({ root: templatePath ?? root, whitespace: templateWhitespace });
  for (const name of names) {
    const path = relative(root, join(templatePath!, name)).split(sep).join("/");
    try {
      const { code } = compiler.compile(name);
      entries.push(`  ${JSON.stringify(path)}: ${code},`);
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      errors.push(error);
    }
  }
  const contents = `export const templates = {\n${entries.join("\n")}\n};\n`;
  return { contents, errors, files: names.map((name) => join(templatePath!, name)) };
}

/** Names of all templates, sorted, so that the same sources make the same bundle. */
export function templateNames(folder: string | undefined): string[] {
  if (folder === undefined || !existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !isLeftover(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}
