/** What an option of a command is: its flag, its environment variable, its key in tornado.config.ts, and the values it takes. */

import { isIP } from "node:net";

/** The kinds of values, each with one way of being read and checked. */
export type OptionKind = "integer" | "seconds" | "boolean" | "string" | "host" | "inspect";

/** The value of an option after it was checked. */
export type OptionValue = string | number | boolean | undefined;

/** One row of a command's table. */
export interface OptionDefinition {
  /** Key of the result and of the command's section in tornado.config.ts, such as `liveReload`. */
  readonly name: string;
  /** As commander takes it, such as `--port <number>`. A flag that begins with `--no-` turns the option off. */
  readonly flag: string;
  /** Environment variable, such as `TORNADO_PORT`. */
  readonly environment: string;
  readonly kind: OptionKind;
  /** `undefined` when the option is off unless given. */
  readonly default: OptionValue;
  /** Smallest and largest number allowed. */
  readonly range?: readonly [number, number];
  /** The only words allowed. */
  readonly choices?: readonly string[];
  readonly description: string;
}

/** Port of Node's inspector when none is named. */
const INSPECTOR_PORT = 9229;

const TRUE_WORDS = ["1", "true", "yes", "on"];
const FALSE_WORDS = ["0", "false", "no", "off", ""];

interface KindRule {
  /** Continues the sentence "… is not". */
  readonly expected: (definition: OptionDefinition) => string;
  /** Gives `undefined` for a value that is not of the kind. */
  readonly read: (raw: unknown, definition: OptionDefinition) => OptionValue;
}

const KINDS: Readonly<Record<OptionKind, KindRule>> = {
  integer: { expected: (definition) => `a whole number${rangeInWords(definition)}`, read: integer },
  seconds: { expected: (definition) => `a number of seconds${rangeInWords(definition)}`, read: seconds },
  boolean: { expected: () => "a yes or a no: use true or false", read: boolean },
  string: {
    expected: ({ choices }) => (choices === undefined ? "a text with something in it" : `one of ${choices.join(", ")}`),
    read: (raw, { choices }) =>
      typeof raw === "string" && raw !== "" && choices?.includes(raw) !== false ? raw : undefined,
  },
  host: { expected: () => "a host: use a name such as localhost, or an address such as 0.0.0.0", read: host },
  inspect: { expected: () => "a port: use a whole number from 0 to 65535", read: inspect },
};

/** A value that was read, or what is wrong with it. */
export type Reading = { readonly value: OptionValue } | { readonly fault: string };

/** Reads the value of an option, which is text from a flag or the environment, and anything from a file. */
export function readOption(definition: OptionDefinition, raw: unknown): Reading {
  const rule = KINDS[definition.kind];
  const value = rule.read(raw, definition);
  return value === undefined ? { fault: `is not ${rule.expected(definition)}` } : { value };
}

function rangeInWords({ range }: OptionDefinition): string {
  if (range === undefined) return "";
  return range[1] === Number.MAX_SAFE_INTEGER ? ` of at least ${range[0]}` : ` from ${range[0]} to ${range[1]}`;
}

function integer(
  raw: unknown,
  { range = [0, Number.MAX_SAFE_INTEGER] }: Pick<OptionDefinition, "range">,
): number | undefined {
  const value =
    typeof raw === "number" ? raw : typeof raw === "string" && /^\d{1,16}$/.test(raw) ? Number(raw) : Number.NaN;
  return Number.isInteger(value) && value >= range[0] && value <= range[1] ? value : undefined;
}

function seconds(raw: unknown, { range = [0, Number.MAX_SAFE_INTEGER] }: OptionDefinition): number | undefined {
  const value =
    typeof raw === "number" ? raw : typeof raw === "string" && /^\d+(?:\.\d+)?$/.test(raw) ? Number(raw) : Number.NaN;
  return Number.isFinite(value) && value >= range[0] && value <= range[1] ? value : undefined;
}

/** A host is an address, or a name by RFC 1123 section 2.1. */
function host(raw: unknown): string | undefined {
  if (typeof raw !== "string") return undefined;
  const bare = raw.replace(/^\[(.*)\]$/, "$1");
  const isName = /^(?!-)[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63})*\.?$/i.test(raw) && !/^[\d.]+$/.test(raw);
  return isIP(bare) !== 0 ? bare : isName ? raw : undefined;
}

function boolean(raw: unknown): boolean | undefined {
  if (typeof raw === "boolean") return raw;
  const word = typeof raw === "string" ? raw.toLowerCase() : undefined;
  if (word === undefined) return undefined;
  if (TRUE_WORDS.includes(word)) return true;
  return FALSE_WORDS.includes(word) ? false : undefined;
}

/** `--inspect` alone is the usual port. */
function inspect(raw: unknown): number | undefined {
  return raw === true || raw === "true" ? INSPECTOR_PORT : integer(raw, { range: [0, 65_535] });
}
