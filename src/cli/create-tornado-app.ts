/** The program `create-tornado-app`: its command line, and what it hands to the scaffold. */

import { join, relative } from "node:path";
import { Command, Option } from "commander";
import { TornadoError } from "../core/errors.js";
import { nearestName } from "../core/nearest-name.js";
import { terminalStyle } from "../core/terminal-style.js";
import { listAppTemplates } from "../scaffold/app-templates.js";
import { untilCancelled } from "../scaffold/cancellation.js";
import { createApp } from "../scaffold/create-app.js";
import { type PackageOrigin, packageOrigin } from "../scaffold/dependency-spec.js";
import { shellQuoted } from "../scaffold/next-steps.js";
import {
  detectPackageManager,
  PACKAGE_MANAGER_NAMES,
  type PackageManagerName,
  packageManagerNamed,
} from "../scaffold/package-manager.js";
import { styleProgram } from "./help-style.js";
import { packageRoot, packageVersion } from "./own-package.js";
import { type ProgramResult, runProgram } from "./run-program.js";

interface Flags {
  readonly template?: string;
  readonly listTemplates?: true;
  readonly yes?: true;
  readonly install: boolean;
  readonly git: boolean;
  readonly packageManager?: string;
  readonly force?: true;
  readonly dryRun?: true;
  readonly dev?: true;
}

const templatesFolder = join(packageRoot, "templates");

const EXAMPLES = `
At a terminal it asks for what is not given. Elsewhere it never asks.

Examples:
  create-tornado-app                          ask for everything
  create-tornado-app shop                     make ./shop from the template app
  create-tornado-app shop --template minimal  make it from another template
  create-tornado-app . --force                make it among what is here
`;

/** Runs the program and ends the process. */
export async function main(programArguments: readonly string[]): Promise<void> {
  const result: ProgramResult = { exitCode: 0 };
  const program = styleProgram(new Command("create-tornado-app"))
    .description("Makes a Tornado app: a web server in TypeScript, with templates, tests and a dev server.")
    .argument("[directory]", 'folder of the new app, or "." for this one')
    .option("-t, --template <name>", "app template (default: app)")
    .option("--list-templates", "list the app templates")
    .option("-y, --yes", "ask nothing, and take the defaults")
    .option("--no-install", "install no packages")
    .option("--no-git", "start no git repository")
    .addOption(
      new Option("--package-manager <name>", `${PACKAGE_MANAGER_NAMES.join(", ")} (default: the one that runs this)`),
    )
    .option("--force", "use a folder that is not empty: what is there is kept, what is missing is made")
    .option("--dry-run", "list what would be made, and make nothing")
    .option("--dev", "serve the app when it is made")
    .option("--verbose", "show the stack of an error")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .allowExcessArguments(true)
    .action(async (directory: string | undefined, flags: Flags) => {
      refuseMoreFolders(program.args);
      if (flags.listTemplates) listTemplates();
      else result.exitCode = await create(directory, flags);
    });
  await runProgram(program, programArguments, result);
}

/** Of `npm create tornado-app shop --template minimal`, npm keeps the option, and hands its value on as one more folder. */
function refuseMoreFolders(words: readonly string[]): void {
  if (words.length <= 1) return;
  const hint =
    process.env.npm_command === "exec"
      ? ' npm keeps options for itself: write "--" before them, as in "npm create tornado-app shop -- --template minimal".'
      : "";
  const given = words.map((word) => JSON.stringify(word)).join(" and ");
  throw new TornadoError("BAD_OPTION", `One folder is expected, but there are too many arguments: ${given}.${hint}`);
}

async function create(directory: string | undefined, flags: Flags): Promise<number> {
  const packageManager = packageManagerNamed(chosenPackageManager(flags.packageManager));
  const origin = packageOrigin(packageRoot);
  // A question moves the cursor, which a dumb terminal cannot.
  const canAsk = !process.env.CI && process.env.TERM !== "dumb";
  const isAtTerminal = Boolean(process.stdin.isTTY && process.stdout.isTTY) && canAsk;
  const folder = await untilCancelled((signal) =>
    createApp(
      {
        directory,
        template: flags.template,
        packageManager,
        install: flags.install,
        git: flags.git,
        force: flags.force ?? false,
        dryRun: flags.dryRun ?? false,
        dev: flags.dev ?? false,
        isInteractive: isAtTerminal && !flags.yes,
        workingFolder: process.cwd(),
        templatesFolder,
        origin,
        programCommand: programCommand(origin, packageManager.runPackage),
        tornadoCommand:
          origin.kind === "file" ? `node ${shellQuoted(join(packageRoot, "bin", "tornado.js"))}` : undefined,
        style: terminalStyle(process.stdout),
        say: (line) => process.stdout.write(`${line}\n`),
      },
      signal,
    ),
  );
  if (!flags.dev || flags.dryRun) return 0;
  process.stdout.write("\n");
  const { serveNewApp } = await import("./commands/dev.js");
  return serveNewApp(folder);
}

function chosenPackageManager(flag: string | undefined): PackageManagerName {
  if (flag === undefined) return detectPackageManager(process.env);
  const chosen = PACKAGE_MANAGER_NAMES.find((name) => name === flag);
  if (chosen !== undefined) return chosen;
  const nearest = nearestName(flag, PACKAGE_MANAGER_NAMES);
  const advice =
    nearest === undefined ? `Use one of ${PACKAGE_MANAGER_NAMES.join(", ")}.` : `Did you mean "${nearest}"?`;
  throw new TornadoError("BAD_OPTION", `--package-manager "${flag}" is not known. ${advice}`);
}

function listTemplates(): void {
  const style = terminalStyle(process.stdout);
  const templates = listAppTemplates(templatesFolder);
  const width = Math.max(...templates.map((template) => template.name.length)) + 2;
  for (const { name, description } of templates)
    process.stdout.write(`${style.bold(name.padEnd(width))}${description}\n`);
}

/** A published version is run by its name; another copy by the path of its launcher. */
function programCommand(origin: PackageOrigin, runPackage: string): string {
  if (origin.kind === "published") return `${runPackage} create-tornado-app@${origin.version}`;
  const launcher = join(packageRoot, "bin", "create-tornado-app.js");
  const fromHere = relative(process.cwd(), launcher);
  return `node ${shellQuoted(fromHere.startsWith("..") ? launcher : fromHere)}`;
}
