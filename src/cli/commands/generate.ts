/** `tornado generate`: writes a first handler, WebSocket, UI module, template, files to deploy with, or the messages to translate. */

import { readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { appEntry, findAppRoot } from "../../core/app-root.js";
import { TornadoError } from "../../core/errors.js";
import { terminalStyle } from "../../core/terminal-style.js";
import { applyGeneration, refuseOverwriting } from "../../scaffold/generators/apply-generation.js";
import type { GeneratedApp, Generation } from "../../scaffold/generators/generation.js";
import { generatorOf } from "../../scaffold/generators/generator-list.js";

/** What may be said besides kind and name. */
export interface GenerateFlags {
  readonly dryRun?: true;
  /** Of `locale`. */
  readonly domain?: string;
}

/** Generates what is asked for in the app around the current folder, or only says what it would be. */
export async function generate(kind: string, name: string | undefined, flags: GenerateFlags): Promise<void> {
  const root = findAppRoot(process.cwd());
  const entry = relative(root, appEntry(root)).split(sep).join("/");
  const app: GeneratedApp = { root, entry, read: (path) => readIfThere(join(root, path)) };
  const isDryRun = flags.dryRun ?? false;
  if (kind !== "locale" && flags.domain !== undefined) {
    throw new TornadoError("BAD_OPTION", `--domain is for "tornado generate locale". Leave it out.`);
  }
  const generation = kind === "locale" ? await locale(app, name, flags) : generatorOf(kind)(app, name);
  refuseOverwriting(root, generation);
  if (!isDryRun) applyGeneration(root, generation);

  const style = terminalStyle(process.stdout);
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const [create, change] = isDryRun ? ["would create", "would change"] : ["created", "changed"];
  for (const path of Object.keys(generation.created)) say(`${style.green(create!)}  ${path}`);
  for (const path of Object.keys(generation.changed)) say(`${style.yellow(change!)}  ${path}`);
  for (const note of generation.notes) say(`\n${note}`);
}

/** Loads the parsers that finding messages takes, and asks the app where its templates are. */
async function locale(app: GeneratedApp, language: string | undefined, { domain }: GenerateFlags): Promise<Generation> {
  const [{ generateLocale }, { readAppSettings }] = await Promise.all([
    import("../../scaffold/generators/locale.js"),
    import("../../bundle/app-settings.js"),
  ]);
  const findTemplates = async () => (await readAppSettings(app.root)).templatePath;
  return generateLocale(app, language, { domain, findTemplates });
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
