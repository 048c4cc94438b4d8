/** Turns one source of an app into a function that runs it alone: what it imports is handed to it, what it exports is read from it. */

import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { build, type Loader } from "esbuild";
import { sharedOptions } from "./bundler.js";

/** What one source became. Its code is the body of `($module, $import, $meta) => { … }`. */
export interface ModuleFactory {
  readonly code: string;
  /** Source map of the code, JSON, with the source inside. */
  readonly map: string;
  /** How many lines at the map's beginning are not in the code: helpers, which all factories share. */
  readonly skippedLines: number;
  /** What the code asks `$import` for, in the order of the source. */
  readonly specifiers: readonly string[];
  /** Names that it exports by itself. */
  readonly exports: ReadonlySet<string>;
  /** Names that it passes on from others, each with the specifier of its module. */
  readonly reexports: readonly (readonly [specifier: string, name: string])[];
  /** Specifiers of the modules of which it passes on everything. */
  readonly stars: readonly string[];
  readonly linkage: Linkage;
}

/** What a source has to do with others. */
export interface Linkage {
  /** Its import and export clauses as written, the names that it exports, and where those come from that it passes on. */
  readonly declared: string;
  /** Names that it takes from what it imports, each behind the variable of its module. */
  readonly taken: ReadonlySet<string>;
}

const loaders: Readonly<Record<string, Loader>> = {
  ".js": "js",
  ".mjs": "js",
  ".jsx": "jsx",
  ".ts": "ts",
  ".mts": "ts",
  ".tsx": "tsx",
  ".json": "json",
};

/**
 * Makes the factory of a file.
 *
 * @param tsconfig - Absolute path of the configuration that counts for the file.
 * @returns Nothing when it cannot be said in this form, or not be built at all: the bundler knows what is wrong then.
 */
export async function makeFactory(file: string, tsconfig: string | undefined): Promise<ModuleFactory | undefined> {
  const loader = loaders[extname(file)];
  if (loader === undefined) return undefined;
  try {
    const source = readFileSync(file, "utf8");
    if (cannotBeTold.test(source)) return undefined;
    return loader === "json" ? factoryOfJson(source) : await factoryOfScript(file, source, loader, tsconfig);
  } catch {
    // Whatever it is, the bundler meets it as well, and says where.
    return undefined;
  }
}

/**
 * What means something else in a function of a script: a first line for the shell, our names, a call of `require` (no pattern tells one
 * from a text that shows one), and code in texts, which may import.
 */
const cannotBeTold = /^#!|\$(?:module|import|meta)\b|\brequire\(|(?<!\.)\beval\)?\(|\bFunction\(/;

/** Says whether one version of a source may take the place of another without anything being linked anew. */
export function isLinkedAlike(before: Linkage, after: Linkage): boolean {
  return before.declared === after.declared && [...after.taken].every((name) => before.taken.has(name));
}

/** The declarations that esbuild puts before what needs them. They are written once for all factories. */
export async function sharedHelpers(): Promise<readonly string[]> {
  helpers ??= compile("export * from 'a'; import b from 'b'; export class C { d = b }", "a.ts", "ts", undefined).then(
    ({ code }) => {
      const end = code.search(/^var \w+_exports = /m);
      return code.slice(0, end).split(/^(?=var )/m);
    },
  );
  return await helpers;
}
let helpers: Promise<readonly string[]> | undefined;

/** A module of JSON exports its value, and the members of an object by their names as well. */
function factoryOfJson(source: string): ModuleFactory {
  const value: unknown = JSON.parse(source);
  const names = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  const members = names.length === 0 ? "" : "...value, ";
  return {
    code: `const value = JSON.parse(${JSON.stringify(source)});\n$module.exports = { ${members}default: value };\n`,
    map: JSON.stringify({ version: 3, sources: [], names: [], mappings: "" }),
    skippedLines: 0,
    specifiers: [],
    exports: new Set([...names, "default"]),
    reexports: [],
    stars: [],
    linkage: { declared: JSON.stringify(names), taken: new Set() },
  };
}

