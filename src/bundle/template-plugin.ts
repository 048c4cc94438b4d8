/** Compiles an app's templates into its bundle, so that production reads no template and needs no `eval`. */

import { readFileSync } from "node:fs";
import { relative } from "node:path";
import type { PartialMessage, Plugin } from "esbuild";
import type { ParseError } from "../core/template/errors.js";
import { builtTemplates } from "../core/template/generated-frames.js";
import type { BuildSettings } from "./app-settings.js";
import { compileTemplates } from "./compile-templates.js";

/** What the bundle imports to get the templates: an object by path relative to the app's root. */
export const templatesModule = builtTemplates;

/** Makes esbuild's plugin that answers {@link templatesModule}. */
export function templatePlugin(root: string, settings: BuildSettings): Plugin {
  return {
    name: "tornado-templates",
    setup(build) {
      build.onResolve({ filter: /^tornado:templates$/ }, ({ path }) => ({ path, namespace: "tornado" }));
      build.onLoad({ filter: /^tornado:templates$/, namespace: "tornado" }, () => {
        const { contents, errors } = compileTemplates(root, settings);
        return { contents, errors: errors.map((error) => problem(root, error)) };
      });
    },
  };
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
