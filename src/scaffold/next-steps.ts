/** Tells what was made, what to type next, and the command that makes the same again. */

import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Creation } from "./creation.js";
import { drawTree } from "./tree.js";

/** Prints the end of a run. */
export function nextSteps(creation: Creation): void {
  const { options, files, target } = creation;
  const { say, style } = options;

  say(`${style.green("✔")} ${whatWasMade(creation)}`);
  if (files.length > 0) {
    say("");
    for (const row of drawTree(files.map((file) => file.path))) say(`  ${style.dim(row.slice(0, 2))}${row.slice(2)}`);
    if (target.kept.length > 0) say(`\n  Kept as they were: ${target.kept.join(", ")}.`);
  }
  for (const line of remarks(creation)) say(line === "" ? "" : `  ${line}`);

  if (!options.dev) {
    say("");
    say("Next:");
    say("");
    for (const command of commands(creation)) say(`  ${style.cyan(command)}`);
    if (!creation.isInstalled && options.tornadoCommand !== undefined) {
      say("");
      say(style.dim(`It also runs without installing anything: ${options.tornadoCommand} dev`));
    }
  }
  say("");
  say(style.dim(`The same again: ${repeatCommand(creation)}`));
}

function whatWasMade(creation: Creation): string {
  const { files, options, template } = creation;
  const folder = options.style.bold(shownFolder(creation));
  if (files.length === 0) return `All of the template ${template.name} is in ${folder} already: nothing was made.`;
  return `Made ${folder} from the template ${template.name}: ${counted(files.length)}.`;
}

/** Gives the whole command line of this run, with every answer as a flag. */
export function repeatCommand({ options, directory, template }: Creation): string {
  const words = [options.programCommand, shellQuoted(directory), "--template", template.name];
  words.push("--package-manager", options.packageManager.name);
  if (!options.install) words.push("--no-install");
  if (!options.git) words.push("--no-git");
  if (options.force) words.push("--force");
  if (options.dev) words.push("--dev");
  return [...words, "--yes"].join(" ");
}

/** Gives a word as a POSIX shell reads it back. */
export function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Counts files in words. */
export function counted(count: number): string {
  return count === 1 ? "1 file" : `${count} files`;
}

/** The folder as the person would type it. */
export function shownFolder({ options, target }: Creation): string {
  const path = relative(options.workingFolder, target.folder);
  if (path === "") return "this folder";
  return path.startsWith("..") ? target.folder : path;
}

function commands(creation: Creation): string[] {
  const { packageManager, workingFolder } = creation.options;
  const lines: string[] = [];
  if (creation.target.folder !== workingFolder) lines.push(`cd ${shellQuoted(shownFolder(creation))}`);
  if (!creation.isInstalled) lines.push(packageManager.installCommand);
  lines.push(packageManager.runCommand("dev"));
  return lines;
}

function remarks({ options, gitOutcome, target, isInstalled }: Creation): string[] {
  const lines: string[] = [];
  if (options.install && !isInstalled)
    lines.push("Installed nothing, since package.json or its packages were there before.");
  if (gitOutcome.state === "staged")
    lines.push(`Started a git repository without a first commit: ${gitOutcome.reason}.`);
  if (options.git && gitOutcome.state === "none" && gitOutcome.reason)
    lines.push(`Started no git repository: ${gitOutcome.reason}.`);
  if (target.kept.includes(".gitignore") && !ignoresSecrets(target.folder)) {
    lines.push("Add a line with .env to your .gitignore: that file holds the cookie secret.");
  }
  return lines.length === 0 ? [] : ["", ...lines];
}

function ignoresSecrets(folder: string): boolean {
  return /^\/?\.env\*?\s*$/m.test(readFileSync(join(folder, ".gitignore"), "utf8"));
}
