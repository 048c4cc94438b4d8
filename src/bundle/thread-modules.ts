/**
 * Builds the modules that an app starts in threads: each `new URL("./prime.js", import.meta.url)` in a source leads, in the
 * bundle, to a module of its own with everything that it imports.
 */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { type BuildFailure, type BuildOptions, build, type Loader, type Plugin } from "esbuild";
import { packageRoot } from "./tornado-resolver.js";

/** A file that belongs into the folder of the bundle. */
export interface BundlePart {
  readonly name: string;
  readonly contents: Uint8Array;
}

const literal = /\bnew\s+URL\(\s*(["'])(\.\.?\/[^"'\n]+\.[cm]?[jt]sx?)\1\s*,\s*import\.meta\.url\s*,?\s*\)/g;
/** The library of thread pools starts this file from the folder in which it finds itself. */
const poolLibrary = /[\\/]piscina[\\/]dist[\\/]index\.js$/;
const poolThread = "worker.js";

/** What a source may be called that is imported as the key. */
const sourceExtensions: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
};

/** The thread modules of one bundle, gathered while it is built. */
export class ThreadModules {
  /** All that was built, by name. */
  readonly parts = new Map<string, BundlePart>();
  /** Absolute paths of the metafile's inputs. */
  readonly inputs = new Set<string>();
  readonly #options: BuildOptions & { absWorkingDir: string };

  /** @param options - How the bundle itself is built, with an `outdir`. */
  constructor(options: BuildOptions & { absWorkingDir: string }) {
    this.#options = options;
  }

  /**
   * Makes the plugin that looks for them.
   *
   * @param filter - Only paths that match are looked at; each of them costs time.
   */
  plugin(filter = /\.[cm]?[jt]sx?$/): Plugin {
    return this.#plugin(filter, []);
  }

  /**
   * Builds what one source names, and gives the source with the new names.
   *
   * @param place - URL of the folder where the parts will be, with a slash at its end.
   */
  rewrite(path: string, source: string, place: string): Promise<string> {
    return this.#rewrite(path, source, [path], place);
  }

  #plugin(filter: RegExp, trail: readonly string[]): Plugin {
    return {
      name: "tornado-thread-modules",
      setup: (building) => {
        building.onLoad({ filter, namespace: "file" }, async ({ path }) => {
          try {
            return await this.#load(path, [...trail, path]);
          } catch (error) {
            const { errors } = error as Partial<BuildFailure>;
            if (Array.isArray(errors)) return { errors };
            throw error;
          }
        });
      },
    };
  }

  async #load(path: string, trail: readonly string[]): Promise<{ contents: string; loader: Loader } | undefined> {
    if (poolLibrary.test(path)) await this.#build(join(dirname(path), poolThread), "[name]", trail);
    if (isForeignPackage(path)) return undefined;
    const source = await readFile(path, "utf8");
    const contents = await this.#rewrite(path, source, trail);
    return contents === source ? undefined : { contents, loader: loaderOf(path) };
  }

  async #rewrite(path: string, source: string, trail: readonly string[], place = "./"): Promise<string> {
    const names = new Map<string, string>();
    for (const [specifier, module] of modulesIn(path, source)) {
      // One that starts itself, directly or through others, would be built for ever.
      if (!trail.includes(module)) names.set(specifier, await this.#build(module, "[name]-[hash]", trail));
    }
    if (names.size === 0) return source;
    return source.replace(literal, (written: string, quote: string, specifier: string) => {
      const name = names.get(specifier);
      return name === undefined
        ? written
        : written.replace(`${quote}${specifier}${quote}`, JSON.stringify(place + name));
    });
  }

  /** @returns The name of the built file. */
  async #build(module: string, entryNames: string, trail: readonly string[]): Promise<string> {
    const built = await build({
      ...this.#options,
      entryPoints: [module],
      entryNames,
      splitting: false,
      write: false,
      metafile: true,
      plugins: [this.#plugin(/\.[cm]?[jt]sx?$/, trail)],
      // Optional for the pool, unused by us, and native.
      external: [...(this.#options.external ?? []), "@napi-rs/nice"],
    });
    for (const { path, contents } of built.outputFiles) {
      this.parts.set(basename(path), { name: basename(path), contents });
    }
    for (const input of Object.keys(built.metafile.inputs)) {
      // "<define:…>" is no file.
      if (!input.startsWith("<")) this.inputs.add(resolve(this.#options.absWorkingDir, input));
    }
    return basename(built.outputFiles.find(({ path }) => !path.endsWith(".map"))!.path);
  }
}

/** Says whether a source or a bundle has such a literal of which no part was built. */
export function hasUnbuiltThreadModule(code: string, parts: ReadonlyMap<string, BundlePart>): boolean {
  if (!code.includes("import.meta.url")) return false;
  return [...code.matchAll(literal)].some((match) => !parts.has(match[2]!.slice("./".length)));
}

/** Finds the files that a source names as modules of threads, by specifier. */
export function modulesIn(path: string, source: string): Map<string, string> {
  const modules = new Map<string, string>();
  if (!source.includes("import.meta.url")) return modules;
  for (const match of source.matchAll(literal)) {
    const found = sourceFile(resolve(dirname(path), match[2]!));
    if (found !== undefined) modules.set(match[2]!, found);
  }
  return modules;
}

function sourceFile(path: string): string | undefined {
  const extension = extname(path);
  const stem = path.slice(0, -extension.length);
  const candidates = [path, ...(sourceExtensions[extension] ?? []).map((one) => stem + one)];
  return candidates.find((candidate) => existsSync(candidate));
}

/** A package of others knows by itself where its files are; this one is looked at wherever it lies. */
function isForeignPackage(path: string): boolean {
  return /[\\/]node_modules[\\/]/.test(path.startsWith(packageRoot) ? path.slice(packageRoot.length) : path);
}

function loaderOf(path: string): Loader {
  const extension = extname(path);
  if (extension.endsWith("x")) return extension.startsWith(".ts") ? "tsx" : "jsx";
  return extension.includes("ts") ? "ts" : "js";
}
