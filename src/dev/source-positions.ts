/** Makes every stack trace of the process name the app's own TypeScript, and only pays for it when an error is looked at. */

import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** A place in a source file; line and column count from 1. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The source map of one bundle, read when it is first needed. */
export class BundleMap {
  /** Absolute path of the bundle. */
  readonly bundle: string;
  readonly #url: string;
  #map: SourceMap | null | undefined;
  #sources = new Map<string, string>();

  constructor(bundle: string) {
    this.bundle = bundle;
    this.#url = pathToFileURL(bundle).href;
  }

  /** Whether a file name, as stack traces have it, means the bundle. */
  is(name: string): boolean {
    return name === this.#url || name === this.bundle;
  }

  /** Finds what a place in the bundle was made of. */
  find(line: number, column: number): SourcePosition | undefined {
    const entry = this.#load()?.findEntry(line - 1, column - 1);
    if (entry === undefined || !("originalSource" in entry)) return undefined;
    return {
      file: resolve(dirname(this.bundle), entry.originalSource),
      line: entry.originalLine + 1,
      column: entry.originalColumn + 1,
    };
  }

  /** The text of a source as it was when the bundle was made; a later save does not change what this process runs. */
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

/**
 * Lets V8 write stack traces with places in the sources.
 *
 * In its place `process.setSourceMapsEnabled` would parse the map whenever a bundle is loaded, which is at every save. V8
 * asks this function only when a trace is first read. A package that sets its own keeps it.
 */
export function mapStackTraces(map: BundleMap): void {
  Error.prepareStackTrace = (error, frames) => {
    const title = titleOf(error);
    return [title, ...frames.map((frame) => `    at ${mapFrame(frame, map)}`)].join("\n");
  };
}

/** Rewrites the places of a trace that exists as text already, such as the first line of a SyntaxError's. */
export function mapStackText(stack: string, map: BundleMap): string {
  return stack.replaceAll(
    /((?:file:\/\/)?\/[^\s()]*|file:\/\/\/[^\s()]*|[A-Z]:\\[^\s()]*):(\d+)(?::(\d+))?/g,
    (all, file, line, column) => {
      if (!map.is(file)) return all;
      const found = map.find(Number(line), Number(column ?? 1));
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

function mapFrame(frame: NodeJS.CallSite, map: BundleMap): string {
  const text = String(frame);
  const name = frame.getFileName() ?? frame.getScriptNameOrSourceURL();
  if (typeof name !== "string") return text;
  const line = frame.getLineNumber() ?? 0;
  const column = frame.getColumnNumber() ?? 0;
  const written = `${name}:${line}:${column}`;
  if (map.is(name)) {
    const found = map.find(line, column);
    if (found !== undefined) return text.replace(written, `${found.file}:${found.line}:${found.column}`);
  }
  return name.startsWith("file://") ? text.replace(name, fileURLToPath(name)) : text;
}
