/** Reads the text of an `.env` file line by line, and tells of each line that says nothing. */

import { parseEnv } from "node:util";

/** What a text gives. */
export interface EnvText {
  readonly values: Readonly<Record<string, string>>;
  readonly faults: readonly EnvFault[];
}

/** A line that was left out. */
export interface EnvFault {
  /** From 1. */
  readonly line: number;
  /** What is wrong and what to do, as sentences. Nothing of the line is in it: it may be half of a secret. */
  readonly text: string;
}

const comment = /^\s*(?:#.*)?$/;
const exportWord = /^export\s+/;
const variableName = /^[\w.-]+$/;
/** A variable that begins right before a quote: that quote is its own, and closes none from further up. */
const nextAssignment = /^\s*(?:export\s+)?[\w.-]+\s*=\s*$/;

/** Gives the values of the lines that are well-formed; one that is not takes no other along, as it would with Node's parser. */
export function readEnvText(bytes: Uint8Array): EnvText {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { values: {}, faults: [{ line: 1, text: "The file is UTF-16. Save it as UTF-8." }] };
  }
  // The decoder takes a byte order mark away, which would become part of the first name.
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\n|\r/);
  const values: Record<string, string> = {};
  const faults: EnvFault[] = [];
  for (let index = 0; index < lines.length; ) {
    const { count, name, value, fault } = readEntry(lines, index);
    if (fault !== undefined) faults.push({ line: index + 1, text: fault });
    if (name !== undefined) Object.assign(values, parseEnv(`${name}=${value}`));
    index += count;
  }
  return { values, faults };
}

interface Entry {
  /** How many lines it takes. */
  readonly count: number;
  readonly name?: string;
  /** As it is written, quotes included. */
  readonly value?: string;
  readonly fault?: string;
}

function readEntry(lines: readonly string[], index: number): Entry {
  const line = lines[index]!;
  if (comment.test(line)) return { count: 1 };
  const equals = line.indexOf("=");
  if (equals === -1) {
    return { count: 1, fault: 'There is no "=" in this line. Write NAME=value, or begin a comment with "#".' };
  }
  const name = line.slice(0, equals).trim().replace(exportWord, "");
  const value = line.slice(equals + 1).trimStart();
  if (!variableName.test(name)) {
    return { count: 1, fault: 'What stands before "=" is no name. Use letters, digits and "_".' };
  }
  const entry =
    "\"'`".includes(value.charAt(0)) && value !== "" ? quotedEntry(lines, index, name, value) : plain(name, value);
  const isText = entry.value === undefined || !/[\0\uFFFD]/.test(entry.value);
  return isText ? entry : { count: entry.count, fault: "The value is not UTF-8 text. Save the file as UTF-8." };
}

function plain(name: string, value: string): Entry {
  return { count: 1, name, value };
}

/** A quoted value may go over several lines, as keys and certificates do. */
function quotedEntry(lines: readonly string[], index: number, name: string, begin: string): Entry {
  const quote = begin.charAt(0);
  let value = begin;
  for (let count = 1; ; count += 1) {
    const end = value.indexOf(quote, 1);
    if (end !== -1) {
      if (comment.test(value.slice(end + 1))) return { count, name, value: value.slice(0, end + 1) };
      return {
        count,
        fault: `There is more behind the closing ${quote}. Quote the whole value, with another quote than those in it.`,
      };
    }
    const next = lines[index + count];
    const at = next?.indexOf(quote) ?? -1;
    if (next === undefined || (at !== -1 && nextAssignment.test(next.slice(0, at)))) break;
    value += `\n${next}`;
  }
  return { count: 1, fault: `The ${quote} is not closed. Put another one at the end of the value.` };
}
