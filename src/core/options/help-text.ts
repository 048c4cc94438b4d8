/** Writes what `--help` says, in the columns that Tornado has. */

import type { Option } from "./option.js";

/** Width of the names, of what stands before the descriptions, and of the whole. */
const nameWidth = 30;
const indentation = 35;
const lineWidth = 79;

/** Gives the text for options by the names that the command line has for them. */
export function helpText(program: string, options: ReadonlyMap<string, Option>): string {
  const groups = new Map<string, [string, Option][]>();
  for (const [name, option] of [...options].sort(byName)) {
    const group = option.definition.group ?? "";
    groups.set(group, [...(groups.get(group) ?? []), [name, option]]);
  }
  const lines = [`Usage: ${program} [OPTIONS]`, "", "Options:", ""];
  for (const [group, members] of [...groups].sort(byName)) {
    if (group !== "") lines.push("", `${group} options:`, "");
    for (const [name, option] of members) lines.push(...entry(name, option));
  }
  return `${lines.join("\n")}\n\n`;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : Number(a > b);
}

function entry(name: string, { definition }: Option): string[] {
  const { help = "", metavar } = definition;
  const shown = metavar === undefined ? name : `${name}=${metavar}`;
  const initial = describe(definition.default);
  const description = initial === "" ? help : `${help} (default ${initial})`;
  const [first = "", ...rest] = wrap(description.trim());
  const isTooLong = shown.length > nameWidth;
  const lines = [`  --${shown.padEnd(nameWidth)} ${isTooLong ? "" : first}`, ...(isTooLong ? [first] : []), ...rest];
  return lines.map((line, index) => (index === 0 ? line : " ".repeat(indentation) + line).trimEnd());
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return "";
  return value instanceof Date ? value.toISOString() : String(value);
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > lineWidth - indentation) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
