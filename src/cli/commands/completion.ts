/** `tornado completion`: prints a script that lets a shell complete commands and options. */

import type { Command } from "commander";
import { TornadoError } from "../../core/errors.js";
import { nearestName } from "../../core/nearest-name.js";

/** A command with its flags, as scripts need it. */
interface Completed {
  readonly name: string;
  readonly summary: string;
  /** Words that its first argument may be. */
  readonly words: readonly string[];
  readonly flags: readonly { readonly word: string; readonly description: string }[];
}

const SCRIPTS: Readonly<Record<string, (commands: readonly Completed[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** Prints the script for a shell. */
export function completion(shell: string, program: Command): void {
  const script = SCRIPTS[shell];
  if (script === undefined) {
    const nearest = nearestName(shell, Object.keys(SCRIPTS));
    const advice =
      nearest === undefined ? `Use one of ${Object.keys(SCRIPTS).join(", ")}.` : `Did you mean "${nearest}"?`;
    throw new TornadoError("BAD_OPTION", `There is no completion for "${shell}". ${advice}`);
  }
  process.stdout.write(script(program.commands.map(completed)));
}

function completed(command: Command): Completed {
  const flags = command
    .createHelp()
    .visibleOptions(command)
    .filter((option) => option.long)
    .map((option) => ({ word: option.long!, description: option.description }));
  return {
    name: command.name(),
    summary: command.summary(),
    words: command.registeredArguments[0]?.argChoices ?? [],
    flags,
  };
}

function bashScript(commands: readonly Completed[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const cases = commands.map(
    ({ name, words, flags }) => `    ${name}) words="${[...words, ...flags.map(({ word }) => word)].join(" ")}" ;;`,
  );
  return `# Put this line into ~/.bashrc: source <(tornado completion bash)
_tornado() {
  local words current="\${COMP_WORDS[COMP_CWORD]}"
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
    *) words="${names} --help --version" ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${names} --help --version"
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _tornado tornado
`;
}

function zshScript(commands: readonly Completed[]): string {
  const names = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const cases = commands.map(({ name, words, flags }) => {
    const specs = flags.map(({ word, description }) =>
      quoted(`${word}[${description.replace(/[[\]]/g, "\\$&").replaceAll(":", "\\:")}]`),
    );
    const first = words.length === 0 ? "" : ` '1:kind:(${words.join(" ")})'`;
    return `    ${name}) _arguments ${specs.join(" ")}${first} '*:file:_files' ;;`;
  });
  return `#compdef tornado
# Put this line into ~/.zshrc, below compinit: source <(tornado completion zsh)
_tornado() {
  local -a commands
  commands=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
compdef _tornado tornado
`;
}

function fishScript(commands: readonly Completed[]): string {
  const lines = commands.flatMap(({ name, summary, words, flags }) => [
    `complete -c tornado -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
    ...words.map((word) => `complete -c tornado -n '__fish_seen_subcommand_from ${name}' -f -a ${word}`),
    ...flags.map(
      ({ word, description }) =>
        `complete -c tornado -n '__fish_seen_subcommand_from ${name}' -l ${word.slice(2)} -d ${quoted(description)}`,
    ),
  ]);
  return `# Save this as ~/.config/fish/completions/tornado.fish\n${lines.join("\n")}\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
