/** Parses the sources of an app, in TypeScript or JavaScript, for whoever looks for something in them. */

import { existsSync, readdirSync } from "node:fs";
import { SourceMap } from "node:module";
import { join, relative, sep } from "node:path";
import { type Node, parse } from "acorn";
import { type Loader, transformSync } from "esbuild";

/** A node of the syntax tree with all that it may have. */
export interface AnyNode extends Node {
  readonly [key: string]: unknown;
}

/** A place in a source, both counted from 1. */
export interface SourcePlace {
  readonly line: number;
  readonly column: number;
}

/** The syntax tree of a source. */
export interface SourceTree {
  readonly program: AnyNode;
  /** Says where a node begins in the source as its author wrote it. */
  placeOf(node: Node): SourcePlace;
}

const sourceFile = /(?<!\.d)\.[cm]?[jt]s$/;

/** Absolute paths of all sources in a folder and below it, sorted. */
export function sourcesBelow(folder: string): string[] {
  return filesBelow(folder).filter((path) => sourceFile.test(path));
}

/** Absolute paths of all files in a folder and below it that are an author's, sorted. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^\.|~$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !relative(folder, file).split(sep).includes("node_modules"))
    .sort();
}

/** Takes the types and decorators off and parses what is left. Throws what esbuild and acorn throw. */
export function parseSource(path: string, source: string): SourceTree {
  const loader = path.slice(path.lastIndexOf(".") + 1).replace(/^[cm]/, "") as Loader;
  const { code, map } = transformSync(source, { loader, target: "es2022", sourcemap: "external", sourcefile: path });
  const originals = new SourceMap(JSON.parse(map));
  const program = parse(code, { ecmaVersion: "latest", sourceType: "module", locations: true });
  return {
    program: program as unknown as AnyNode,
    placeOf({ loc }) {
      const { line, column } = loc!.start;
      const entry = originals.findEntry(line - 1, column);
      if (!("originalLine" in entry)) return { line: 1, column: 1 };
      return { line: entry.originalLine + 1, column: entry.originalColumn + 1 };
    },
  };
}
