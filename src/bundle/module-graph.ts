/**
 * An app as single modules that are already linked: what a save changes inside of one can be run without bundling the others anew.
 *
 * The bundle stays the truth. A graph is made of one that was built, by what its metafile says; it exists only where it means the same as
 * the bundle, and goes on only as long as nothing that is imported or exported changes. Whatever else happens is for the bundler.
 */

import { existsSync, readFileSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import type { Metafile } from "esbuild";
import { appEntry } from "../core/app-root.js";
import type { BundleResult } from "./bundler.js";
import { isLinkedAlike, type ModuleFactory } from "./module-factory.js";
import { aliasesToCoreUrls } from "./tornado-resolver.js";

/** What a module's specifiers mean: the index of another module, or the name of one from outside. */
export type ImportTable = Readonly<Record<string, number | string>>;

/** One of the app's own modules. */
export interface GraphModule {
  /** Absolute path. */
  readonly file: string;
  readonly imports: ImportTable;
  /** True for JSON that is imported as such: only `default` is a member of it then. */
  readonly hasDefaultAlone: boolean;
  readonly factory: ModuleFactory;
}

/** A module whose factory is not made yet. */
export type PlannedModule = Omit<GraphModule, "factory">;

const MAX_BYTES = 16 * 1024 * 1024;

/** The modules of an app, in a fixed order. It never changes; a save makes another one. */
export class ModuleGraph {
  readonly modules: readonly GraphModule[];
  /** Index of the module that exports `makeApp`. */
  readonly entry: number;
  readonly #indexes: ReadonlyMap<string, number>;

  constructor(modules: readonly GraphModule[], entry: number) {
    this.modules = modules;
    this.entry = entry;
    this.#indexes = new Map(modules.map(({ file }, index) => [file, index]));
  }

  has(file: string): boolean {
    return this.#indexes.has(file);
  }

  /**
   * Makes the graph with other factories for some files.
   *
   * @returns This one when all of them are the same as before; nothing when something would have to be linked anew.
   */
  replace(factories: ReadonlyMap<string, ModuleFactory>): ModuleGraph | undefined {
    const modules = [...this.modules];
    for (const [file, factory] of factories) {
      const index = this.#indexes.get(file);
      const before = index === undefined ? undefined : modules[index];
      if (before === undefined || !isLinkedAlike(before.factory.linkage, factory.linkage)) return undefined;
      if (before.factory.code !== factory.code) modules[index!] = { ...before, factory };
    }
    return modules.every((module, index) => module === this.modules[index])
      ? this
      : new ModuleGraph(modules, this.entry);
  }

  /** Gives the indexes of the modules that are other ones than in an earlier version of the graph. */
  changesSince(earlier: ModuleGraph): number[] {
    return [...this.modules.keys()].filter((index) => this.modules[index] !== earlier.modules[index]);
  }

  /** Says whether a bundle consists of the same modules, linked in the same way. */
  isLayoutOf(planned: readonly PlannedModule[] | undefined): boolean {
    if (planned?.length !== this.modules.length) return false;
    return planned.every(({ file, imports, hasDefaultAlone }, index) => {
      const module = this.modules[index]!;
      if (module.file !== file || module.hasDefaultAlone !== hasDefaultAlone) return false;
      return JSON.stringify(module.imports) === JSON.stringify(imports);
    });
  }
}

/**
 * Plans the graph of a bundle.
 *
 * @returns Nothing when it would not mean the same: modules in threads, CommonJS, what is no script or imported as something else, a file
 * that is two modules, packages that say which of their files have side effects, and more than some megabytes.
 */
export function planModules(root: string, { metafile, parts }: BundleResult): PlannedModule[] | undefined {
  const inputs = Object.entries(metafile.inputs).filter(([name]) => name !== "<runtime>");
  const bytes = inputs.reduce((sum, [, input]) => sum + input.bytes, 0);
  if (parts.length > 0 || bytes > MAX_BYTES || inputs.some(([name, input]) => !isSayable(name, input)))
    return undefined;
  const files = inputs.map(([name]) => fileOf(root, name));
  if (new Set(files).size < files.length || packageFilesOf(files).some(saysSideEffects)) return undefined;
  const indexes = new Map(inputs.map(([name], index) => [name, index]));
  return inputs.map(([, input], index) => ({
    file: files[index]!,
    imports: importTable(input, indexes),
    hasDefaultAlone: input.with !== undefined,
  }));
}

/** Puts the factories into their places; gives nothing when they would not mean the same as the bundle. */
export function linkGraph(
  root: string,
  planned: readonly PlannedModule[],
  factories: ReadonlyMap<string, ModuleFactory>,
  externals: readonly string[],
): ModuleGraph | undefined {
  const outside = new Set(externals);
  const modules: GraphModule[] = [];
  for (const { file, imports, hasDefaultAlone } of planned) {
    const factory = factories.get(file);
    const isThere = (specifier: string) => {
      const target = Object.hasOwn(imports, specifier) ? imports[specifier] : undefined;
      return typeof target === "number" || (target !== undefined && outside.has(target));
    };
    if (factory?.specifiers.every(isThere) !== true) return undefined;
    modules.push({ file, imports, hasDefaultAlone, factory });
  }
  const entry = modules.findIndex(({ file }) => file === appEntry(root));
  return entry === -1 || !passesOnTheSame(modules) ? undefined : new ModuleGraph(modules, entry);
}

const scripts = new Set([".js", ".mjs", ".jsx", ".ts", ".mts", ".tsx", ".json"]);

type Input = Metafile["inputs"][string];

function isSayable(name: string, { format, imports, with: attributes }: Input): boolean {
  const extension = extname(withoutAttributes(name));
  if (!scripts.has(extension) || format === "cjs") return false;
  // Any other attribute has it read as something else than it is called.
  if (attributes !== undefined && (attributes.type !== "json" || extension !== ".json")) return false;
  return imports.every(({ kind }) => kind === "import-statement" || kind === "dynamic-import");
}

/** Behind the path of an input esbuild writes the attributes, where one file is two modules. */
function withoutAttributes(name: string): string {
  return name.replace(/ with \{[^{}]*\}$/, "");
}

function fileOf(root: string, name: string): string {
  return resolve(root, withoutAttributes(name));
}

function importTable({ imports }: Input, indexes: ReadonlyMap<string, number>): ImportTable {
  const table: Record<string, number | string> = {};
  for (const { path, original, external } of imports) {
    const target = external === true ? path : indexes.get(path);
    if (target === undefined || path === "<runtime>") continue;
    for (const specifier of external === true ? (coreNames.get(path) ?? [path]) : [original]) {
      if (specifier !== undefined) table[specifier] = target;
    }
  }
  return table;
}

/** What was written in the place of the URLs that the bundler has put there. */
const coreNames = new Map<string, string[]>();
for (const [name, url] of Object.entries(aliasesToCoreUrls()))
  coreNames.set(url, [...(coreNames.get(url) ?? []), name]);

/** A bundle may leave out files of such a package that are imported for nothing. */
function saysSideEffects(packageFile: string): boolean {
  try {
    return readFileSync(packageFile, "utf8").includes('"sideEffects"');
  } catch {
    return true;
  }
}

function packageFilesOf(files: readonly string[]): string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  for (const file of files) {
    for (let folder = dirname(file); !seen.has(folder); folder = dirname(folder)) {
      seen.add(folder);
      const path = join(folder, "package.json");
      if (!existsSync(path)) continue;
      found.add(path);
      break;
    }
  }
  return [...found];
}

