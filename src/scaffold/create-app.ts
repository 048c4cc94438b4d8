/**
 * Makes an app: an array of steps, of which each may refuse.
 *
 * All or nothing: until the last but one has ended, everything stands in a place that is taken away again on a refusal, an
 * error or a cancellation. Nothing that was there before is ever written to, renamed or removed.
 */

import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { TornadoError } from "../core/errors.js";
import { plainStyle, type TerminalStyle } from "../core/terminal-style.js";
import { appFiles } from "./app-files.js";
import { judgeAppName } from "./app-name.js";
import { DEFAULT_TEMPLATE, findAppTemplate, listAppTemplates } from "./app-templates.js";
import type { CreateAppOptions, Creation, Step } from "./creation.js";
import { dependencySpec } from "./dependency-spec.js";
import { openDestination } from "./destination.js";
import { noSpaceLeft } from "./file-errors.js";
import { isInsideRepository, startRepository } from "./git.js";
import { InstallFailedError, installPackages } from "./install.js";
import { counted, nextSteps, repeatCommand, shownFolder } from "./next-steps.js";
import { INSTALL_TRACES } from "./package-manager.js";
import { examineTarget } from "./target.js";

const DEFAULT_DIRECTORY = "tornado-app";

/** After this long, a silent install looks as if it hung. */
const PATIENCE_MS = 15_000;

const STEPS: readonly Step[] = [askForTheRest, verifyTarget, copy, install, git, complete, nextSteps];
const DRY_RUN_STEPS: readonly Step[] = [askForTheRest, verifyTarget, tellFiles];

/**
 * Makes an app, or says why not.
 *
 * @param signal - Aborting it undoes everything; the reason is then thrown.
 * @returns The absolute path of the app.
 * @throws TornadoError with one line for the person.
 */
export async function createApp(options: CreateAppOptions, signal: AbortSignal): Promise<string> {
  const templates = listAppTemplates(options.templatesFolder);
  const creation: Creation = {
    options,
    templates,
    signal,
    directory: options.directory ?? DEFAULT_DIRECTORY,
    template: findAppTemplate(templates, options.template ?? DEFAULT_TEMPLATE),
    target: { folder: "", exists: false, kept: [] },
    files: [],
    destination: undefined,
    isInstalled: false,
    gitOutcome: { state: "none" },
  };
  if (options.directory !== undefined) nameOf(creation);
  try {
    for (const step of options.dryRun ? DRY_RUN_STEPS : STEPS) {
      // Signals are delivered between turns: without one, a Ctrl-C during the copying would be seen too late.
      await nextTurn();
      signal.throwIfAborted();
      await step(creation);
    }
  } catch (error) {
    creation.destination?.undo();
    throw error;
  }
  return creation.target.folder;
}

/** `prompts` is loaded only where a question may be asked. */
async function askForTheRest(creation: Creation): Promise<void> {
  const { ask } = await importWithColourOf(creation.options.style, () => import("./ask.js"));
  await ask(creation);
}

/** `prompts` decides on its colours when it is loaded, and does not know `NO_COLOR`; this variable it knows. */
async function importWithColourOf<Module>(style: TerminalStyle, load: () => Promise<Module>): Promise<Module> {
  const before = process.env.NODE_DISABLE_COLORS;
  if (style === plainStyle) process.env.NODE_DISABLE_COLORS = "1";
  try {
    return await load();
  } finally {
    if (before === undefined) delete process.env.NODE_DISABLE_COLORS;
    else process.env.NODE_DISABLE_COLORS = before;
  }
}

function verifyTarget(creation: Creation): void {
  const { options } = creation;
  const folder = resolve(options.workingFolder, creation.directory);
  const details = {
    name: nameOf(creation),
    dependency: dependencySpec(options.origin),
    packageManager: options.packageManager,
  };
  const files = appFiles(creation.template, details);
  creation.target = examineTarget(
    folder,
    files.map((file) => file.path),
    options.force,
  );
  creation.files = files.filter((file) => !creation.target.kept.includes(file.path));
}

function copy(creation: Creation): void {
  creation.destination = openDestination(creation.target);
  creation.destination.write(creation.files);
}

async function install(creation: Creation): Promise<void> {
  const { options, target } = creation;
  const isUsersOwn = ["package.json", ...INSTALL_TRACES].some((name) => existsBefore(creation, name));
  if (!options.install || isUsersOwn) return;
  const { name } = options.packageManager;
  options.say(options.style.dim(`Installing packages with ${name} …`));
  const patience = setTimeout(() => {
    options.say(options.style.dim(`${name} is still at it. Ctrl-C calls all of it off.`));
  }, PATIENCE_MS);
  try {
    await installPackages(creation.destination!.folder, options.packageManager, creation.signal);
  } catch (error) {
    if (!(error instanceof InstallFailedError)) throw error;
    if (/\bENOSPC\b/.test(error.output)) throw noSpaceLeft(dirname(target.folder));
    const without = repeatCommand({ ...creation, options: { ...options, install: false } });
    const message = `${error.message}, so ${target.exists ? "everything was put back" : "nothing was made"}. Make it without installing: ${without}`;
    throw new InstallFailedError(message, error.output);
  } finally {
    clearTimeout(patience);
  }
  creation.isInstalled = true;
}

async function git(creation: Creation): Promise<void> {
  if (!creation.options.git) return;
  const folder = creation.destination!.folder;
  // Of a new app, the temporary folder lies in the same place, so that the answer is the same.
  if (existsSync(join(folder, ".git"))) return;
  if (await isInsideRepository(folder, creation.signal)) {
    creation.gitOutcome = { state: "none", reason: "it is inside one already" };
    return;
  }
  const lockFiles = INSTALL_TRACES.filter((name) => !name.startsWith(".") && name !== "node_modules");
  const paths = creation.files.map((file) => file.path).filter((path) => path !== ".env");
  creation.gitOutcome = await startRepository(folder, [...new Set([...paths, ...lockFiles])], creation.signal);
}

function complete(creation: Creation): void {
  creation.destination!.complete();
  // From here on the app is whole: nothing may take it away any more.
  creation.destination = undefined;
}

function tellFiles(creation: Creation): void {
  const { files, options, target } = creation;
  options.say(
    `Would make ${shownFolder(creation)} from the template ${creation.template.name}: ${counted(files.length)}.`,
  );
  for (const file of files) options.say(`  ${file.path}`);
  for (const path of target.kept) options.say(options.style.dim(`  ${path} (kept as it is)`));
}

/** The app's name is its folder's. Only that of the current folder is corrected in silence: it is too late to choose another. */
function nameOf(creation: Creation): string {
  const { directory, options } = creation;
  const folder = resolve(options.workingFolder, directory);
  const name = basename(folder);
  // An empty word is most likely a variable that a script has not set, and not a wish for the current folder.
  const { faults, corrected } = judgeAppName(directory === "" ? "" : name);
  if (faults.length === 0) return name;
  if (folder === options.workingFolder && directory !== "") return corrected;
  const better = join(dirname(directory), corrected);
  throw new TornadoError(
    "BAD_APP_NAME",
    `${JSON.stringify(name === "" || directory === "" ? directory : name)} cannot be the name of an app: ${faults.join("; ")}. Try "${better}".`,
  );
}

function existsBefore(creation: Creation, name: string): boolean {
  return (
    creation.target.exists &&
    !creation.files.some((file) => file.path === name) &&
    existsSync(join(creation.target.folder, name))
  );
}