async function factoryOfScript(
  file: string,
  source: string,
  loader: Loader,
  tsconfig: string | undefined,
): Promise<ModuleFactory | undefined> {
  const { code, map, hasUnknownMeta } = await compile(source, file, loader, tsconfig);
  const { body, skippedLines } = withoutHelpers(withoutAnnotation(code), await sharedHelpers());
  const specifiers: string[] = [];
  // What is imported is a namespace already. No column moves: the map stays true.
  const linked = body
    .replace(requireCall, (_, wrapper: string | undefined, literal: string) => {
      specifiers.push(JSON.parse(literal) as string);
      return `${wrapper === undefined ? "" : "       ("}$import(${literal}`;
    })
    .replace(/^module\.exports = __toCommonJS\((\w+_exports)\);$/m, "$$module.exports = $1;")
    .replaceAll(/^(__reExport\(.*), module\.exports\);$/gm, "$1);");
  // Not of a form that is known: an import of what only the running program knows, or another version of esbuild.
  if (hasUnknownMeta || leftOver.test(linked)) return undefined;
  const exported = [...exportTableOf(linked).matchAll(exportedName)];
  const names = exported.map((match) => match[2]!);
  const variables = new Map([...linked.matchAll(importVariable)].map((match) => [match[1]!, match[2]!]));
  const reexports = exported.flatMap(([, , , variable = "", name = ""]): [string, string][] => {
    const specifier = variables.get(variable);
    return specifier === undefined ? [] : [[specifier, name]];
  });
  const stars = [...linked.matchAll(star)].map((match) => match[1]!);
  return {
    code: linked,
    map,
    skippedLines,
    specifiers,
    exports: new Set(names),
    reexports,
    stars,
    linkage: {
      declared: JSON.stringify([clausesOf(source), source.match(attributes), names, specifiers, reexports, stars]),
      taken: new Set(linked.match(takenName)),
    },
  };
}

/** How esbuild writes an import of any kind in CommonJS. */
const requireCall = /(__toESM\()?\brequire\(("(?:[^"\\\n]|\\.)*")/g;
const importVariable = /^var (import_[\w$]+) = +\(?\$import\("([^"\n]*)"\)/gm;
const exportedName = /^ {2}("?)(.*?)\1: \(\) => (?:(import_[\w$]+)\.([\w$]+))?/gm;
const star = /^__reExport\(\w+, \$import\("([^"\n]*)"\)\);$/gm;
const leftOver = /\b(?:__toESM|__toCommonJS|require)\(|\brequire\.|\btypeof require\b|, module\.exports\)/;
const takenName = /(?<![\w$])import_[\w$]+\.[\w$\\{}\u0080-\uffff]+/g;
/** With which an import says what its file is to be read as. */
const attributes = /\bwith ?:? ?\{[^{}]*\}/g;
/** The line of a clause that names its module, and what tells that the lines before it are no clause. */
const namesModule = /\bfrom\s*["']|^\s*import\s*["']/;
const isNoClause = /[;=(}]/;

/** Gives the lines from each that begins with `import` or `export` to the one that names the module, comments and all. */
function clausesOf(source: string): string[] {
  const clauses: string[] = [];
  let lines: string[] | undefined;
  for (const line of source.split("\n")) {
    if (/^\s*(?:import|export)\b/.test(line)) lines = [];
    lines?.push(line);
    if (lines !== undefined && namesModule.test(line)) clauses.push(lines.join("\n"));
    if (namesModule.test(line) || isNoClause.test(line)) lines = undefined;
  }
  return clauses;
}

interface Compiled {
  readonly code: string;
  readonly map: string;
  readonly hasUnknownMeta: boolean;
}

/**
 * Compiles as a bundle's part would be, into CommonJS.
 *
 * As its standard input: of a file, esbuild would look up the package.json, and have default imports mean something else.
 */
async function compile(source: string, file: string, loader: Loader, tsconfig: string | undefined): Promise<Compiled> {
  const { outputFiles, warnings } = await build({
    stdin: { contents: source, sourcefile: file, loader },
    bundle: false,
    write: false,
    outdir: "/",
    format: "cjs",
    platform: sharedOptions.platform,
    target: sharedOptions.target,
    keepNames: sharedOptions.keepNames,
    logLevel: sharedOptions.logLevel,
    sourcemap: "external",
    ...(tsconfig === undefined ? { tsconfigRaw: {} } : { tsconfig }),
    // So that what is imported later comes from `$import` as well.
    supported: { "dynamic-import": false },
    define: Object.fromEntries(["url", "dirname", "filename"].map((name) => [`import.meta.${name}`, `$meta.${name}`])),
  });
  const text = (isMap: boolean) => outputFiles.find(({ path }) => path.endsWith(".map") === isMap)!.text;
  return { code: text(false), map: text(true), hasUnknownMeta: warnings.some(({ id }) => id === "empty-import-meta") };
}

/** The lines in which esbuild says what a module exports. */
function exportTableOf(code: string): string {
  const start = code.search(/^__export\(/m);
  return start === -1 ? "" : code.slice(code.indexOf("\n", start) + 1, code.indexOf("\n});", start) + 1);
}

/** For Node's own import of CommonJS, at the end. */
function withoutAnnotation(code: string): string {
  const start = code.lastIndexOf("// Annotate the CommonJS export names for ESM import in node:\n");
  return start === -1 ? code : code.slice(0, start);
}

/** Only what is a helper to the letter is one. */
function withoutHelpers(
  code: string,
  known: readonly string[],
): { readonly body: string; readonly skippedLines: number } {
  let start = 0;
  for (;;) {
    const helper = known.find((text) => code.startsWith(text, start));
    if (helper === undefined) break;
    start += helper.length;
  }
  return { body: code.slice(start), skippedLines: code.slice(0, start).split("\n").length - 1 };
}