/**
 * Says whether what modules pass on is what a bundle would have: a type that is not called one is no member there, nor is a name that
 * comes from two sides; and what `export *` gives is known only when the other module has run.
 */
function passesOnTheSame(modules: readonly GraphModule[]): boolean {
  const targetOf = ({ imports }: GraphModule, specifier: string) => imports[specifier];
  return modules.every((module, index) => {
    const { exports, reexports, stars } = module.factory;
    if (stars.length > 0 && isInCycle(modules, index)) return false;
    const areThere = reexports.every(([specifier, name]) => {
      const target = targetOf(module, specifier);
      return typeof target !== "number" || namesOf(modules, target).has(name);
    });
    const passed = new Set(exports);
    const areClear = stars.every((specifier) => {
      const target = targetOf(module, specifier);
      if (typeof target !== "number") return false;
      const names = [...namesOf(modules, target)].filter((name) => name !== "default" && !exports.has(name));
      return names.every((name) => !passed.has(name) && passed.add(name));
    });
    return areThere && areClear;
  });
}

function namesOf(modules: readonly GraphModule[], index: number, trail: readonly number[] = []): ReadonlySet<string> {
  const { imports, factory } = modules[index]!;
  if (factory.stars.length === 0 || trail.includes(index)) return factory.exports;
  const passed = factory.stars.flatMap((specifier) => {
    const target = imports[specifier];
    return typeof target === "number" ? [...namesOf(modules, target, [...trail, index])] : [];
  });
  return new Set([...factory.exports, ...passed.filter((name) => name !== "default")]);
}

function isInCycle(modules: readonly GraphModule[], start: number): boolean {
  const reached = new Set<number>();
  const open = [start];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const target of Object.values(modules[at]!.imports)) {
      if (target === start) return true;
      if (typeof target !== "number" || reached.has(target)) continue;
      reached.add(target);
      open.push(target);
    }
  }
  return false;
}
