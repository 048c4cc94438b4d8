/** `tornado build`: makes of an app's sources one folder that runs with Node alone. */

import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { appEntry } from "../core/app-root.js";
import { TornadoError } from "../core/errors.js";
import { readAppSettings } from "./app-settings.js";
import { sharedOptions, toBuildError } from "./bundler.js";
import { copyTranslations } from "./copy-translations.js";
import { copyStaticFiles, type StaticManifest } from "./static-manifest.js";
import { templatePlugin, templatesModule } from "./template-plugin.js";
import { ThreadModules } from "./thread-modules.js";
import { aliasesToCoreFiles, compiledFile, packageVersion } from "./tornado-resolver.js";
import { whenInterrupted } from "./work-folder.js";

export interface BuildAppOptions {
  /** Absolute path of the app's root. */
  readonly root: string;
  /** Absolute path of the folder to make; what a build before has left there is replaced. */
  readonly outdir: string;
  readonly minify?: boolean;
  /** Start options of the app's tornado.config.ts, which the built server takes as its defaults. */
  readonly startOptions?: Readonly<Record<string, unknown>>;
}

export interface BuiltFiles {
  /** Paths of all files, relative to the folder, with forward slashes, sorted. */
  readonly files: readonly string[];
}

const serverModuleName = "tornado:server";
const appModuleName = "tornado:app";

/**
 * Builds an app. Nothing is changed in `outdir` before everything is done: a build that fails leaves the one before.
 *
 * @throws {BuildError} when a source or a template is wrong.
 * @throws TornadoError `OUTDIR_NOT_OURS` when the folder holds something else than a build.
 */
export async function buildApp(options: BuildAppOptions): Promise<BuiltFiles> {
  const { root, outdir } = options;
  refuseForeignFolder(outdir);
  const settings = await readAppSettings(root);
  mkdirSync(dirname(outdir), { recursive: true });
  // Beside the folder and not in the system's temporary one: only within a file system a rename is one step.
  const work = mkdtempSync(join(dirname(outdir), `.${basename(outdir)}-`));
  const discard = () => rmSync(work, { recursive: true, force: true });
  const stopWatching = whenInterrupted(discard);
  try {
    const manifest = copyStaticFiles(root, inside(root, settings.staticPath), work);
    for (const folder of settings.translationFolders) copyTranslations(root, inside(root, folder), work);
    const templates = templatePlugin(root, { ...settings, templatePath: inside(root, settings.templatePath) ?? "" });
    await bundle(options, work, [templates, serverPlugin(options, manifest)]);
    const parts = readdirSync(work).filter((name) => partName.test(name));
    const packageJson = { private: true, type: "module", tornado: packageVersion, parts };
    writeFileSync(join(work, "package.json"), `${JSON.stringify(packageJson, null, 2)}\n`);
    const files = filesOf(work);
    keepParts(outdir, work);
    // Temporary folders are for their owner only; what is deployed is often run by somebody else.
    chmodSync(work, 0o777 & ~process.umask());
    replace(outdir, work);
    return { files };
  } finally {
    discard();
    stopWatching();
  }
}

async function bundle({ root, minify = false }: BuildAppOptions, outdir: string, plugins: Plugin[]): Promise<void> {
  const options = {
    ...sharedOptions,
    absWorkingDir: root,
    outdir,
    minify,
    sourcemap: true,
    // Every worker reads the maps: the sources themselves would take more memory than all the rest of them.
    sourcesContent: false,
    alias: aliasesToCoreFiles(),
    loader: { ".node": "copy" },
    // Packages in CommonJS expect these three; an app's own names may be the same ones, and win where they are declared.
    banner: { js: commonJsNames },
    define: { __filename: "__tornadoFilename", __dirname: "__tornadoDirname" },
  } satisfies BuildOptions;
  const threadModules = new ThreadModules(options);
  await build({
    ...options,
    entryPoints: { server: serverModuleName },
    chunkNames: "app-[hash]",
    splitting: true,
    plugins: [...plugins, threadModules.plugin()],
  }).catch((error: unknown) => Promise.reject(toBuildError(error)));
  for (const { name, contents } of threadModules.parts.values()) writeFileSync(join(outdir, name), contents);
}

