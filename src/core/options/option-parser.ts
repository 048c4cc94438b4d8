/** A program's options: defined where they are used, given on the command line or in a file. */

import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { toError } from "../errors.js";
import { nearestName } from "../nearest-name.js";
import { helpText } from "./help-text.js";
import { type DefinedOption, Option, type OptionDefinition, type OptionType } from "./option.js";
import { OptionError } from "./option-error.js";

/** Whether this was the last source of options, so that the parse callbacks run. Default true. */
export interface ParseOptions {
  readonly final?: boolean;
}

/** What a literal type stands for: `define("port", { default: 8888 })` makes an option that is any number. */
type Widened<Value> = Value extends number
  ? number
  : Value extends string
    ? string
    : Value extends boolean
      ? boolean
      : Value;

/** What a type makes. */
type Made<Type> = Type extends StringConstructor
  ? string
  : Type extends NumberConstructor
    ? number
    : Type extends BooleanConstructor
      ? boolean
      : Type extends DateConstructor
        ? Date
        : Type extends (text: string) => infer Value
          ? Value
          : never;

/** Anything that prints, such as `process.stdout`. */
interface HelpStream {
  write(text: string): unknown;
}

/**
 * A set of options. `-`, `_` and capital letters in names mean the same: `logFilePrefix` is `--log-file-prefix`.
 *
 * Besides by `get` and `set`, an option is a property: `options.port`. One that is named as a method only has the former.
 */
export class OptionParser {
  /** The options themselves; a name that is not defined throws. */
  [name: string]: unknown;

  readonly #options = new Map<string, Option>();
  readonly #callbacks: (() => void)[] = [];

  constructor() {
    const showHelp = (isAsked: unknown) => {
      if (isAsked !== true) return;
      this.printHelp();
      process.exit(0);
    };
    this.define("help", { type: Boolean, help: "show this help information", callback: showHelp });
    // biome-ignore lint/correctness/noConstructorReturn: options are properties, whatever their names.
    return new Proxy(this, { get: getProperty, set: setProperty, has: hasProperty });
  }

  /**
   * Defines an option.
   *
   * @returns The option, whose `value` has the right type.
   * @throws Error `BAD_OPTION_DEFINITION` when there is one of that name, or its default is not of its type.
   */
  define<Value>(
    name: string,
    definition: OptionDefinition<Value> & { readonly multiple: true; readonly default: readonly Value[] },
  ): DefinedOption<readonly Widened<Value>[]>;
  define<Type extends OptionType<unknown>>(
    name: string,
    definition: OptionDefinition<Made<Type>> & { readonly multiple: true; readonly type: Type },
  ): DefinedOption<readonly Made<Type>[]>;
  define<Value extends string | number | boolean | Date>(
    name: string,
    definition: OptionDefinition<Value> & { readonly default: Value },
  ): DefinedOption<Widened<Value>>;
  define<Type extends OptionType<unknown>>(
    name: string,
    definition: OptionDefinition<Made<Type>> & { readonly type: Type },
  ): DefinedOption<Made<Type> | null>;
  define(name: string, definition?: OptionDefinition<string>): DefinedOption<string | null>;
  define(name: string, definition: OptionDefinition<unknown> = {}): DefinedOption<unknown> {
    const key = normalized(name);
    if (this.#options.has(key)) {
      throw new OptionError(
        "BAD_OPTION_DEFINITION",
        `Option "${name}" is already defined. Give one of the two another name.`,
      );
    }
    const option = new Option(name, definition);
    this.#options.set(key, option);
    return option;
  }

  /** Whether there is an option of this name. */
  has(name: string): boolean {
    return this.#options.has(normalized(name));
  }

  /** Gives the value of an option. Throws `Error` `BAD_OPTION` when there is none of this name. */
  get(name: string): unknown {
    return this.#find(name).value;
  }

  /** Sets the value of an option, which must be of its type, and calls its callback. */
  set(name: string, value: unknown): void {
    this.#find(name).set(value);
  }

