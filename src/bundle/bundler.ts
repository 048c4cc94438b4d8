/** Turns an app's sources into one module, again and again and fast: the development half of bundling. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { type BuildContext, type BuildFailure, type BuildOptions, context, type Metafile } from "esbuild";
import { appEntry } from "../core/app-root.js";
import { BuildError, type BuildProblem, problemOf } from "./build-error.js";
import { SourceConfigurations } from "./source-configuration.js";
import { type BundlePart, hasUnbuiltThreadModule, modulesIn, ThreadModules } from "./thread-modules.js";
import { aliasesToCoreUrls, entryPoints, unknownEntryPoint } from "./tornado-resolver.js";

export interface BundlerOptions {
  /** Absolute path of the app's root. */
  readonly root: string;
  /** Absolute path of the folder that the module will be written to; paths in the source map are relative to it. */
  readonly outdir: string;
}

/** One built version of an app. */
export interface BundleResult {
  /** The module, which exports what the app's entry exports. It names no source map; `map` belongs to it. */
  readonly code: Uint8Array;
  /** Its source map, JSON, with the sources inside. */
  readonly map: Uint8Array;
  /** The modules that the app starts in threads. They belong beside it. */
  readonly parts: readonly BundlePart[];
  /** Absolute paths of the app's own files in it, and of the configurations that say how they are read. */
  readonly inputs: readonly string[];
  /** What it imports from outside: URLs of the core, names of packages and of Node's own modules. */
  readonly externals: readonly string[];
  /** What esbuild says of it. */
  readonly metafile: Metafile;
}

/** A bundler that remembers what it parsed. `dispose` ends the process of esbuild that it holds. */
export interface Bundler {
  /** @throws {BuildError} when the sources cannot be built. */
  rebuild(): Promise<BundleResult>;
  dispose(): Promise<void>;
}

/** What development and production builds share. */
export const sharedOptions = {
  bundle: true,
  format: "esm",
  platform: "node",
  // The oldest Node that the package runs on. It also makes esbuild lower standard decorators.
  target: "node20.19",
  // Handlers and UI modules are known by their class names: in logs, on error pages, in templates.
  keepNames: true,
  logLevel: "silent",
  metafile: true,
} satisfies BuildOptions;

/** Creates the bundler of `tornado dev`: packages stay outside, so that a rebuild costs what the app's own files cost. */
export async function createBundler(options: BundlerOptions): Promise<Bundler> {
  const bundler = new IncrementalBundler(options);
  await bundler.prepare();
  return { rebuild: () => bundler.rebuild(), dispose: () => bundler.dispose() };
}

type IncrementalBuild = BuildContext<BuildOptions & { write: false; metafile: true }>;

class IncrementalBundler {
  readonly #options: BundlerOptions;
  #building: IncrementalBuild | undefined;
  /** Files that start modules in threads. The others are loaded by esbuild itself, which is much faster. */
  #threadStarters: ReadonlySet<string> = new Set();
  #threadModules: ThreadModules | undefined;

  constructor(options: BundlerOptions) {
    this.#options = options;
  }

