/** One option: what it may be, and what it is. */

import { OptionError } from "./option-error.js";
import { boolean, date, integer, number, type ParseValue } from "./value-types.js";

/** A constructor of JavaScript, for what it makes, or any function that makes a value of text. */
export type OptionType<Value> =
  | StringConstructor
  | NumberConstructor
  | BooleanConstructor
  | DateConstructor
  | ParseValue<Value>;

/** What an option is, for `define`. */
export interface OptionDefinition<Value> {
  /** Its value until one is given. Default `null`, or `[]` with `multiple`. */
  readonly default?: Value | readonly Value[] | null;
  /** Default: that of `default`, or `String`. */
  readonly type?: OptionType<Value>;
  /** What it is for, in the output of `--help`. */
  readonly help?: string;
  /** What stands for the value in the output of `--help`, as in `--port=PORT`. */
  readonly metavar?: string;
  /** Takes several values with commas between them; numbers also as a range, `8000:8003`. Default false. */
  readonly multiple?: boolean;
  /** Heading that it stands under in the output of `--help`. */
  readonly group?: string;
  /** Called with each value that is given. */
  readonly callback?: (value: unknown) => void;
}

/** A longer range than this is a slip of the hand, or an attack on the memory. */
const maxRangeLength = 1_000_000;

/** An option that has been defined: what `define` gives, with the type of its value. */
export interface DefinedOption<Value> {
  readonly name: string;
  readonly value: Value;
}

/** Keeps the value, and lets in only what is of the type. */
export class Option implements DefinedOption<unknown> {
  /** As it was defined. */
  readonly name: string;
  readonly definition: OptionDefinition<unknown>;
  readonly #parse: ParseValue<unknown>;
  readonly #typeName: string;
  readonly #isValue: (value: unknown) => boolean;
  #value: unknown;

  constructor(name: string, definition: OptionDefinition<unknown>) {
    this.name = name;
    this.definition = definition;
    const initial = definition.default ?? (definition.multiple === true ? [] : null);
    const { parse, typeName, isValue } = describeType(definition.type ?? typeOf(initial));
    this.#parse = parse;
    this.#typeName = typeName;
    this.#isValue = isValue;
    if (definition.multiple === true && !Array.isArray(initial)) {
      throw new OptionError(
        "BAD_OPTION_DEFINITION",
        `The option "${name}" takes multiple values, and its default is none of them. Make it an array.`,
      );
    }
    this.#check(initial);
    this.#value = initial;
  }

  /** Whether it may stand on the command line without a value. */
  get isFlag(): boolean {
    return this.#parse === boolean;
  }

  get value(): unknown {
    return this.#value;
  }

  /** Sets the value that a text stands for. */
  parse(text: string): void {
    this.#accept(
      this.definition.multiple === true ? text.split(",").flatMap((one) => this.#parsePart(one)) : this.#read(text),
    );
  }

  /** Sets a value, which must be of the type. */
  set(value: unknown): void {
    this.#check(value);
    this.#accept(value);
  }

  /** Puts a former value back, which is no news for a callback. */
  restore(value: unknown): void {
    this.#value = value;
  }

  #accept(value: unknown): void {
    this.#value = value;
    this.definition.callback?.(value);
  }

  #parsePart(text: string): unknown[] {
    const range = this.#parse === number || this.#parse === integer ? /^(-?\d+):(-?\d+)$/.exec(text.trim()) : null;
    if (range === null) return [this.#read(text)];
    const [from, to] = [Number(range[1]), Number(range[2])];
    if (to - from >= maxRangeLength) throw this.#refusal(`the range ${text} is too long`);
    return Array.from({ length: Math.max(to - from + 1, 0) }, (_, index) => from + index);
  }

  #read(text: string): unknown {
    try {
      return this.#parse(text);
    } catch (thrown) {
      throw this.#refusal(thrown instanceof Error ? thrown.message : `"${text}" is none`, thrown);
    }
  }

  #refusal(reason: string, cause?: unknown): OptionError {
    return new OptionError("BAD_OPTION", `Option "${this.name}" is required to be a ${this.#typeName}: ${reason}.`, {
      cause,
    });
  }

  #check(value: unknown): void {
    const values = this.definition.multiple === true ? value : [value];
    if (!Array.isArray(values)) {
      throw new OptionError("BAD_OPTION", `Option "${this.name}" is required to be a list of ${this.#typeName}s.`);
    }
    for (const one of values) {
      if (one === null || this.#isValue(one)) continue;
      throw new OptionError(
        "BAD_OPTION",
        `Option "${this.name}" is required to be a ${this.#typeName} (${typeof one === "number" ? one : (one?.constructor?.name ?? typeof one)} given).`,
      );
    }
  }
}

interface TypeDescription {
  readonly parse: ParseValue<unknown>;
  readonly typeName: string;
  readonly isValue: (value: unknown) => boolean;
}

function describeType(type: OptionType<unknown>): TypeDescription {
  const isNumber = (value: unknown) => typeof value === "number" && Number.isFinite(value);
  switch (type) {
    case String:
      return { parse: String, typeName: "string", isValue: (value) => typeof value === "string" };
    case Number:
      return { parse: number, typeName: "number", isValue: isNumber };
    case integer:
      return { parse: integer, typeName: "whole number", isValue: Number.isSafeInteger };
    case Boolean:
      return { parse: boolean, typeName: "boolean", isValue: (value) => typeof value === "boolean" };
    case Date:
      return { parse: date, typeName: "date", isValue: (value) => value instanceof Date };
    default:
      // What a function of the program's own makes is known to it alone.
      return { parse: type as ParseValue<unknown>, typeName: type.name || "value", isValue: () => true };
  }
}

function typeOf(initial: unknown): OptionType<unknown> {
  const example: unknown = Array.isArray(initial) ? initial[0] : initial;
  if (typeof example === "number") return Number;
  if (typeof example === "boolean") return Boolean;
  return example instanceof Date ? Date : String;
}