  /** Names and values. */
  *items(): IterableIterator<[string, unknown]> {
    for (const { name, value } of this.#options.values()) yield [name, value];
  }

  /** Iterates over the names. */
  *[Symbol.iterator](): IterableIterator<string> {
    for (const { name } of this.#options.values()) yield name;
  }

  /** The groups that options are defined in. */
  groups(): Set<string> {
    return new Set([...this.#options.values()].map(({ definition }) => definition.group ?? ""));
  }

  /** Names and values of a group, such as for the settings of an `Application`. */
  groupDict(group: string): Record<string, unknown> {
    const members = [...this.#options.values()].filter(
      ({ definition }) => group === "" || (definition.group ?? "") === group,
    );
    return Object.fromEntries(members.map(({ name, value }) => [name, value]));
  }

  /** Names and values of all. */
  asDict(): Record<string, unknown> {
    return Object.fromEntries(this.items());
  }

  /**
   * Reads options of a command line: `--name=value`, and `--name` for one that is true or false.
   *
   * @param words - The first, the name of the program, is skipped. Default: what follows `node` on this process's own.
   * @returns What follows the options: from the first word without a dash on, or after `--`.
   * @throws Error `BAD_OPTION`, after printing the help when an option is not known.
   */
  parseCommandLine(words: readonly string[] = process.argv.slice(1), { final = true }: ParseOptions = {}): string[] {
    let rest: string[] = [];
    for (const [index, word] of words.entries()) {
      if (index === 0) continue;
      if (!word.startsWith("-")) {
        rest = words.slice(index);
        break;
      }
      if (word === "--") {
        rest = words.slice(index + 1);
        break;
      }
      this.#parseWord(word);
    }
    if (final) this.runParseCallbacks();
    return rest;
  }

  /**
   * Reads options of a file: the keys of a JSON object, or the exports of a JavaScript module or of their `default`. Names
   * that are not defined are left alone.
   *
   * @param path - A relative one lies in the working directory.
   * @throws Error `BAD_OPTION` when the file cannot be read or run, or a value is not of the type of its option.
   */
  async parseConfigFile(path: string, { final = true }: ParseOptions = {}): Promise<void> {
    const file = resolve(path);
    for (const [name, value] of Object.entries(await readConfigFile(file))) {
      const option = this.#options.get(normalized(name));
      if (option !== undefined) setFromFile(option, value, file);
    }
    if (final) this.runParseCallbacks();
  }

  /** Prints all options with what they are for. */
  printHelp(stream: HelpStream = process.stderr): void {
    stream.write(helpText(basename(process.argv[1] ?? "node"), this.#options));
  }

  /** Adds what is to be done when all options are read. */
  addParseCallback(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  /** Does it; `final` does so by itself. */
  runParseCallbacks(): void {
    for (const callback of this.#callbacks) callback();
  }

  /**
   * For tests: gives an object on which an option is changed by setting a property, and put back by deleting it. Callbacks
   * are not called for putting back.
   */
  mockable(): Record<string, unknown> {
    const before = new Map<string, unknown>();
    return new Proxy<Record<string, unknown>>(
      {},
      {
        get: (_, name) => this.get(String(name)),
        has: (_, name) => this.has(String(name)),
        set: (_, name, value) => {
          const key = normalized(String(name));
          if (!before.has(key)) before.set(key, this.get(key));
          this.set(key, value);
          return true;
        },
        deleteProperty: (_, name) => {
          const key = normalized(String(name));
          if (before.has(key)) this.#find(key).restore(before.get(key));
          return before.delete(key);
        },
      },
    );
  }

  #parseWord(word: string): void {
    const assignment = word.replace(/^-+/, "");
    const equals = assignment.indexOf("=");
    const name = equals === -1 ? assignment : assignment.slice(0, equals);
    const option = this.#options.get(normalized(name));
    if (option === undefined) {
      this.printHelp();
      throw this.#unknown(name, "Unrecognized command line option");
    }
    if (equals !== -1) option.parse(assignment.slice(equals + 1));
    else if (option.isFlag) option.set(true);
    else {
      throw new OptionError("BAD_OPTION", `Option "${name}" requires a value. Write --${name}=value.`);
    }
  }

  #find(name: string): Option {
    const option = this.#options.get(normalized(name));
    if (option === undefined) throw this.#unknown(name, "Unrecognized option");
    return option;
  }

  #unknown(name: string, problem: string): OptionError {
    const nearest = nearestName(name, this.#options.keys());
    const advice = nearest === undefined ? "Define it, or leave it out." : `Did you mean "${nearest}"?`;
    return new OptionError("BAD_OPTION", `${problem}: "${name}". ${advice}`);
  }
}

/** As the command line has it. */
function normalized(name: string): string {
  return name
    .replace(/(?<=[a-z\d])[A-Z]/g, (letter) => `-${letter}`)
    .replaceAll("_", "-")
    .toLowerCase();
}

function getProperty(parser: OptionParser, name: string | symbol): unknown {
  if (typeof name === "symbol" || name in OptionParser.prototype) {
    const member: unknown = Reflect.get(parser, name);
    // A method reaches its private fields through the parser only.
    return typeof member === "function" && name !== "constructor" ? member.bind(parser) : member;
  }
  // Whoever asks an object whether it is a promise means no option.
  return name === "then" || name === "toJSON" ? undefined : parser.get(name);
}

function setProperty(parser: OptionParser, name: string | symbol, value: unknown): boolean {
  parser.set(String(name), value);
  return true;
}

function hasProperty(parser: OptionParser, name: string | symbol): boolean {
  return name in OptionParser.prototype || (typeof name === "string" && parser.has(name));
}

async function readConfigFile(path: string): Promise<object> {
  try {
    if (path.endsWith(".json")) return asObject(JSON.parse(readFileSync(path, "utf8")));
    const module = (await import(pathToFileURL(path).href)) as { default?: unknown };
    return { ...asObject(module.default ?? {}), ...module };
  } catch (thrown) {
    throw new OptionError("BAD_OPTION", `${path} cannot be read: ${toError(thrown).message}. Correct the file.`, {
      cause: thrown,
    });
  }
}

/** A text is read as on the command line, but for one that is the value itself. */
function setFromFile(option: Option, value: unknown, file: string): void {
  const isRead =
    typeof value === "string" && (option.definition.type !== String || option.definition.multiple === true);
  try {
    if (isRead) option.parse(value);
    else option.set(value);
  } catch (thrown) {
    if (!(thrown instanceof OptionError)) throw thrown;
    throw new OptionError("BAD_OPTION", `${file}: ${thrown.message}`, { cause: thrown });
  }
}

function asObject(value: unknown): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new TypeError("it holds no object of names and values");
}
