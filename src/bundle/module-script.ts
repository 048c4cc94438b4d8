/** Writes modules of a graph into one script, which V8 compiles at once and can keep what it compiled of. */

import { sharedHelpers } from "./module-factory.js";
import type { ModuleGraph } from "./module-graph.js";

/** A script whose value is a {@link ModuleTable}. */
export interface ModuleScript {
  readonly code: string;
  /** Source maps, read when an error is looked at: those of each module, in the order of the script. */
  readonly maps: readonly ScriptMap[];
}

/** The map of one module. */
export interface ScriptMap {
  /** Absolute path of the source. */
  readonly file: string;
  /** Line of the script, counted from 1, that the module's code begins with. */
  readonly line: number;
  /** How many lines the map has before that. */
  readonly skippedLines: number;
  /** The map itself, JSON. */
  readonly map: string;
}

/** Writes the modules at these places of a graph. */
export async function writeModuleScript(graph: ModuleGraph, indexes: Iterable<number>): Promise<ModuleScript> {
  const pieces = [`(() => {\n${(await sharedHelpers()).join("")}return {\n`];
  const maps: ScriptMap[] = [];
  let line = linesIn(pieces[0]!) + 1;
  for (const index of indexes) {
    const { file, imports, hasDefaultAlone, factory } = graph.modules[index]!;
    const { skippedLines, map, stars } = factory;
    const code = hasDefaultAlone ? `${factory.code}${defaultAlone}` : factory.code;
    const sorts = stars.length > 0 || file.endsWith(".json") ? "sorts: true, " : "";
    // In brackets: V8 then compiles the function ahead, and not when it is called.
    const piece = `${index}: { imports: ${JSON.stringify(imports)}, ${sorts}run: (function ($module, $import, $meta) { "use strict";\n${code}\n}) },\n`;
    maps.push({ file, line: line + 1, skippedLines, map });
    pieces.push(piece);
    line += linesIn(piece);
  }
  pieces.push("};\n})()\n");
  return { code: pieces.join(""), maps };
}

const defaultAlone = "$module.exports = { default: $module.exports.default };\n";

function linesIn(text: string): number {
  return text.split("\n").length - 1;
}
