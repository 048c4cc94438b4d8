/** Runs an app that is given as modules: in a worker, whose spare has compiled most of them before. */

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";

/** Namespaces of what was imported from outside, by specifier; or why it could not be. */
export type Outside = ReadonlyMap<string, PromiseSettledResult<object>>;

/** What the scripts of modules give. */
export type ModuleTable = Readonly<Record<number, TableEntry>>;

interface TableEntry {
  readonly imports: Readonly<Record<string, number | string>>;
  /** Set for a module whose names are not in order: one of JSON, or one that passes on everything of another one. */
  readonly sorts?: true;
  readonly run: (module: { exports: object }, load: (specifier: string) => object, meta: object) => void;
}

interface RunModule {
  exports: object;
  /** Why it could not be run: whoever imports it later hears the same. */
  failure?: { readonly reason: unknown };
}

/** Where V8's memory of a script is kept. */
export function codeCacheOf(pack: string): string {
  return `${pack}.cache`;
}

/** What stack traces call the modules that have changed since; no file has this name. */
export function changedName(pack: string): string {
  return `${pack}.changed`;
}

/** Compiles the modules of a file, from what an earlier process has kept of them if there is something. */
export function compilePack(pack: string): ModuleTable {
  const code = readFileSync(pack, "utf8");
  const cachedData = readIfThere(codeCacheOf(pack));
  const script = new Script(code, { filename: pack, ...(cachedData === undefined ? undefined : { cachedData }) });
  const table = script.runInThisContext() as ModuleTable;
  if (cachedData === undefined || script.cachedDataRejected === true) keepCode(script, pack);
  return table;
}

/** Compiles modules that have changed since. */
export function compileChanged(code: string, pack: string): ModuleTable {
  return new Script(code, { filename: changedName(pack) }).runInThisContext() as ModuleTable;
}

/**
 * Runs a module, and before it what it imports, as a bundle of them would be run.
 *
 * @param place - Absolute path that `import.meta` tells of: a bundle's modules have one for all.
 * @returns What it exports.
 */
export function runModules(table: ModuleTable, entry: number, outside: Outside, place: string): object {
  const begun = new Map<number, RunModule>();
  const meta = { url: pathToFileURL(place).href, filename: place, dirname: dirname(place) };
  const run = (index: number): object => {
    const known = begun.get(index);
    if (known?.failure !== undefined) throw known.failure.reason;
    if (known !== undefined) return known.exports;
    const module: RunModule = { exports: {} };
    begun.set(index, module);
    const { imports, sorts, run: factory } = table[index]!;
    const load = (specifier: string) => {
      const target = imports[specifier]!;
      return typeof target === "number" ? run(target) : namespaceOf(target, outside);
    };
    try {
      factory(module, load, meta);
    } catch (error) {
      module.failure = { reason: error };
      throw error;
    }
    if (sorts === true) module.exports = inOrder(module.exports);
    return module.exports;
  };
  return run(entry);
}

/** Names of a namespace are in the order of the alphabet. */
function inOrder(exports: object): object {
  const descriptors = Object.entries(Object.getOwnPropertyDescriptors(exports));
  return Object.defineProperties({}, Object.fromEntries(descriptors.sort(([one], [other]) => (one < other ? -1 : 1))));
}

function namespaceOf(name: string, outside: Outside): object {
  const loaded = outside.get(name);
  if (loaded === undefined) throw new Error(`"${name}" was not loaded ahead`);
  if (loaded.status === "rejected") throw loaded.reason;
  return loaded.value;
}

/** Written under another name first: another spare may be reading. */
function keepCode(script: Script, pack: string): void {
  try {
    const unfinished = `${codeCacheOf(pack)}-${process.pid}`;
    writeFileSync(unfinished, script.createCachedData());
    renameSync(unfinished, codeCacheOf(pack));
  } catch {
    // The next spare compiles it once more.
  }
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