const commonJsNames = [
  'import { createRequire as __tornadoCreateRequire } from "node:module";',
  "const require = __tornadoCreateRequire(import.meta.url);",
  "const __tornadoFilename = import.meta.filename ?? require('node:url').fileURLToPath(import.meta.url);",
  "const __tornadoDirname = require('node:path').dirname(__tornadoFilename);",
].join("\n");

/** Answers for the two modules that no file holds: the program, and the app with what was prepared for it. */
function serverPlugin({ root, startOptions = {} }: BuildAppOptions, manifest: StaticManifest): Plugin {
  const modules: Record<string, string> = {
    [serverModuleName]: serverModule(startOptions),
    [appModuleName]: appModule(appEntry(root), manifest),
  };
  return {
    name: "tornado-server",
    setup(build) {
      build.onResolve({ filter: /^tornado:(?:server|app)$/ }, ({ path }) => ({ path, namespace: "tornado" }));
      build.onLoad({ filter: /^tornado:(?:server|app)$/, namespace: "tornado" }, ({ path }) => ({
        contents: modules[path]!,
        resolveDir: root,
      }));
    },
  };
}

/** The app itself is imported only when it is served: a supervisor has no use for it. */
function serverModule(startOptions: Readonly<Record<string, unknown>>): string {
  const from = (path: string) => JSON.stringify(compiledFile(path));
  return `
import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { runBuiltServer } from ${from("production/run-built-server.js")};
import { start as startApp } from ${from("production/start.js")};

const entry = fileURLToPath(import.meta.url);
const root = dirname(entry);
export const app = {
  root,
  entry,
  startOptions: ${JSON.stringify(startOptions)},
  async load() {
    // Stack traces in the log name the app's own files and lines.
    process.setSourceMapsEnabled(true);
    return (await import(${JSON.stringify(appModuleName)})).load(root);
  },
};
export const start = (options) => startApp(options, app);

const isProgram = process.argv[1] !== undefined && realpathSync(process.argv[1]) === realpathSync(entry);
if (isProgram) await runBuiltServer(app, process.argv.slice(2));
`;
}

function appModule(entry: string, manifest: StaticManifest): string {
  return `
import { makeApp } from ${JSON.stringify(entry)};
import { templates } from ${JSON.stringify(templatesModule)};
import { configureRuntime } from ${JSON.stringify(compiledFile("core/runtime.js"))};

const staticVersions = ${JSON.stringify(manifest, null, 2)};

export function load(root) {
  const base = root.replaceAll("\\\\", "/") + "/";
  const absolute = (values) => new Map(Object.entries(values).map(([path, value]) => [base + path, value]));
  configureRuntime({ appRoot: root, templates: absolute(templates), staticVersions: absolute(staticVersions) });
  return { makeApp };
}
`;
}

/** A folder outside the app's root cannot be part of what is made of it. */
function inside(root: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const below = relative(root, path);
  return below === "" || below.startsWith("..") || isAbsolute(below) ? undefined : path;
}

function refuseForeignFolder(outdir: string): void {
  if (!existsSync(outdir) || existsSync(join(outdir, "server.js")) || readdirSync(outdir).length === 0) return;
  throw new TornadoError(
    "OUTDIR_NOT_OURS",
    `"${outdir}" holds files that no build has made. Empty it, or choose another --outdir.`,
  );
}

/** Files of a bundle that carry the hash of their content: chunks, their maps, and what a loader copied. */
const partName = /^[\w.-]+-[A-Z0-9]{8}\.[\w.]+$/;

/**
 * Keeps the parts of the build before for as long as this one is the newest: workers of it that serve until they are
 * reloaded may come to a dynamic `import()` for the first time.
 */
function keepParts(outdir: string, work: string): void {
  for (const name of partsOf(outdir)) {
    const kept = join(outdir, name);
    if (existsSync(kept) && !existsSync(join(work, name))) copyFileSync(kept, join(work, name));
  }
}

function partsOf(outdir: string): string[] {
  try {
    const { parts } = JSON.parse(readFileSync(join(outdir, "package.json"), "utf8")) as { parts: string[] };
    return parts.filter((name) => partName.test(name));
  } catch {
    // No build before, or one that did not say.
    return [];
  }
}

function replace(outdir: string, work: string): void {
  const old = `${work}-old`;
  const hasOld = existsSync(outdir);
  if (hasOld) renameSync(outdir, old);
  renameSync(work, outdir);
  if (hasOld) rmSync(old, { recursive: true, force: true });
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}
