/** How the help of both programs looks, and how commander's own errors are left to us. */

import type { Command } from "commander";
import { type TerminalStyle, terminalStyle } from "../core/terminal-style.js";

/** Sets up a program: readable help, errors thrown instead of printed, and no exit behind our back. */
export function styleProgram(program: Command): Command {
  const style: TerminalStyle = terminalStyle(process.stdout);
  return program
    .configureHelp({
      showGlobalOptions: false,
      // The description names the words already, which an argument only has for completion.
      argumentDescription: (argument) => argument.description,
      styleTitle: (text) => style.bold(text),
      styleCommandText: (text) => style.cyan(text),
      styleSubcommandTerm: (text) => style.cyan(text),
      styleOptionTerm: (text) => style.cyan(text),
      styleArgumentTerm: (text) => style.cyan(text),
      subcommandTerm: (command) =>
        [command.name(), command.registeredArguments.map((a) => `<${a.name()}>`).join(" ")].join(" ").trim(),
    })
    .configureOutput({
      outputError: () => {},
      getOutHasColors: () => style.bold("") !== "",
      getErrHasColors: () => style.bold("") !== "",
    })
    .exitOverride()
    .showSuggestionAfterError(true);
}
