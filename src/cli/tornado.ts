/** The program `tornado`: its commands and their options. What a command does is loaded when it is called. */

import { Argument, Command } from "commander";
import { TornadoError } from "../core/errors.js";
import { nearestName } from "../core/nearest-name.js";
import { BUILD_OPTIONS, DEV_OPTIONS, START_OPTIONS } from "./command-options.js";
import type { GenerateFlags } from "./commands/generate.js";
import { styleProgram } from "./help-style.js";
import { handOverToLocalInstall } from "./local-install.js";
import { packageVersion } from "./own-package.js";
import { addOptions, typedFlags } from "./parse-options.js";
import { type ProgramResult, runProgram } from "./run-program.js";

/** What `tornado generate` can write. */
const GENERATED_KINDS = ["handler", "websocket", "module", "template", "deploy", "locale"];

const AFTER_HELP = `
Every option of dev, build and start has an environment variable, such as
TORNADO_PORT for --port, and a key in tornado.config.ts, such as
{ dev: { port: 8000 } }. A flag beats the environment, which beats the file.

Run "tornado <command> --help" for the options of a command.
`;

/** Runs the program and ends the process. */
export async function main(programArguments: readonly string[]): Promise<void> {
  if (concernsAnApp(programArguments) && (await handOverToLocalInstall())) return;
  const result: ProgramResult = { exitCode: 0 };
  await runProgram(tornadoProgram(result), programArguments, result);
}

/** Builds the program. Its commands leave their exit code in `result`. */
export function tornadoProgram(result: ProgramResult): Command {
  const program = styleProgram(new Command("tornado"))
    .usage("<command> [options]")
    .description("Develops, checks, builds and serves a Tornado app.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .addHelpText("after", AFTER_HELP);

  addOptions(command(program, "dev", "serve the app, and again after every save"), DEV_OPTIONS).action(
    async (_, self: Command) => {
      const { dev } = await import("./commands/dev.js");
      result.exitCode = await dev(typedFlags(self));
    },
  );
  addOptions(command(program, "build", "bundle the app into a folder that runs with Node alone"), BUILD_OPTIONS).action(
    async (_, self: Command) => {
      const { build } = await import("./commands/build.js");
      result.exitCode = await build(typedFlags(self));
    },
  );
  addOptions(command(program, "start", "serve what was built, as in production"), START_OPTIONS).action(
    async (_, self: Command) => {
      const { start } = await import("./commands/start.js");
      result.exitCode = await start(typedFlags(self));
    },
  );
  command(program, "routes", "list which handler answers which URL")
    .option("--json", "print JSON")
    .action(async (flags: { json?: true }) => {
      const { routes } = await import("./commands/routes.js");
      result.exitCode = await routes(flags.json ?? false);
    });
  command(program, "check", "find errors in types, templates and settings").action(async () => {
    const { check } = await import("./commands/check.js");
    result.exitCode = await check();
  });
  command(program, "generate", "write a handler, WebSocket, template or other files")
    .addArgument(completedArgument("<kind>", "handler, websocket, module, template, deploy or locale", GENERATED_KINDS))
    .argument("[name]", "such as stories/archive; of deploy: docker, systemd, nginx; of locale: a language")
    .option("--domain <name>", "of locale: name of the files (default: messages)")
    .option("--dry-run", "list what would be written, and write nothing")
    .action(async (kind: string, name: string | undefined, flags: GenerateFlags) => {
      const { generate } = await import("./commands/generate.js");
      await generate(kind, name, flags);
    });
  command(program, "shell", "try code at a prompt, with the app at hand").action(async () => {
    const { shell } = await import("./commands/shell.js");
    result.exitCode = await shell();
  });
  command(program, "secret", "print a new secret for signing cookies").action(async () => {
    const { secret } = await import("./commands/secret.js");
    secret();
  });
  command(program, "info", "print versions and folders, for a bug report")
    .option("--json", "print JSON")
    .action(async (flags: { json?: true }) => {
      const { info } = await import("./commands/info.js");
      info(flags.json ?? false);
    });
  command(program, "completion", "print a completion script for bash, zsh or fish")
    .addArgument(completedArgument("<shell>", "bash, zsh or fish", ["bash", "zsh", "fish"]))
    .action(async (shell: string) => {
      const { completion } = await import("./commands/completion.js");
      completion(shell, program);
    });
  // Without a command there is nothing to do but to tell what there is.
  program.allowExcessArguments(true).action(() => {
    const [word, topic] = program.args;
    if (word !== undefined && word !== "help") throw unknownCommand(program, word);
    helpAbout(program, topic).outputHelp();
  });
  for (const each of program.commands) each.option("--verbose", "show the stack of an error");
  return program;
}

function command(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(`${description[0]!.toUpperCase()}${description.slice(1)}.`)
    .summary(description)
    .helpOption("-h, --help", "print this help")
    .allowExcessArguments(false);
}

/** An argument whose words are completed by a shell, and checked by its command, which knows the nearest one. */
function completedArgument(name: string, description: string, words: readonly string[]): Argument {
  const argument = new Argument(name, description);
  argument.argChoices = [...words];
  return argument;
}

/** `tornado help dev` is what many a person tries first. */
function helpAbout(program: Command, topic: string | undefined): Command {
  if (topic === undefined) return program;
  const found = program.commands.find((each) => each.name() === topic);
  if (found === undefined) throw unknownCommand(program, topic);
  return found;
}

function unknownCommand(program: Command, word: string): TornadoError {
  const names = program.commands.map((each) => each.name());
  const nearest = nearestName(word, names);
  const advice = nearest === undefined ? `There are: ${names.join(", ")}.` : `Did you mean "${nearest}"?`;
  return new TornadoError("BAD_OPTION", `There is no command "${word}". ${advice}`);
}

/** These say nothing about an app, or work without one. */
function concernsAnApp(programArguments: readonly string[]): boolean {
  const word = programArguments.find((argument) => !argument.startsWith("-"));
  return word !== undefined && !["secret", "completion", "help"].includes(word);
}
