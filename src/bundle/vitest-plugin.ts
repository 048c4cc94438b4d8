/**
 * The Vitest plugin of every app: lowers standard decorators, which Node does not know and Vite leaves as they are; compiles
 * templates and the modules of threads ahead of the tests, as `tornado build` does; and lets `testApp` find the runner's hooks.
 */

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { transform } from "esbuild";
import { findAppRoot } from "../core/app-root.js";
import { testedTemplates } from "../core/template/generated-frames.js";
import { type BuildSettings, readAppSettings } from "./app-settings.js";
import { BuildError } from "./build-error.js";
import { sharedOptions } from "./bundler.js";
import { compileTemplates } from "./compile-templates.js";
import { compiledFile } from "./tornado-resolver.js";
import { writeThreadModules } from "./write-thread-modules.js";

/** As much of an app's vitest.config.ts as is needed. */
interface UserConfig {
  readonly root?: string;
  readonly test?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

/** As much of Vite's plugin interface as is needed; the app brings Vite, this package does not. */
export interface VitePlugin {
  readonly name: string;
  readonly enforce: "pre";
  config(config: UserConfig): {
    readonly test: { readonly globals: true; readonly setupFiles: string[] };
  };
  resolveId(id: string): string | undefined;
  load(this: { addWatchFile(path: string): void }, id: string): Promise<string> | undefined;
  transform(this: object, code: string, id: string): Promise<{ code: string; map: string } | undefined>;
}

/** A setup file that is nowhere on the disk: it gives an app its compiled templates before a test file is run. */
const setupFile = testedTemplates;
const typeScript = /\.[cm]?tsx?$/;
/** An `@name` where a statement or member may begin. What looks like one in a text costs a transformation, no more. */
const decorator = /(?:^|[;{}]|\bexport(?:\s+default)?)[ \t]*@[A-Za-z_$(]/m;

/** Makes the plugin, for the `plugins` of an app's vitest.config.ts. */
export function tornado(): VitePlugin {
  let root = "";
  let environment: Readonly<Record<string, string | undefined>> = {};
  return {
    name: "tornado",
    enforce: "pre",
    // Only global hooks can be found without importing Vitest: they start the app before the tests, and end it after them.
    config(config) {
      root = appRootAt(resolve(config.root ?? process.cwd()));
      environment = { ...process.env, ...config.test?.env };
      return { test: { globals: true, setupFiles: root === "" ? [] : [join(root, setupFile)] } };
    },
    resolveId: (id) => (root !== "" && id.endsWith(setupFile) ? join(root, setupFile) : undefined),
    load(id) {
      if (root === "" || id !== join(root, setupFile)) return undefined;
      return templateSetup(root, environment, (path) => this.addWatchFile(path));
    },
    async transform(code, id) {
      const file = id.split("?", 1)[0]!;
      if (!typeScript.test(file) || id.includes("/node_modules/")) return undefined;
      const source = root === "" ? code : await writeThreadModules(root, file, code, watchIn(this));
      if (source === code && !decorator.test(code)) return undefined;
      const { code: lowered, map } = await transform(source, {
        loader: file.endsWith("x") ? "tsx" : "ts",
        target: sharedOptions.target,
        format: "esm",
        keepNames: true,
        sourcemap: "external",
        sourcefile: file,
        sourcesContent: true,
      });
      return { code: lowered, map };
    },
  };
}

/** Vite's context of a call is there in Vite alone. */
function watchIn(context: object): (path: string) => void {
  const { addWatchFile } = context as { addWatchFile?(path: string): void };
  return (path) => addWatchFile?.call(context, path);
}

/** The folder itself if it is an app's root, or nothing: a package with plugins of its own may be tested as well. */
function appRootAt(folder: string): string {
  if (!existsSync(join(folder, "package.json"))) return "";
  try {
    return findAppRoot(folder) === folder ? folder : "";
  } catch {
    return "";
  }
}

/** Writes the setup file. Throws the first error of a template, for there would be no build either. */
async function templateSetup(
  root: string,
  environment: Readonly<Record<string, string | undefined>>,
  watch: (path: string) => void,
): Promise<string> {
  const settings = await readAppSettings(root, environment).catch((error: unknown): BuildSettings => {
    // The tests that import what cannot be bundled say so themselves, and others need not fail for it.
    if (error instanceof BuildError) return { templatePath: join(root, "templates"), translationFolders: [] };
    throw error;
  });
  const { contents, errors, files } = compileTemplates(root, settings);
  for (const file of files) watch(file);
  if (errors[0] !== undefined) throw errors[0];
  const configure = `import { configureRuntime } from ${JSON.stringify(compiledFile("core/runtime.js"))};\n`;
  const appRoot = JSON.stringify(root);
  if (files.length === 0) return `${configure}configureRuntime({ appRoot: ${appRoot} });\n`;
  const base = JSON.stringify(`${root.replaceAll("\\", "/")}/`);
  return `${configure}${contents}
const byPath = new Map(Object.entries(templates).map(([path, template]) => [${base} + path, template]));
configureRuntime({ appRoot: ${appRoot}, templates: byPath });
`;
}
