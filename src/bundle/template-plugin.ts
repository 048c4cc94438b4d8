/** Compiles an app's templates into its bundle, so that production reads no template and needs no `eval`. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { PartialMessage, Plugin } from "esbuild";
import { ParseError } from "../core/template/errors.js";
import { compileTemplateToSource } from "../core/template/precompiled.js";
import type { BuildSettings } from "./app-settings.js";
import { isLeftover } from "./leftovers.js";

/** What the bundle imports to get the templates: an object by path relative to the app's root. */
export const templatesModule = "tornado:templates";

/** Makes esbuild's plugin that answers {@link templatesModule}. */
export function templatePlugin(root: string, settings: BuildSettings): Plugin {
  return {
    name: "tornado-templates",
    setup(build) {
      build.onResolve({ filter: /^tornado:templates$/ }, ({ path }) => ({ path, namespace: "tornado" }));
      build.onLoad({ filter: /^tornado:templates$/, namespace: "tornado" }, () => compileAll(root, settings));
    },
  };
}

function compileAll(root: string, settings: BuildSettings): { contents: string; errors: PartialMessage[] } {
  const { templatePath, autoescape, templateWhitespace } = settings;
  const entries: string[] = [];
  const errors: PartialMessage[] = [];
  for (const name of templateNames(templatePath)) {
    const path = relative(root, join(templatePath!, name)).split(sep).join("/");
    try {
      const options = { ...(autoescape === undefined ? {} : { autoescape }), whitespace: templateWhitespace };
      const { code } = compileTemplateToSource({ root: templatePath!, name, ...options });
      entries.push(`  ${JSON.stringify(path)}: ${code},`);
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      errors.push(problem(root, error));
    }
  }
  return { contents: `export const templates = {\n${entries.join("\n")}\n};\n`, errors };
}

/** Names of all templates, sorted, so that the same sources make the same bundle. */
function templateNames(folder: string | undefined): string[] {
  if (folder === undefined || !existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !isLeftover(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

function problem(root: string, { reason, file, line, column, lineText }: ParseError): PartialMessage {
  const text = lineText ?? readFileSync(file, "utf8").split(/\r?\n/)[line - 1] ?? "";
  const location = {
    file: relative(root, file),
    line,
    // esbuild counts bytes.
    column: Buffer.byteLength(text.slice(0, column - 1)),
    lineText: text,
  };
  return { text: reason, location };
}