  async prepare(): Promise<void> {
    const { root, outdir } = this.#options;
    const shared = {
      ...sharedOptions,
      absWorkingDir: root,
      outdir,
      packages: "external",
      alias: aliasesToCoreUrls(),
      external: ["file:///*"],
    } satisfies BuildOptions;
    // As `.mjs`, a thread's module is one whatever the app's package.json says about `.js`.
    const forThreads = { ...shared, sourcemap: "linked", outExtension: { ".js": ".mjs" } } as const;
    this.#threadModules = this.#threadStarters.size === 0 ? undefined : new ThreadModules(forThreads);
    const plugin = this.#threadModules?.plugin(oneOfPaths(this.#threadStarters));
    this.#building = await withRareCollections(() =>
      context({
        ...shared,
        entryPoints: { app: appEntry(root) },
        sourcemap: "external",
        write: false,
        plugins: plugin === undefined ? [] : [plugin],
      }),
    );
  }

  async rebuild(): Promise<BundleResult> {
    const { root, outdir } = this.#options;
    this.#threadModules?.parts.clear();
    this.#threadModules?.inputs.clear();
    const built = await this.#building!.rebuild().catch((error: unknown) => Promise.reject(toBuildError(error)));
    const [map, code] = ["app.js.map", "app.js"].map((name) => {
      const file = built.outputFiles.find(({ path }) => path === resolve(outdir, name));
      if (file === undefined) throw new Error(`esbuild made no ${name}`);
      return file.contents;
    }) as [Uint8Array, Uint8Array];
    refuseWithoutMakeApp(root, built.metafile);
    const externals = externalsOf(built.metafile);
    await refuseUnknownEntryPoints(root, built.metafile, externals);
    const inputs = inputsOf(root, built.metafile);
    if (await this.#hasNewThreadStarters(code, inputs)) return await this.rebuild();
    const parts = [...(this.#threadModules?.parts.values() ?? [])];
    const sources = new Set([...inputs, ...(this.#threadModules?.inputs ?? [])]);
    const configurations = new SourceConfigurations().filesFor(sources);
    return { code, map, parts, inputs: [...sources, ...configurations], externals, metafile: built.metafile };
  }

  async dispose(): Promise<void> {
    await this.#building?.dispose();
  }

  /** Finds out by the result whether files start threads that were not known to; if so, these are built with a plugin. */
  async #hasNewThreadStarters(code: Uint8Array, inputs: readonly string[]): Promise<boolean> {
    const bundle = Buffer.from(code.buffer, code.byteOffset, code.byteLength);
    if (!bundle.includes("import.meta.url")) return false;
    if (!hasUnbuiltThreadModule(bundle.toString(), this.#threadModules?.parts ?? new Map())) return false;
    const sources = await Promise.all(inputs.map(async (path) => [path, await readFile(path, "utf8")] as const));
    const starters = sources.filter(([path, source]) => modulesIn(path, source).size > 0).map(([path]) => path);
    if (starters.every((path) => this.#threadStarters.has(path))) return false;
    this.#threadStarters = new Set(starters);
    await this.dispose();
    await this.prepare();
    return true;
  }
}

/** Settings of Go's garbage collector, which reads them when esbuild's process starts. */
const rareCollections = { GOGC: "400", GOMEMLIMIT: "1GiB" } as const;

/**
 * Lets esbuild collect its garbage less often, if this is what starts it, and the environment does not say otherwise.
 *
 * With Go's own setting two fifths of a rebuild's time go into it: each one starts from a heap that is almost full.
 */
function withRareCollections<Result>(start: () => Result): Result {
  const added = Object.entries(rareCollections).filter(([name]) => process.env[name] === undefined);
  for (const [name, value] of added) process.env[name] = value;
  try {
    return start();
  } finally {
    // esbuild starts its process at once. Nothing else is to inherit them.
    for (const [name] of added) delete process.env[name];
  }
}

function oneOfPaths(paths: ReadonlySet<string>): RegExp {
  return new RegExp(`^(?:${[...paths].map((path) => path.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&")).join("|")})$`);
}

/** Turns what esbuild throws into a {@link BuildError}; anything else stays what it is. */
export function toBuildError(error: unknown): unknown {
  const { errors } = error as Partial<BuildFailure>;
  if (!Array.isArray(errors)) return error;
  // A file that is imported in two ways is read, and complained about, twice.
  const problems = new Map(errors.map(problemOf).map((problem) => [JSON.stringify(problem), problem]));
  return new BuildError([...problems.values()], { cause: error });
}

/** esbuild writes `with { type: "json" }` of an import behind the path. */
const importAttributes = / with \{[^{}]*\}$/;

/** Absolute paths of the files that a build read. */
export function inputsOf(root: string, metafile: Metafile): string[] {
  const inputs: string[] = [];
  for (const path of Object.keys(metafile.inputs)) {
    // "<define:…>" and paths of another namespace ("templates:…") are no files.
    if (!path.startsWith("<") && (!/^[a-z-]{2,}:/.test(path) || isAbsolute(path))) {
      inputs.push(fileAt(resolve(root, path.replace(importAttributes, ""))));
    }
  }
  return [...new Set(inputs)];
}

/** The path of an input that was imported as `./x.js?word` or `./x.js#word` ends so, unless a file is called like that. */
function fileAt(path: string): string {
  const [name = ""] = basename(path).split(/[?#]/);
  return name === basename(path) || existsSync(path) ? path : join(dirname(path), name);
}

function refuseWithoutMakeApp(root: string, metafile: Metafile): void {
  const entry = Object.values(metafile.outputs).find((output) => output.entryPoint !== undefined);
  if (entry === undefined || entry.exports.includes("makeApp")) return;
  const file = relative(root, appEntry(root)).replaceAll("\\", "/");
  const message = `"${file}" exports no makeApp. Add: export function makeApp({ debug }) { return new Application(routes, { debug }); }`;
  throw new BuildError([{ file, line: 0, column: 0, length: 1, lineText: "", message, notes: [] }]);
}

function externalsOf(metafile: Metafile): string[] {
  const paths = new Set<string>();
  for (const output of Object.values(metafile.outputs)) {
    for (const { path, external } of output.imports) if (external) paths.add(path);
  }
  return [...paths];
}

/** An unknown `tornado/…` would otherwise be met only when the module is loaded, and then as a file that is a folder. */
async function refuseUnknownEntryPoints(root: string, metafile: Metafile, externals: readonly string[]): Promise<void> {
  for (const path of externals) {
    const specifier = unknownEntryPoint(path);
    if (specifier === undefined) continue;
    const known = [...entryPoints.keys()].join(", ");
    const message = `There is no "${specifier}". Import from one of: ${known}.`;
    throw new BuildError([await importProblem(root, metafile, path, specifier, message)]);
  }
}

/** Makes a problem that points at the import of a specifier in the app's own files. */
async function importProblem(
  root: string,
  metafile: Metafile,
  path: string,
  specifier: string,
  message: string,
): Promise<BuildProblem> {
  const importer = Object.entries(metafile.inputs).find(([, input]) => input.imports.some((one) => one.path === path));
  if (importer === undefined) {
    return { file: "", line: 0, column: 0, length: 1, lineText: "", message, notes: [] };
  }
  return await locateImport(root, resolve(root, importer[0]), specifier, message);
}

/** Finds the line of a file that imports a specifier, and makes a problem of it. */
export async function locateImport(
  root: string,
  file: string,
  specifier: string,
  message: string,
): Promise<BuildProblem> {
  const lines = (await readFile(file, "utf8")).split(/\r?\n/);
  const index = lines.findIndex((line) => line.includes(`"${specifier}"`) || line.includes(`'${specifier}'`));
  const lineText = lines[index] ?? "";
  return {
    file: relative(root, file).replaceAll("\\", "/"),
    line: index + 1,
    column: Math.max(0, lineText.indexOf(specifier) - 1) + 1,
    length: specifier.length + 2,
    lineText,
    message,
    notes: [],
  };
}
