/** `tornado generate`: writes the first version of a handler, a UI module, a template or the files to deploy with. */

import { readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { appEntry, findAppRoot } from "../../core/app-root.js";
import { terminalStyle } from "../../core/terminal-style.js";
import { applyGeneration, refuseOverwriting } from "../../scaffold/generators/apply-generation.js";
import { generatorOf } from "../../scaffold/generators/generator-list.js";

/** Generates what is asked for in the app around the current folder, or only says what it would be. */
export function generate(kind: string, name: string | undefined, isDryRun: boolean): void {
  const generator = generatorOf(kind);
  const root = findAppRoot(process.cwd());
  const entry = relative(root, appEntry(root)).split(sep).join("/");
  const generation = generator({ root, entry, read: (path) => readIfThere(join(root, path)) }, name);
  refuseOverwriting(root, generation);
  if (!isDryRun) applyGeneration(root, generation);

  const style = terminalStyle(process.stdout);
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const [create, change] = isDryRun ? ["would create", "would change"] : ["created", "changed"];
  for (const path of Object.keys(generation.created)) say(`${style.green(create!)}  ${path}`);
  for (const path of Object.keys(generation.changed)) say(`${style.yellow(change!)}  ${path}`);
  for (const note of generation.notes) say(`\n${note}`);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return undefined;
    throw thrown;
  }
}
