/** Makes every stack trace of the process name the app's own TypeScript, and only pays for it when an error is looked at. */

import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { ScriptMap } from "../bundle/module-script.js";
import { changedName } from "./module-runner.js";
import type { ModuleStart } from "./worker-task.js";

/** A place in a source file; line and column count from 1. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What a running app was made of. */
export interface CodeMap {
  /** Whether a file name, as stack traces have it, means the app's code. */
  is(name: string): boolean;
  /** Finds what a place in the code was made of. */
  find(name: string, line: number, column: number): SourcePosition | undefined;
  /** The text of a source as it was when the code was made; a later save does not change what this process runs. */
  sourceText(file: string): string | undefined;
}

/** The source map of one bundle, read when it is first needed. */
export class BundleMap implements CodeMap {
  /** Absolute path of the bundle. */
  readonly bundle: string;
  readonly #url: string;
  #map: SourceMap | null | undefined;
  #sources = new Map<string, string>();

  constructor(bundle: string) {
    this.bundle = bundle;
    this.#url = pathToFileURL(bundle).href;
  }

  is(name: string): boolean {
    return name === this.#url || name === this.bundle;
  }

  find(_name: string, line: number, column: number): SourcePosition | undefined {
    const entry = this.#load()?.findEntry(line - 1, column - 1);
    if (entry === undefined || !("originalSource" in entry)) return undefined;
    return {
      file: resolve(dirname(this.bundle), entry.originalSource),
      line: entry.originalLine + 1,
      column: entry.originalColumn + 1,
    };
  }

  sourceText(file: string): string | undefined {
    this.#load();
    return this.#sources.get(file);
  }

  #load(): SourceMap | null {
    if (this.#map !== undefined) return this.#map;
    try {
      const payload = JSON.parse(readFileSync(`${this.bundle}.map`, "utf8"));
      for (const [index, source] of payload.sources.entries()) {
        this.#sources.set(resolve(dirname(this.bundle), source), payload.sourcesContent?.[index] ?? "");
      }
      this.#map = new SourceMap(payload);
    } catch {
      // A folder that was emptied meanwhile: places in the bundle are better than no trace.
      this.#map = null;
    }
    return this.#map;
  }
}

/** The source maps of an app's modules; each is read when it is first needed. */
export class ModuleMaps implements CodeMap {
  readonly #pack: string;
  /** By the name of the script. */
  readonly #scripts = new Map<string, readonly ScriptMap[]>();
  readonly #maps = new Map<ScriptMap, SourceMap | null>();

  constructor({ pack, changed }: ModuleStart) {
    this.#pack = pack;
    if (changed !== undefined) this.#scripts.set(changedName(pack), changed.maps);
  }

  is(name: string): boolean {
    return name === this.#pack || name === changedName(this.#pack);
  }

  find(name: string, line: number, column: number): SourcePosition | undefined {
    const module = this.#mapsOf(name).findLast((map) => map.line <= line);
    if (module === undefined) return undefined;
    const entry = this.#read(module)?.findEntry(line - module.line + module.skippedLines, column - 1);
    if (entry === undefined || !("originalSource" in entry)) return undefined;
    return { file: module.file, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  }

  sourceText(file: string): string | undefined {
    for (const script of [changedName(this.#pack), this.#pack]) {
      const module = this.#mapsOf(script).find((map) => map.file === file);
      if (module !== undefined) return (JSON.parse(module.map) as SourceMapPayload).sourcesContent[0];
    }
    return undefined;
  }

  #mapsOf(script: string): readonly ScriptMap[] {
    const known = this.#scripts.get(script);
    if (known !== undefined || script !== this.#pack) return known ?? [];
    let maps: readonly ScriptMap[] = [];
    try {
      maps = JSON.parse(readFileSync(`${script}.map`, "utf8")) as readonly ScriptMap[];
    } catch {
      // A folder that was emptied meanwhile: places in the script are better than no trace.
    }
    this.#scripts.set(script, maps);
    return maps;
  }

  #read(module: ScriptMap): SourceMap | null {
    const known = this.#maps.get(module);
    if (known !== undefined) return known;
    const map = new SourceMap(JSON.parse(module.map) as SourceMapPayload);
    this.#maps.set(module, map);
    return map;
  }
}

/**
 * Lets V8 write stack traces with places in the sources.
 *
 * In its place `process.setSourceMapsEnabled` would parse the map whenever a bundle is loaded, which is at every save. V8
 * asks this function only when a trace is first read. A package that sets its own keeps it.
 */
export function mapStackTraces(map: CodeMap): void {
  Error.prepareStackTrace = (error, frames) => {
    const title = titleOf(error);
    return [title, ...frames.map((frame) => `    at ${mapFrame(frame, map)}`)].join("\n");
  };
}

/** Rewrites the places of a trace that exists as text already, such as the first line of a SyntaxError's. */
export function mapStackText(stack: string, map: CodeMap): string {
  return stack.replaceAll(
    /((?:file:\/\/)?\/[^\s()]*|file:\/\/\/[^\s()]*|[A-Z]:\\[^\s()]*):(\d+)(?::(\d+))?/g,
    (all, file, line, column) => {
      if (!map.is(file)) return all;
      const found = map.find(file, Number(line), Number(column ?? 1));
      return found === undefined ? all : `${found.file}:${found.line}:${column === undefined ? 1 : found.column}`;
    },
  );
}

function titleOf(error: unknown): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}

function mapFrame(frame: NodeJS.CallSite, map: CodeMap): string {
  const text = String(frame);
  const name = frame.getFileName() ?? frame.getScriptNameOrSourceURL();
  if (typeof name !== "string") return text;
  const line = frame.getLineNumber() ?? 0;
  const column = frame.getColumnNumber() ?? 0;
  const written = `${name}:${line}:${column}`;
  if (map.is(name)) {
    const found = map.find(name, line, column);
    if (found !== undefined) return text.replace(written, `${found.file}:${found.line}:${found.column}`);
  }
  return name.startsWith("file://") ? text.replace(name, fileURLToPath(name)) : text;
}
