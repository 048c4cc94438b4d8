/** Decides for each name in a template's expressions where its value comes from, and rewrites the expressions so. */

import type { Expression, Pattern } from "./expression.js";
import type { FreeName } from "./free-names.js";
import type { TemplateReader } from "./reader.js";

/** Words that are values and no names. */
const constants = new Set(["undefined", "NaN", "Infinity"]);

/** Gives the number of the position of an offset in the file being compiled. */
export type PositionOf = (offset: number) => number;

/** The names at one point of the generated code. */
export class NameBinding {
  /** Names that are set somewhere in the templates: variables of the generated function. */
  readonly variables: ReadonlySet<string>;
  /** Names that need not be given: without a value they are `undefined`, and no error. */
  readonly optionalNames: ReadonlySet<string>;
  readonly #outerNames = new Set<string>();
  /** Names of either kind whose value is sure to be there at this point. */
  #loaded = new Set<string>();
  /** Variables of the loops and handlers around this point. */
  readonly #locals: (readonly string[])[] = [];

  constructor({ variables, optionalNames }: Pick<NameBinding, "variables" | "optionalNames">) {
    this.variables = variables;
    this.optionalNames = optionalNames;
  }

  /** Names that come from the namespace, each a variable filled at its first use. */
  get outerNames(): readonly string[] {
    return [...this.#outerNames].sort();
  }

  /** Writes code that may not run: what it loads is not sure to be there afterwards. */
  conditional(write: () => void): void {
    const before = this.#loaded;
    this.#loaded = new Set(before);
    write();
    this.#loaded = before;
  }

  /** Writes code in which some names are variables of a loop or a handler. */
  withLocals(names: readonly string[], write: () => void): void {
    this.#locals.push(names);
    write();
    this.#locals.pop();
  }

  /** Gives the JavaScript of an expression that only reads. */
  read(expression: Expression, reader: TemplateReader, positionOf: PositionOf): string {
    for (const { name, assigned, start } of expression.names) {
      if (assigned === undefined || this.#isLocal(name) || this.variables.has(name)) continue;
      throw reader.error(
        `"${name}" is assigned in an expression. Write "{% set ${name} = … %}".`,
        expression.offset + start,
      );
    }
    return this.#rewrite(expression, positionOf);
  }

  /** Gives the JavaScript statements of a `{% set %}`. */
  assign(expression: Expression, positionOf: PositionOf): string {
    const guards: string[] = [];
    const written = new Set<string>();
    for (const { name, assigned, start, certain } of expression.names) {
      if (assigned === "write" && certain) written.add(name);
      if (assigned === undefined || assigned === "write" || this.#isLocal(name) || this.#loaded.has(name)) continue;
      // As in "a = 1, a++".
      if (written.has(name)) continue;
      const at = positionOf(expression.offset + start);
      guards.push(
        assigned === "logical"
          ? `${name} = _tt_.optional(${name});`
          : `_tt_.known(${name}, ${JSON.stringify(name)}, ${at});`,
      );
    }
    const code = this.#rewrite(expression, positionOf);
    for (const { name, assigned, certain } of expression.names) {
      if (assigned !== undefined && certain && !this.#isLocal(name)) this.#loaded.add(name);
    }
    // An object pattern at the start of a statement would be a block.
    return [...guards, code.startsWith("{") ? `(${code});` : `${code};`].join(" ");
  }

  /** Gives the JavaScript of what declares the variables of a loop or a handler. */
  pattern(pattern: Pattern, positionOf: PositionOf): string {
    return this.#rewrite(pattern, positionOf);
  }

  #rewrite({ text, offset, names }: Pick<Expression, "text" | "offset" | "names">, positionOf: PositionOf): string {
    let code = "";
    let copied = 0;
    const surelyLoaded: string[] = [];
    for (const use of names) {
      const replacement = this.#use(use, offset, positionOf);
      if (replacement === use.name) continue;
      code += text.slice(copied, use.start) + (use.shorthand ? `${use.name}: ` : "") + replacement;
      copied = use.end;
      if (use.certain && !use.typeofOperand) surelyLoaded.push(use.name);
    }
    for (const name of surelyLoaded) this.#loaded.add(name);
    return code + text.slice(copied);
  }

  #use({ name, start, assigned, typeofOperand }: FreeName, offset: number, positionOf: PositionOf): string {
    if (assigned !== undefined || constants.has(name) || this.#isLocal(name)) return name;
    const isVariable = this.variables.has(name);
    if (!isVariable && !typeofOperand) this.#outerNames.add(name);
    if (this.#loaded.has(name)) return name;
    const quoted = JSON.stringify(name);
    if (typeofOperand) return isVariable ? `_tt_.optional(${name})` : `_tt_.optionalName(${quoted})`;
    if (!isVariable && this.optionalNames.has(name)) return `(${name} ??= _tt_.optionalName(${quoted}))`;
    const at = positionOf(offset + start);
    return isVariable ? `_tt_.known(${name}, ${quoted}, ${at})` : `(${name} ??= _tt_.name(${quoted}, ${at}))`;
  }

  #isLocal(name: string): boolean {
    return this.#locals.some((names) => names.includes(name));
  }
}
